use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Algorithm;
use crate::mac::{MAX_TAG, Tag};

/// Says how the bytes of a signature are written.
///
/// Each form is read strictly: the exact length of the algorithm's tag, nothing skipped, nothing
/// trimmed. A signature that is cut short or padded out is malformed, not merely wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// The standard alphabet with padding ([RFC 4648 §4]), canonical: no stray trailing bits.
    ///
    /// [RFC 4648 §4]: https://www.rfc-editor.org/rfc/rfc4648#section-4
    Base64,
    /// Hexadecimal digits.
    Hex(HexCase),
}

/// Says which hexadecimal digits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HexCase {
    /// `0-9 a-f A-F`, mixed as they come.
    Any,
    /// `0-9 a-f`: what every sender in the list of presets writes.
    Lower,
}

impl Encoding {
    /// Reads a tag; `None` unless it is exactly one tag of the algorithm.
    pub(crate) fn decode(self, text: &[u8], algorithm: Algorithm) -> Option<Tag> {
        let length = algorithm.tag_len();
        match self {
            Self::Base64 => decode_base64(text, length),
            Self::Hex(case) => decode_hex(text, length, case),
        }
    }

    /// Writes a tag, in lower case where there is a choice.
    pub(crate) fn encode(self, tag: &[u8]) -> String {
        match self {
            Self::Base64 => STANDARD.encode(tag),
            Self::Hex(_) => encode_hex(tag),
        }
    }
}

fn decode_base64(text: &[u8], length: usize) -> Option<Tag> {
    // Whole groups of four characters for three bytes.
    if text.len() != length.div_ceil(3).checked_mul(4)? {
        return None;
    }
    // The decoder wants room for whole groups, the last of which is not full.
    let mut decoded = [0; MAX_TAG + 4];
    let written = STANDARD.decode_slice(text, &mut decoded).ok()?;
    (written == length).then(|| decoded.get(..length).map(Tag::new)).flatten()
}

/// Without a branch on a digit: digits are random, and so would be the branch predictor's luck.
/// Two loops without a way out, which the compiler turns into vector instructions.
pub(crate) fn decode_hex(text: &[u8], length: usize, case: HexCase) -> Option<Tag> {
    let (pairs, rest) = text.as_chunks::<2>();
    if pairs.len() != length || !rest.is_empty() {
        return None;
    }
    let fold = if case == HexCase::Any { UPPER_TO_LOWER } else { 0 };
    let bad = text.iter().fold(0, |bad, byte| bad | u8::from(!is_digit(*byte, fold)));
    let mut decoded = [0; MAX_TAG];
    for (byte, [high, low]) in decoded.iter_mut().zip(pairs) {
        *byte = (value(*high) << 4) | value(*low);
    }
    (bad == 0).then_some(Tag::from_padded(decoded))
}

/// The bit that makes a lower-case letter of an upper-case one, and of no other byte `a-f`.
const UPPER_TO_LOWER: u8 = 0x20;

const fn is_digit(byte: u8, fold: u8) -> bool {
    let figure = byte.wrapping_sub(b'0') < 10;
    let letter = (byte | fold).wrapping_sub(b'a') < 6;
    figure | letter
}

/// The value of what [`is_digit`]: letters have bit 6, and `a` ends in 1.
const fn value(byte: u8) -> u8 {
    (byte & 0x0f).wrapping_add((byte >> 6).wrapping_mul(9))
}

pub(crate) fn encode_hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0f)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str, case: HexCase) -> Option<String> {
        decode_hex(text.as_bytes(), 2, case)
            .map(|tag| encode_hex(&tag.bytes(Algorithm::HmacSha256)[..2]))
    }

    #[test]
    fn takes_every_digit_and_no_other_byte() {
        for byte in 0..=u8::MAX {
            let value = char::from(byte).to_digit(16);
            let value = value.and_then(|value| u8::try_from(value).ok());
            let read = |fold| is_digit(byte, fold).then(|| super::value(byte));
            assert_eq!(read(UPPER_TO_LOWER), value, "{byte:#x}, any case");
            let value = value.filter(|_| !byte.is_ascii_uppercase());
            assert_eq!(read(0), value, "{byte:#x}, lower case");
        }
    }

    #[test]
    fn wants_the_exact_length() {
        assert_eq!(hex("00ff", HexCase::Lower).as_deref(), Some("00ff"));
        for text in ["", "0", "00", "00f", "00ff0", "00ff00", " 00ff", "00ff "] {
            assert_eq!(hex(text, HexCase::Lower), None, "{text:?}");
        }
    }

    #[test]
    fn wants_canonical_base64() {
        let good = STANDARD.encode([0xff; 20]);
        let decode = |text: &str| Encoding::Base64.decode(text.as_bytes(), Algorithm::HmacSha1);
        assert!(decode(&good).is_some());
        let unpadded = good.trim_end_matches('=');
        let url_safe = good.replace('/', "_");
        // The last character before the padding carries two bits that mean nothing.
        let stray = good.replace("8=", "9=");
        for text in ["", unpadded, &url_safe, &stray, &format!("{good}AAAA"), &format!("{good} ")] {
            assert!(decode(text).is_none(), "{text:?}");
        }
        assert_ne!(stray, good);
    }
}
