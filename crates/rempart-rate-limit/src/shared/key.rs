use std::fmt;
use std::hash::Hasher;
use std::net::IpAddr;
use std::num::NonZeroU64;

use hmac::{Hmac, KeyInit, Mac};
use rempart_core::IpPrefix;
use sha2::Sha256;

use super::BuildError;
use crate::by::Parts;

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

    /// Starts a key of parts that are told apart by what takes them in.
    pub(super) fn joined(&self) -> Joined {
        let mut mac = self.0.clone();
        mac.update(&[Domain::Joined as u8]);
        Joined(mac)
    }

    /// The key of all whom nobody knows.
    pub(super) fn unknown(&self) -> Key {
        let mut mac = self.0.clone();
        mac.update(&[Domain::Unknown as u8]);
        Key::of(mac)
    }

    /// What may be told of a key: all instances tell the same, and the key cannot be found by it.
    pub(super) fn partition(&self, key: Key) -> Option<NonZeroU64> {
        let mut mac = self.0.clone();
        mac.update(&[Domain::Told as u8]);
        mac.update(&key.0);
        let Key([told @ .., _, _, _, _, _, _, _, _]) = Key::of(mac);
        NonZeroU64::new(u64::from_be_bytes(told))
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
    Joined,
    Unknown,
    Told,
}

/// Takes in the parts of a key, so that all instances make the same of them: numbers longer than a
/// byte as 64 bits at least, the lowest byte first, whatever the machine. What a type hands to a hasher
/// is its own affair, and for types of the standard library may change with the compiler.
#[derive(Clone)]
pub(super) struct Joined(Hmac<Sha256>);

impl Joined {
    pub(super) fn key(self) -> Key {
        Key::of(self.0)
    }
}

impl Parts for Joined {
    fn sum(self) -> u128 {
        u128::from_le_bytes(Key::of(self.0).0)
    }
}

impl Hasher for Joined {
    fn finish(&self) -> u64 {
        // Nobody asks for a hash that is so short.
        0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn write_u16(&mut self, number: u16) {
        self.write_u64(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.write(&number.to_le_bytes());
    }

    fn write_u128(&mut self, number: u128) {
        self.write(&number.to_le_bytes());
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(u64::try_from(number).unwrap_or(u64::MAX));
    }

    fn write_isize(&mut self, number: isize) {
        // An enum says by it which variant it is.
        self.write_i64(i64::try_from(number).unwrap_or(i64::MAX));
    }

    fn write_i16(&mut self, number: i16) {
        self.write_i64(number.into());
    }

    fn write_i32(&mut self, number: i32) {
        self.write_i64(number.into());
    }

    fn write_i64(&mut self, number: i64) {
        self.write(&number.to_le_bytes());
    }

    fn write_i128(&mut self, number: i128) {
        self.write(&number.to_le_bytes());
    }
}
