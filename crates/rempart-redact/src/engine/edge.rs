//! Where words begin, in text that may have been escaped on its way into the log.

/// Whether a word can begin at `at`: what stands before it is no letter or digit of the same word.
///
/// `\b` is not enough. In a JSON string a line break is a backslash and an `n`, and in a URL a blank
/// is `%20`: to `\b` both end in a letter or a digit, and a token after them would go unseen.
pub(super) fn begins_word(text: &[u8], at: usize) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric();
    let before = text.get(..at).unwrap_or_default();
    let Some(previous) = before.last() else { return true };
    !(is_word(previous) || *previous == b'_')
        || !text.get(at).is_some_and(is_word)
        || escape_before(before).is_some()
}

/// Whether a parameter of a URL or a form can begin at `at`.
pub(super) fn begins_parameter(text: &[u8], at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let byte = escape_before(before).map(|(byte, _)| byte).or(before.last().copied());
    matches!(byte, Some(b'?' | b'&' | b';'))
}

/// Whether a token of base64url characters can begin at `at`: not deep within such a run, or each
/// of many beginnings in one run would be read to its end.
pub(super) fn begins_token(text: &[u8], at: usize) -> bool {
    const DEPTH: usize = 20;
    let before = text.get(..at).unwrap_or_default();
    let joins = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    begins_word(text, at) && before.iter().rev().take(DEPTH).take_while(joins).count() < DEPTH
}

/// The same as [`begins_word`] for shapes of digits, which an underscore does not join to a word.
pub(super) fn begins_shape(text: &[u8], at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    before.last() == Some(&b'_') || begins_word(text, at)
}

/// Whether a shape can end before `at`.
pub(super) fn ends_shape(text: &[u8], at: usize) -> bool {
    !text.get(at).is_some_and(u8::is_ascii_alphanumeric)
}

/// The byte that an escape at the end of `text` stands for, and the length of the escape.
///
/// Reads `%2F`, `\n` and its kin, and `\u002f`.
pub(super) fn escape_before(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [.., b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
            Some((hex(*high) << 4 | hex(*low), 3))
        }
        [.., b'\\', b'u', a, b, c, d]
            if [a, b, c, d].iter().all(|byte| byte.is_ascii_hexdigit()) =>
        {
            // What is not ASCII is no part of a name or a token: any such byte will do.
            let wide = hex(*a) != 0 || hex(*b) != 0;
            Some((if wide { b'?' } else { hex(*c) << 4 | hex(*d) }, 6))
        }
        [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f' | b'0'] => Some((b' ', 2)),
        _ => None,
    }
}

/// Where a range that begins at `at` may begin without cutting an escape such as `\n` or `\u001b`
/// in two.
pub(super) fn after_escape(text: &[u8], at: usize) -> usize {
    // The backslash that may escape what stands at `at` is at most five bytes before it.
    for back in 1..=5 {
        let Some(backslash) = at.checked_sub(back) else { break };
        let (before, rest) = text.split_at_checked(backslash.saturating_add(1)).unwrap_or_default();
        if before.last() != Some(&b'\\') {
            continue;
        }
        let length = match rest {
            [b'u', digits @ ..] if is_hex(digits.get(..4)) => 5,
            [b'n' | b'r' | b't' | b'b' | b'f' | b'0' | b'"' | b'\'' | b'\\' | b'/', ..] => 1,
            _ => continue,
        };
        let end = backslash.saturating_add(1).saturating_add(length);
        let backslashes = before.iter().rev().take_while(|byte| **byte == b'\\').count();
        if end > at && backslashes % 2 == 1 {
            return end.min(text.len());
        }
    }
    at
}

fn is_hex(digits: Option<&[u8]>) -> bool {
    digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

/// The nearest place at or after `at` that is not within a character.
pub(super) fn character_from(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at.saturating_add(rest.iter().take_while(|byte| is_continuation(**byte)).count())
}

/// The nearest place at or before `at` that is not within a character.
pub(super) fn character_to(text: &[u8], at: usize) -> usize {
    let mut at = at.min(text.len());
    while at > 0 && text.get(at).is_some_and(|byte| is_continuation(*byte)) {
        at = at.saturating_sub(1);
    }
    at
}

const fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

fn hex(digit: u8) -> u8 {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok()).unwrap_or_default()
}
