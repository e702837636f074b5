use zeroize::Zeroizing;

use super::json;

/// The longest token that is looked at.
pub(super) const MAX_LEN: usize = 8192;

/// The second part of a token in the compact form, decoded; wiped when it is dropped.
pub(super) struct Payload {
    bytes: Zeroizing<[u8; MAX_DECODED]>,
    length: usize,
}

impl Payload {
    /// Decodes it, if `token` is of three parts; nothing is verified.
    pub(super) fn of(token: &str) -> Option<Self> {
        if token.len() > MAX_LEN {
            return None;
        }
        let (_, rest) = token.split_once('.')?;
        let (payload, signature) = rest.split_once('.')?;
        if signature.contains('.') {
            return None;
        }
        let mut bytes = Zeroizing::new([0; MAX_DECODED]);
        let length = decode(payload, &mut bytes)?;
        Some(Self { bytes, length })
    }

    /// Whether the text at `path` is said once, and is this one.
    pub(super) fn says(&self, path: &[&str], wanted: &str) -> bool {
        let json = self.bytes.get(..self.length).and_then(|bytes| str::from_utf8(bytes).ok());
        json.and_then(|json| json::text_at(json, path)).is_some_and(|text| text.is(wanted))
    }
}

/// Decodes base64url without padding ([RFC 4648 §5]) of the one canonical form; returns how many
/// bytes there are.
///
/// [RFC 4648 §5]: https://www.rfc-editor.org/rfc/rfc4648#section-5
fn decode(text: &str, into: &mut [u8; MAX_DECODED]) -> Option<usize> {
    let mut length = 0_usize;
    for (group, out) in text.as_bytes().chunks(4).zip(into.chunks_mut(3)) {
        let bits =
            group.iter().try_fold(0_u32, |bits, digit| Some(bits << 6 | six_bits(*digit)?))?;
        let (whole, bits) = match group.len() {
            4 => (3, bits),
            3 => (2, bits << 6),
            2 => (1, bits << 12),
            _ => return None,
        };
        let [_, decoded @ ..] = bits.to_be_bytes();
        let (decoded, rest) = decoded.split_at(whole);
        if rest.iter().any(|byte| *byte != 0) {
            return None;
        }
        out.get_mut(..whole)?.copy_from_slice(decoded);
        length = length.saturating_add(whole);
    }
    Some(length)
}

fn six_bits(digit: u8) -> Option<u32> {
    let (first, before) = match digit {
        b'A'..=b'Z' => (b'A', 0),
        b'a'..=b'z' => (b'a', 26),
        b'0'..=b'9' => (b'0', 52),
        b'-' => (b'-', 62),
        b'_' => (b'_', 63),
        _ => return None,
    };
    Some(u32::from(digit.wrapping_sub(first).wrapping_add(before)))
}

/// What [`MAX_LEN`] digits can hold.
const MAX_DECODED: usize = MAX_LEN / 4 * 3;
