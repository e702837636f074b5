use zeroize::Zeroizing;

use super::forms::Text;

/// Texts to look for, all at once.
///
/// A text that holds a needle holds each of its grams (four bytes in a row), and one of its first
/// `stride` grams stands at a multiple of `stride`. So only there is it looked: whether a bit is
/// set for the gram, which it hardly ever is, and only then which needle could stand around it.
/// No step waits for the one before, as those of an automaton do.
pub(super) struct Needles {
    /// What to look for, and whose it is.
    texts: Vec<(Text, usize)>,
    /// A bit for each hash of a gram.
    filter: Box<Zeroizing<[u64; WORDS]>>,
    /// Gram, needle, place of the gram in the needle; sorted.
    grams: Zeroizing<Vec<[u32; 3]>>,
    stride: usize,
    shortest: usize,
    longest: usize,
}

/// The shortest needle: one that is shorter stands in a response by chance.
pub(super) const SHORTEST: usize = 8;

const GRAM: usize = 4;

/// The filter's size: 2^17 bits are 16 KiB, and a few needles of every kind set 1 % of them.
const BITS: u32 = 17;
const WORDS: usize = 1 << (BITS - 6);

/// Past this, longer strides save less than the grams that they need cost.
const LONGEST_STRIDE: usize = 16;

impl Needles {
    /// Looks for these; none of them may be shorter than [`SHORTEST`].
    pub(super) fn new(needles: Vec<(Text, usize)>) -> Self {
        let lengths = || needles.iter().map(|(needle, _)| needle.len());
        let shortest = lengths().min().unwrap_or(SHORTEST).max(SHORTEST);
        let longest = lengths().max().unwrap_or_default();
        let stride = shortest.saturating_sub(GRAM.saturating_sub(1)).min(LONGEST_STRIDE);
        let mut filter = Box::new(Zeroizing::new([0; WORDS]));
        // At its full size: a list that grows leaves copies of what it held.
        let size = needles.len().saturating_mul(stride);
        let mut grams = Zeroizing::new(Vec::with_capacity(size));
        for (nth, (needle, _)) in (0..).zip(&needles) {
            for (place, gram) in (0..).zip(needle.array_windows_of_gram()).take(stride) {
                let gram = u32::from_le_bytes(gram);
                grams.push([gram, nth, place]);
                let (word, bit) = slot(gram);
                if let Some(word) = filter.get_mut(word) {
                    *word |= bit;
                }
            }
        }
        grams.sort_unstable();
        Self { texts: needles, filter, grams, stride, shortest, longest }
    }

    /// The length of the longest.
    pub(super) const fn longest(&self) -> usize {
        self.longest
    }

    /// Whose needle stands in `text`, if one does.
    pub(super) fn find(&self, text: &[u8]) -> Option<usize> {
        if text.len() < self.shortest {
            return None;
        }
        for (nth, step) in text.chunks(self.stride).enumerate() {
            // The last step may be shorter than a gram, and then no needle stands around it alone.
            let Some(gram) = step.first_chunk::<GRAM>() else { break };
            let gram = u32::from_le_bytes(*gram);
            let (word, bit) = slot(gram);
            if self.filter.get(word).is_some_and(|word| word & bit != 0) {
                let at = nth.saturating_mul(self.stride);
                if let found @ Some(_) = self.around(text, at, gram) {
                    return found;
                }
            }
        }
        None
    }

    /// Whose needle stands in `text` with this gram at this place.
    #[inline(never)]
    fn around(&self, text: &[u8], at: usize, gram: u32) -> Option<usize> {
        let first = self.grams.partition_point(|[known, ..]| *known < gram);
        let same = self.grams.get(first..)?.iter().take_while(|[known, ..]| *known == gram);
        same.into_iter().find_map(|[_, nth, place]| {
            let (needle, whose) = self.texts.get(usize::try_from(*nth).ok()?)?;
            let start = at.checked_sub(usize::try_from(*place).ok()?)?;
            text.get(start..)?.starts_with(needle).then_some(*whose)
        })
    }
}

/// Multiplied by the golden ratio, whose upper bits depend on every bit of the gram.
const fn slot(gram: u32) -> (usize, u64) {
    let hash = gram.wrapping_mul(0x9E37_79B1) >> (32 - BITS);
    ((hash >> 6) as usize, 1 << (hash & 63))
}

trait Grams {
    fn array_windows_of_gram(&self) -> impl Iterator<Item = [u8; GRAM]>;
}

impl Grams for [u8] {
    fn array_windows_of_gram(&self) -> impl Iterator<Item = [u8; GRAM]> {
        self.windows(GRAM).filter_map(|window| window.first_chunk().copied())
    }
}
