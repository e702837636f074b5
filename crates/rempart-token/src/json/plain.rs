//! Passing the part of a text that is nothing but itself.

/// How many bytes stand before the next quote, backslash or control character. Names and most
/// values end within the first block; of a long text whole blocks are passed.
pub(super) fn plain(text: &[u8]) -> usize {
    let (blocks, _) = text.as_chunks::<BLOCK>();
    let Some(first) = blocks.first() else { return plain_words(text) };
    let short = plain_words(first);
    if short < BLOCK {
        return short;
    }
    let passed = blocks.iter().take_while(|block| is_plain(block)).count().wrapping_mul(BLOCK);
    passed.wrapping_add(plain_words(text.get(passed..).unwrap_or_default()))
}

/// The same, eight bytes a step.
fn plain_words(text: &[u8]) -> usize {
    let (words, tail) = text.as_chunks::<8>();
    let mut passed = 0_usize;
    for word in words {
        let ends = ends(u64::from_le_bytes(*word));
        if ends != 0 {
            return passed.wrapping_add((ends.trailing_zeros() / 8) as usize);
        }
        passed = passed.wrapping_add(word.len());
    }
    let plain = tail.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | ..b' '));
    passed.wrapping_add(plain.count())
}

/// Without a branch, so that many bytes are looked at together.
fn is_plain(block: &[u8; BLOCK]) -> bool {
    let ends = block.iter().fold(0, |so_far, byte| {
        so_far | u8::from(*byte == b'"') | u8::from(*byte == b'\\') | u8::from(*byte < b' ')
    });
    ends == 0
}

/// Marks bytes of a word that end a run of plain text. The first mark is never wrong; behind it
/// there may be more than there should.
const fn ends(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
    const QUOTES: u64 = u64::from_le_bytes([b'"'; 8]);
    const BACKSLASHES: u64 = u64::from_le_bytes([b'\\'; 8]);
    const BLANKS: u64 = u64::from_le_bytes([b' '; 8]);
    let (quotes, backslashes) = (word ^ QUOTES, word ^ BACKSLASHES);
    let controls = word.wrapping_sub(BLANKS) & !word;
    let quotes = quotes.wrapping_sub(ONES) & !quotes;
    let backslashes = backslashes.wrapping_sub(ONES) & !backslashes;
    (controls | quotes | backslashes) & HIGHS
}

/// So many bytes of a long text are passed in a step.
const BLOCK: usize = 64;
