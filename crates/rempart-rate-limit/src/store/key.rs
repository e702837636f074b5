use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::net::IpAddr;

use rempart_core::ClientAddr;
use siphasher::sip::SipHasher13;

/// Stands for a client in one [`Store`](crate::Store): a hash under that store's own seed.
///
/// It says nothing of the client to anybody else, and is of no use to another store.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key(u64);

impl Key {
    /// Which of `lines_but_one + 1` lines the client is in, all being equally likely.
    pub(super) fn index(self, lines_but_one: usize) -> usize {
        let lines = (lines_but_one as u128).saturating_add(1);
        // The high half of the product is below `lines`.
        let index = u128::from(self.0).saturating_mul(lines) >> u64::BITS;
        usize::try_from(index).unwrap_or(lines_but_one)
    }

    pub(super) const fn tag(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// The key of the hash. `SipHash`, since clients choose what is hashed.
#[derive(Clone)]
pub(super) struct Seed(SipHasher13);

impl Seed {
    pub(super) fn new([first, second]: [u64; 2]) -> Self {
        Self(SipHasher13::new_with_keys(first, second))
    }

    /// Draws a seed from the source that seeds the standard library's maps.
    pub(super) fn random() -> Self {
        let source = RandomState::new();
        Self::new([source.hash_one(0_u64), source.hash_one(1_u64)])
    }

    pub(super) fn key<T: Hash + ?Sized>(&self, of: &T) -> Key {
        let mut hasher = self.0;
        hasher.write_u8(Domain::Other as u8);
        of.hash(&mut hasher);
        Key(hasher.finish())
    }

    pub(super) fn client(&self, client: ClientAddr) -> Key {
        match client.identity().network() {
            IpAddr::V4(address) => self.word(Domain::V4, u32::from(address).into()),
            IpAddr::V6(network) => {
                // The identity is the high half; the low one is cleared.
                let high = network.to_bits() >> u64::BITS;
                self.word(Domain::V6, u64::try_from(high).unwrap_or_default())
            }
        }
    }

    pub(super) fn unknown_client(&self) -> Key {
        self.word(Domain::Unknown, 0)
    }

    fn word(&self, domain: Domain, word: u64) -> Key {
        let mut message = [domain as u8; 9];
        if let Some(start) = message.first_chunk_mut() {
            *start = word.to_le_bytes();
        }
        Key(self.0.hash(&message))
    }
}

/// Keeps keys of different kinds apart, whatever their bytes.
#[derive(Clone, Copy)]
enum Domain {
    Unknown,
    V4,
    V6,
    Other,
}
