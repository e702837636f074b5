//! The decoder of RFC 3492, as far as it takes to tell punycode from a typing mistake.

use super::text::rsplit_once;

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const INITIAL_BIAS: u32 = 72;
const INITIAL_N: u32 = 128;
/// What is decoded is not ASCII, and the control characters behind it are no part of a name.
const LAST_CONTROL: char = '\u{9f}';

/// Goes on with what is there; what is not makes the whole text no punycode. (`?` is not for
/// constants.)
macro_rules! there {
    ($option:expr) => {
        match $option {
            Some(value) => value,
            None => return None,
        }
    };
}

/// Whether `encoded`, a label without its `xn--`, stands for a name with a non-ASCII character.
pub(super) const fn is_valid(encoded: &[u8]) -> bool {
    decode(encoded).is_some()
}

/// The decoded length in characters; `None` when the text is no punycode or decodes to ASCII only,
/// which would have been written without `xn--`.
const fn decode(encoded: &[u8]) -> Option<u32> {
    let (basic, mut digits): (&[u8], &[u8]) = match rsplit_once(encoded, b'-') {
        // The mark is one behind a character only (RFC 3492 section 6.2), and it is no digit.
        Some((basic @ [_, ..], digits)) => (basic, digits),
        _ => (&[], encoded),
    };
    let basic = count(basic);
    let (mut n, mut bias, mut length) = (INITIAL_N, INITIAL_BIAS, basic);
    let mut position: u32 = 0;
    while !digits.is_empty() {
        let start = position;
        let (value, rest) = there!(integer(digits, bias));
        digits = rest;
        position = there!(position.checked_add(value));
        let next_length = there!(length.checked_add(1));
        bias = there!(adapt(there!(position.checked_sub(start)), next_length, length == basic));
        n = there!(n.checked_add(there!(position.checked_div(next_length))));
        if there!(char::from_u32(n)) <= LAST_CONTROL {
            return None;
        }
        position = there!(there!(position.checked_rem(next_length)).checked_add(1));
        length = next_length;
    }
    if length > basic { Some(length) } else { None }
}

/// A label has at most 63 bytes.
const fn count(mut text: &[u8]) -> u32 {
    let mut count = 0_u32;
    while let [_, tail @ ..] = text {
        count = count.saturating_add(1);
        text = tail;
    }
    count
}

/// One generalised variable-length integer (RFC 3492 section 3.3), and what follows it.
const fn integer(mut digits: &[u8], bias: u32) -> Option<(u32, &[u8])> {
    let (mut value, mut weight, mut k) = (0_u32, 1_u32, BASE);
    while let [byte, rest @ ..] = digits {
        let digit = there!(digit(*byte));
        value = there!(value.checked_add(there!(digit.checked_mul(weight))));
        let threshold = threshold(k, bias);
        if digit < threshold {
            return Some((value, rest));
        }
        weight = there!(weight.checked_mul(there!(BASE.checked_sub(threshold))));
        k = there!(k.checked_add(BASE));
        digits = rest;
    }
    None
}

const fn threshold(k: u32, bias: u32) -> u32 {
    match k.saturating_sub(bias) {
        ..T_MIN => T_MIN,
        within @ T_MIN..=T_MAX => within,
        _ => T_MAX,
    }
}

const fn digit(byte: u8) -> Option<u32> {
    match byte {
        b'a'..=b'z' => Some(byte.wrapping_sub(b'a') as u32),
        b'0'..=b'9' => Some(byte.wrapping_sub(b'0').wrapping_add(26) as u32),
        _ => None,
    }
}

/// The bias for the next integer (RFC 3492 section 6.1).
const fn adapt(delta: u32, length: u32, first: bool) -> Option<u32> {
    let mut delta = there!(delta.checked_div(if first { DAMP } else { 2 }));
    delta = there!(delta.checked_add(there!(delta.checked_div(length))));
    let (span, mut k) = (there!(BASE.checked_sub(T_MIN)), 0_u32);
    while delta > there!(there!(span.checked_mul(T_MAX)).checked_div(2)) {
        delta = there!(delta.checked_div(span));
        k = there!(k.checked_add(BASE));
    }
    let scaled = there!(there!(span.checked_add(1)).checked_mul(delta));
    k.checked_add(there!(scaled.checked_div(there!(delta.checked_add(SKEW)))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::{LAST_CONTROL, decode, is_valid};

    /// The length, by the decoder that `url` has.
    fn reference(encoded: &str) -> Option<u32> {
        let name = idna::punycode::decode(encoded)?;
        let mut others = name.iter().filter(|character| !character.is_ascii()).peekable();
        let is_name = others.peek().is_some() && others.all(|character| *character > LAST_CONTROL);
        is_name.then(|| name.len().try_into().unwrap())
    }

    proptest! {
        #[test]
        fn decodes_what_is_encoded(name in "[a-z0-9-]{0,20}[à-ÿа-я一-龠]{1,8}[a-z0-9-]{0,8}") {
            let encoded = idna::punycode::encode_str(&name).unwrap();
            let length = u32::try_from(name.chars().count()).unwrap();
            prop_assert_eq!(decode(encoded.as_bytes()), Some(length), "{}", encoded);
        }

        #[test]
        fn decodes_as_another_decoder_does(text in "[a-z0-9-]{0,12}-{0,1}[a-z0-9]{0,12}") {
            prop_assert_eq!(decode(text.as_bytes()), reference(&text), "{}", text);
        }

        #[test]
        fn decodes_an_altered_name_as_another_decoder_does(
            name in "[a-z0-9-]{0,20}[à-ÿ一-龠]{1,8}",
            place in any::<Index>(),
        ) {
            let encoded = idna::punycode::encode_str(&name).unwrap();
            for byte in b"abmz09-" {
                let mut text = encoded.clone().into_bytes();
                let place = place.index(text.len());
                text[place] = *byte;
                let text = String::from_utf8(text).unwrap();
                prop_assert_eq!(decode(text.as_bytes()), reference(&text), "{}", text);
            }
        }
    }

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
            assert!(is_valid(encoded.as_bytes()), "{encoded}");
        }
    }

    #[test]
    fn refuses_what_does_not_decode() {
        for encoded in ["", "-", "abc-", "drain-fortin-crm-", "99999999", "a_b", "zzzzzzzz", "a"] {
            assert!(!is_valid(encoded.as_bytes()), "{encoded}");
        }
    }
}
