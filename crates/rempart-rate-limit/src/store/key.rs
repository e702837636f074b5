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
        let lines = (lines_but_one as u64).saturating_add(1);
        // The high half of the product is below `lines`.
        let index = u128::from(self.0).saturating_mul(lines.into()) >> u64::BITS;
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
pub(super) struct Seed {
    any: SipHasher13,
    /// Where `SipHash` starts under the same key.
    start: [u64; 4],
}

impl Seed {
    pub(super) fn new([first, second]: [u64; 2]) -> Self {
        Self {
            any: SipHasher13::new_with_keys(first, second),
            start: [
                first ^ 0x736f_6d65_7073_6575,
                second ^ 0x646f_7261_6e64_6f6d,
                first ^ 0x6c79_6765_6e65_7261,
                second ^ 0x7465_6462_7974_6573,
            ],
        }
    }

    /// Draws a seed from the source that seeds the standard library's maps.
    pub(super) fn random() -> Self {
        let source = RandomState::new();
        Self::new([source.hash_one(0_u64), source.hash_one(1_u64)])
    }

    pub(super) fn key<T: Hash + ?Sized>(&self, of: &T) -> Key {
        let mut hasher = self.any;
        of.hash(&mut hasher);
        Key(hasher.finish())
    }

    #[inline]
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

    /// `SipHash`-1-3 of one word, without the block that holds a message's length: that one tells
    /// apart messages of different lengths, and all of these have one. The kind is where
    /// `SipHash`-128 has its own mark, so that no other kind starts from the same state.
    ///
    /// A round takes the word in and three finish. No client ever sees the hash: at most it learns
    /// that it shares a line with fourteen others that still owe.
    #[inline]
    fn word(&self, domain: Domain, word: u64) -> Key {
        let [v0, v1, v2, v3] = self.start;
        let [v0, v1, v2, v3] = round([v0, v1 ^ domain as u64, v2, v3 ^ word]);
        let [v0, v1, v2, v3] = round(round(round([v0 ^ word, v1, v2 ^ 0xff, v3])));
        Key(v0 ^ v1 ^ v2 ^ v3)
    }
}

/// The round of `SipHash`.
#[inline]
const fn round([mut v0, mut v1, mut v2, mut v3]: [u64; 4]) -> [u64; 4] {
    v0 = v0.wrapping_add(v1);
    v2 = v2.wrapping_add(v3);
    v1 = v1.rotate_left(13) ^ v0;
    v3 = v3.rotate_left(16) ^ v2;
    v0 = v0.rotate_left(32).wrapping_add(v3);
    v2 = v2.wrapping_add(v1);
    v1 = v1.rotate_left(17) ^ v2;
    v3 = v3.rotate_left(21) ^ v0;
    v2 = v2.rotate_left(32);
    [v0, v1, v2, v3]
}

/// Keeps clients of different kinds apart from one another and, none being zero, from plain
/// `SipHash`, whatever their bytes.
#[derive(Clone, Copy)]
enum Domain {
    Unknown = 1,
    V4,
    V6,
}
