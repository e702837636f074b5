//! The decoder of RFC 3492, as far as it takes to tell punycode from a typing mistake.

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const INITIAL_BIAS: u32 = 72;
const INITIAL_N: u32 = 128;

/// Whether `encoded`, a label without its `xn--`, stands for a name with a non-ASCII character.
pub(super) fn is_valid(encoded: &str) -> bool {
    decode(encoded).is_some()
}

/// The decoded length in characters; `None` when the text is no punycode or decodes to ASCII only,
/// which would have been written without `xn--`.
fn decode(encoded: &str) -> Option<u32> {
    let (basic, digits) = encoded.rsplit_once('-').unwrap_or(("", encoded));
    let basic = u32::try_from(basic.len()).ok()?;
    let (mut n, mut bias, mut length) = (INITIAL_N, INITIAL_BIAS, basic);
    let mut position: u32 = 0;
    let mut digits = digits.bytes().peekable();
    while digits.peek().is_some() {
        let start = position;
        position = position.checked_add(integer(&mut digits, bias)?)?;
        let next_length = length.checked_add(1)?;
        bias = adapt(position.checked_sub(start)?, next_length, length == basic)?;
        n = n.checked_add(position.checked_div(next_length)?)?;
        char::from_u32(n).filter(|decoded| !decoded.is_control())?;
        position = position.checked_rem(next_length)?.checked_add(1)?;
        length = next_length;
    }
    (length > basic).then_some(length)
}

/// One generalised variable-length integer (RFC 3492 section 3.3).
fn integer(digits: &mut impl Iterator<Item = u8>, bias: u32) -> Option<u32> {
    let (mut value, mut weight, mut k) = (0_u32, 1_u32, BASE);
    loop {
        let digit = digit(digits.next()?)?;
        value = value.checked_add(digit.checked_mul(weight)?)?;
        let threshold = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
        if digit < threshold {
            return Some(value);
        }
        weight = weight.checked_mul(BASE.checked_sub(threshold)?)?;
        k = k.checked_add(BASE)?;
    }
}

fn digit(byte: u8) -> Option<u32> {
    match byte {
        b'a'..=b'z' => byte.checked_sub(b'a').map(u32::from),
        b'0'..=b'9' => byte.checked_sub(b'0')?.checked_add(26).map(u32::from),
        _ => None,
    }
}

/// The bias for the next integer (RFC 3492 section 6.1).
fn adapt(delta: u32, length: u32, first: bool) -> Option<u32> {
    let mut delta = if first { delta.checked_div(DAMP)? } else { delta.checked_div(2)? };
    delta = delta.checked_add(delta.checked_div(length)?)?;
    let (span, mut k) = (BASE.checked_sub(T_MIN)?, 0_u32);
    while delta > span.checked_mul(T_MAX)?.checked_div(2)? {
        delta = delta.checked_div(span)?;
        k = k.checked_add(BASE)?;
    }
    let scaled = span.checked_add(1)?.checked_mul(delta)?;
    k.checked_add(scaled.checked_div(delta.checked_add(SKEW)?)?)
}

#[cfg(test)]
mod tests {
    use super::is_valid;

    /// RFC 3492 section 7.1, and names in use.
    #[test]
    fn decodes_published_samples() {
        for encoded in [
            "egbpdaj6bu4bxfgehfvwxn",
            "ihqwcrb4cv8a8dqg056pqjye",
            "ihqwctvzc91f659drss3x8bo0yb",
            "proprostnemluvesky-uyb24dma41a",
            "n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa",
            "b1abfaaepdrnnbgefbadotcwatmq2g4l",
            "porqunopuedensimplementehablarenespaol-fmd56a",
            "mnchen-3ya",
            "p1ai",
        ] {
            assert!(is_valid(encoded), "{encoded}");
        }
    }

    #[test]
    fn refuses_what_does_not_decode() {
        for encoded in ["", "-", "abc-", "drain-fortin-crm-", "99999999", "a_b", "zzzzzzzz", "a"] {
            assert!(!is_valid(encoded), "{encoded}");
        }
    }
}
