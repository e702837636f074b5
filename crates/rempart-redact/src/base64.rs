//! Base64 as the engine needs it: written in either alphabet, read in both and as far as it goes.

/// The digits of [RFC 4648 §4](https://www.rfc-editor.org/rfc/rfc4648#section-4).
pub(crate) const STANDARD: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// The digits of [RFC 4648 §5](https://www.rfc-editor.org/rfc/rfc4648#section-5).
pub(crate) const URL_SAFE: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The digits that stand for `bytes`, without padding.
pub(crate) fn encode<'b>(
    bytes: &'b [u8],
    alphabet: &'static [u8; 64],
) -> impl Iterator<Item = u8> + 'b {
    bytes.chunks(3).flat_map(move |chunk| {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        let digits = chunk.len().saturating_add(1);
        [18, 12, 6, 0].into_iter().take(digits).map(move |shift| {
            let place = usize::try_from(group >> shift & 63).unwrap_or_default();
            alphabet.get(place).copied().unwrap_or_default()
        })
    })
}

/// The bytes that `text` stands for, up to its padding or what is no digit, and as many as fit.
pub(crate) fn decode<'b>(text: &[u8], buffer: &'b mut [u8]) -> &'b [u8] {
    let mut slots = buffer.iter_mut();
    let (mut group, mut bits): (u32, u32) = (0, 0);
    let mut length: usize = 0;
    for value in text.iter().map_while(|digit| value(*digit)) {
        group = group << 6 | value;
        bits = bits.saturating_add(6);
        let Some(rest) = bits.checked_sub(8) else { continue };
        let Some(slot) = slots.next() else { break };
        let [.., byte] = (group >> rest).to_be_bytes();
        *slot = byte;
        length = length.saturating_add(1);
        bits = rest;
    }
    buffer.get(..length).unwrap_or_default()
}

fn value(digit: u8) -> Option<u32> {
    let value = match digit {
        b'A'..=b'Z' => digit.wrapping_sub(b'A'),
        b'a'..=b'z' => digit.wrapping_sub(b'a').wrapping_add(26),
        b'0'..=b'9' => digit.wrapping_sub(b'0').wrapping_add(52),
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}
