use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Algorithm;
use crate::key::{Tag, blinded, ecdsa_signature, write_ecdsa_signature};

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
    /// The same, of both numbers of an ECDSA signature as ASN.1 writes them (DER), instead of one
    /// after the other.
    Base64Der,
    /// Hexadecimal digits.
    Hex(HexCase),
    /// Not at all: a shared secret stands there as it is.
    Plain,
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
        let mut tag = Tag::default();
        self.decode_to(&mut tag, text, algorithm).then_some(tag)
    }

    /// The same, written to where it stays; says whether it is one, or else what is there is none.
    pub(crate) fn decode_to(self, tag: &mut Tag, text: &[u8], algorithm: Algorithm) -> bool {
        let length = algorithm.signature_len();
        let room = length.and_then(|length| tag.room(length));
        match (self, room) {
            (Self::Base64, Some(room)) => decode_base64(room, text).is_some(),
            (Self::Hex(case), Some(room)) => decode_hex_to(room, text, case),
            (Self::Plain, _) if !text.is_empty() => blinded(text).map(|it| *tag = it).is_some(),
            _ => false,
        }
    }

    /// Reads a signature of any length that the algorithm has.
    pub(crate) fn decode_long(self, text: &[u8], algorithm: Algorithm) -> Option<Vec<u8>> {
        let bytes = match self {
            Self::Base64 => STANDARD.decode(text).ok()?,
            Self::Base64Der => {
                let width = algorithm.signature_len()?.checked_div(2)?;
                ecdsa_signature(&STANDARD.decode(text).ok()?, width)?
            }
            Self::Hex(case) => decode_hex_long(text, case)?,
            Self::Plain => return None,
        };
        algorithm.takes(bytes.len()).then_some(bytes)
    }

    /// Writes a signature, in lower case where there is a choice; a shared secret is none.
    pub(crate) fn encode(self, signature: &[u8]) -> String {
        match self {
            Self::Base64 => STANDARD.encode(signature),
            Self::Base64Der => STANDARD.encode(write_ecdsa_signature(signature)),
            Self::Hex(_) => encode_hex(signature),
            Self::Plain => String::new(),
        }
    }
}

/// Without a branch on a character, as digits are read. What a sender wrote is no secret, so neither
/// is which lines of the table are looked at. The tag of each algorithm leaves two bytes for the last
/// four characters, and so one `=`.
fn decode_base64(tag: &mut [u8], text: &[u8]) -> Option<()> {
    let characters = text.strip_suffix(b"=")?;
    if characters.len() != tag.len().checked_mul(4)?.div_ceil(3) {
        return None;
    }
    let mut seen = 0;
    let mut sextet = |character: u8| {
        let sextet = SEXTETS.get(usize::from(character)).copied().unwrap_or(NO_SEXTET);
        seen |= sextet;
        u32::from(sextet)
    };
    let (fours, last) = characters.as_chunks::<4>();
    let (threes, two) = tag.as_chunks_mut::<3>();
    for (bytes, &[a, b, c, d]) in threes.iter_mut().zip(fours) {
        let joined = (sextet(a) << 18) | (sextet(b) << 12) | (sextet(c) << 6) | sextet(d);
        let [_, joined @ ..] = joined.to_be_bytes();
        *bytes = joined;
    }
    // Three characters are two bytes, and two bits that mean nothing: zeros, or it was another text.
    let &[a, b, c] = last.first_chunk()?;
    let joined = (sextet(a) << 18) | (sextet(b) << 12) | (sextet(c) << 6);
    let [_, joined @ .., stray] = joined.to_be_bytes();
    *two.first_chunk_mut()? = joined;
    (stray == 0 && seen < NO_SEXTET).then_some(())
}

/// The six bits that each character stands for.
#[expect(clippy::indexing_slicing, reason = "done by the compiler")]
const SEXTETS: [u8; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut sextets = [NO_SEXTET; 256];
    let mut value = 0;
    while value < NO_SEXTET {
        sextets[alphabet[value as usize] as usize] = value;
        value += 1;
    }
    sextets
};

/// Of what is not of the alphabet: a bit that no sextet has.
const NO_SEXTET: u8 = 64;

/// Reads a tag of this length.
pub(crate) fn decode_hex(text: &[u8], length: usize, case: HexCase) -> Option<Tag> {
    let mut tag = Tag::default();
    decode_hex_to(tag.room(length)?, text, case).then_some(tag)
}

/// Without a branch on a digit: digits are random, and so would be the branch predictor's luck.
/// Two loops without a way out, which the compiler turns into vector instructions.
fn decode_hex_to(tag: &mut [u8], text: &[u8], case: HexCase) -> bool {
    let (pairs, rest) = text.as_chunks::<2>();
    if pairs.len() != tag.len() || !rest.is_empty() {
        return false;
    }
    let fold = if case == HexCase::Any { UPPER_TO_LOWER } else { 0 };
    let bad = text.iter().fold(0, |bad, byte| bad | u8::from(!is_digit(*byte, fold)));
    for (byte, [high, low]) in tag.iter_mut().zip(pairs) {
        *byte = (value(*high) << 4) | value(*low);
    }
    bad == 0
}

pub(super) fn decode_hex_long(text: &[u8], case: HexCase) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_chunks::<2>();
    let fold = if case == HexCase::Any { UPPER_TO_LOWER } else { 0 };
    let digits = rest.is_empty() && text.iter().all(|byte| is_digit(*byte, fold));
    digits.then(|| pairs.iter().map(|[high, low]| (value(*high) << 4) | value(*low)).collect())
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
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    /// What the general decoder makes of a tag of this algorithm.
    fn base64_reference(text: &[u8], algorithm: Algorithm) -> Option<Vec<u8>> {
        STANDARD.decode(text).ok().filter(|tag| algorithm.takes(tag.len()))
    }

    fn base64(text: &[u8], algorithm: Algorithm) -> Option<Vec<u8>> {
        let tag = Encoding::Base64.decode(text, algorithm)?;
        Some(tag.bytes(algorithm.signature_len()?).to_vec())
    }

    const ALGORITHMS: [Algorithm; 2] = [Algorithm::HmacSha1, Algorithm::HmacSha256];

    proptest! {
        #[test]
        fn reads_every_tag_in_base64(tag in any::<[u8; 32]>()) {
            for algorithm in ALGORITHMS {
                let tag = &tag[..algorithm.signature_len().unwrap()];
                let read = base64(STANDARD.encode(tag).as_bytes(), algorithm);
                prop_assert_eq!(read.as_deref(), Some(tag));
            }
        }

        #[test]
        fn reads_base64_as_the_general_decoder_does(
            text in "[A-Za-z0-9+/]{25,28}={0,2}|[A-Za-z0-9+/]{41,44}={0,2}|[ -~]{0,60}",
        ) {
            for algorithm in ALGORITHMS {
                let read = base64(text.as_bytes(), algorithm);
                prop_assert_eq!(read, base64_reference(text.as_bytes(), algorithm));
            }
        }

        #[test]
        fn reads_no_base64_with_a_wrong_byte(
            tag in any::<[u8; 32]>(),
            place in any::<prop::sample::Index>(),
            algorithm in select(&ALGORITHMS),
        ) {
            let good = STANDARD.encode(&tag[..algorithm.signature_len().unwrap()]).into_bytes();
            for byte in 0..=u8::MAX {
                let mut text = good.clone();
                text[place.index(good.len())] = byte;
                let read = base64(&text, algorithm);
                prop_assert_eq!(read, base64_reference(&text, algorithm), "{}", byte);
            }
        }
    }

    fn hex(text: &str, case: HexCase) -> Option<String> {
        decode_hex(text.as_bytes(), 2, case).map(|tag| encode_hex(tag.bytes(2)))
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
