use hmac::{Hmac, KeyInit, Mac};
use rempart_core::KeyId;
use rempart_keys::Secret;
use sha2::Sha256;

/// Gives the same name to the same value, under a key, so that lines can be correlated.
///
/// Without a key a hash of a telephone number is the number, to whoever tries them all.
#[derive(Clone)]
pub(crate) struct Pseudonyms {
    key: KeyId,
    mac: Hmac<Sha256>,
}

/// Small letters and the digits 2 to 7 ([RFC 4648 §6](https://www.rfc-editor.org/rfc/rfc4648#section-6)).
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

impl Pseudonyms {
    pub(crate) fn new(key: KeyId, secret: &Secret) -> Option<Self> {
        let mac = Hmac::new_from_slice(secret.expose()).ok()?;
        Some(Self { key, mac })
    }

    /// `KEY.` and twelve characters: sixty bits of HMAC-SHA-256, apart for each kind of value.
    pub(crate) fn of(&self, kind: &str, value: &[u8]) -> String {
        let mac = self.mac.clone().chain_update(kind).chain_update([0]).chain_update(value);
        let tag = mac.finalize().into_bytes();
        let head = tag.first_chunk::<8>().copied().unwrap_or_default();
        let mut bits = u64::from_be_bytes(head);
        let mut name = format!("{}.", self.key);
        for _ in 0..12 {
            bits = bits.rotate_left(5);
            let place = usize::try_from(bits & 31).unwrap_or_default();
            name.push(ALPHABET.get(place).copied().map_or('a', char::from));
        }
        name
    }
}
