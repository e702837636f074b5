use std::fmt;
use std::net::IpAddr;

use hmac::{Hmac, KeyInit, Mac};
use rempart_core::IpPrefix;
use sha2::Sha256;

use super::BuildError;

/// Stands for a client on the server: 128 bits of a hash under the secret that all instances
/// share. It says nothing of the client to whoever reads the server's memory.
#[derive(Clone, Copy, Hash, PartialEq, Eq)]
pub struct Key([u8; 16]);

impl Key {
    fn of(mac: Hmac<Sha256>) -> Self {
        let hash = mac.finalize().into_bytes();
        let mut key = [0; 16];
        key.iter_mut().zip(hash).for_each(|(byte, hashed)| *byte = hashed);
        Self(key)
    }
}

impl fmt::Display for Key {
    /// As the server knows it: for an operator who looks for a client's keys there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Makes keys, by HMAC-SHA-256 cut to 128 bits.
///
/// There are but 2^32 IPv4 addresses: a hash without a secret hides none of them. The secret is a
/// text of any length, which this function takes as it is, where a keyed `SipHash` or BLAKE3 wants
/// exactly 16 or 32 bytes; and it costs a hundredth of the round trip that follows.
#[derive(Clone)]
pub(super) struct Keying(Hmac<Sha256>);

impl Keying {
    /// The shortest secret.
    pub(super) const SHORTEST: usize = 32;

    pub(super) fn new(secret: &[u8]) -> Result<Self, BuildError> {
        if secret.len() < Self::SHORTEST {
            return Err(BuildError::ShortSecret { length: secret.len() });
        }
        let ends = [secret.first(), secret.last()];
        if ends.into_iter().flatten().any(u8::is_ascii_whitespace) {
            return Err(BuildError::PaddedSecret);
        }
        // Of an HMAC every text can be the key.
        Hmac::new_from_slice(secret).map(Self).map_err(|_| BuildError::NoSecret)
    }

    /// No two lists of parts are written the same: each part comes after its length.
    pub(super) fn key<'a>(&self, kind: &str, parts: impl IntoIterator<Item = &'a [u8]>) -> Key {
        let mut mac = self.0.clone();
        mac.update(&[Domain::Named as u8]);
        let mut take = |part: &[u8]| {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        };
        take(kind.as_bytes());
        parts.into_iter().for_each(take);
        Key::of(mac)
    }

    pub(super) fn client(&self, client: IpPrefix) -> Key {
        let mut mac = self.0.clone();
        let mut take = |domain: Domain, address: &[u8]| {
            mac.update(&[domain as u8, client.length()]);
            mac.update(address);
        };
        match client.network() {
            IpAddr::V4(address) => take(Domain::V4, &address.octets()),
            IpAddr::V6(address) => take(Domain::V6, &address.octets()),
        }
        Key::of(mac)
    }
}

impl fmt::Debug for Keying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keying(…)")
    }
}

/// What is hashed begins with what it is, so that no name can be an address.
#[derive(Clone, Copy)]
enum Domain {
    Named = 1,
    V4,
    V6,
}
