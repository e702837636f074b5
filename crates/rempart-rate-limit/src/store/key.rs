use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU64;

use rempart_core::ClientAddr;
use siphasher::sip::SipHasher13;

/// Stands for a client in one [`Store`](crate::Store): a hash under that store's own seed.
///
/// It says nothing of the client to anybody else, and is of no use to another store.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key(u64);

impl Key {
    /// Which of `lines_but_one + 1` lines the client is in, all being equally likely.
    pub(crate) fn index(self, lines_but_one: usize) -> usize {
        // One more than the length of a slice: it does not wrap.
        let lines = (lines_but_one as u64).wrapping_add(1);
        // The high half of the product is below `lines`.
        let index = u128::from(self.0).saturating_mul(lines.into()) >> u64::BITS;
        usize::try_from(index).unwrap_or(lines_but_one)
    }

    pub(crate) const fn tag(self) -> u64 {
        self.0
    }

    /// Which of so many slots of its line the client would like to be in. Of the low half of the hash:
    /// the high bits say which line it is.
    #[inline]
    pub(super) const fn way(self, ways: usize) -> usize {
        let low = self.0 & 0xffff_ffff;
        (low.wrapping_mul(ways as u64) >> u32::BITS) as usize
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// The key of the hash. `SipHash`, since clients choose what is hashed.
#[derive(Clone)]
pub(crate) struct Seed {
    any: SipHasher13,
    /// Where `SipHash` starts under the same key.
    start: [u64; 4],
}

impl Seed {
    pub(crate) fn new([first, second]: [u64; 2]) -> Self {
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
    pub(crate) fn random() -> Self {
        let source = RandomState::new();
        Self::new([source.hash_one(0_u64), source.hash_one(1_u64)])
    }

    pub(crate) fn key<T: Hash + ?Sized>(&self, of: &T) -> Key {
        let mut hasher = self.any;
        of.hash(&mut hasher);
        Key(hasher.finish())
    }

    /// What may be told of a key: another one for another key, and nothing by which the key can be
    /// found, since that says where in a table a client is.
    pub(crate) fn partition(&self, key: Key) -> Option<NonZeroU64> {
        NonZeroU64::new(self.key(&("partition", key.0)).0)
    }

    /// Starts a key that is made of several parts.
    pub(crate) const fn hasher(&self) -> KeyHasher {
        KeyHasher(self.any)
    }

    #[expect(clippy::inline_always, reason = "a tenth of a decision would go into the call")]
    #[inline(always)]
    pub(crate) fn client(&self, client: ClientAddr) -> Key {
        match client.identity().network() {
            IpAddr::V4(address) => self.word(Domain::V4, u32::from(address).into()),
            IpAddr::V6(network) => {
                // The identity is the high half; the low one is cleared.
                let high = network.to_bits() >> u64::BITS;
                self.word(Domain::V6, u64::try_from(high).unwrap_or_default())
            }
        }
    }

    pub(crate) fn unknown_client(&self) -> Key {
        self.word(Domain::Unknown, 0)
    }

    /// `SipHash`-1-3 of one word, without the block that holds a message's length: that one tells
    /// apart messages of different lengths, and all of these have one. The kind is where
    /// `SipHash`-128 has its own mark, so that no other kind starts from the same state.
    ///
    /// Two clients are never in the same state once their word is taken in: words that differ
    /// leave a difference in `v1`, `v2` or `v3`, and the round can be undone. So whatever two of
    /// them share comes out of the four rounds between a word and the hash. Those of `siphasher`
    /// are five, and cost half as much again: a tenth of a whole decision. What an attacker would
    /// need to tell four from five is the hash, and no client ever sees it: at most it learns that
    /// it shares a line with fourteen others that still owe.
    #[inline]
    fn word(&self, domain: Domain, word: u64) -> Key {
        let [v0, v1, v2, v3] = self.start;
        Key(finish(absorb([v0, v1 ^ domain as u64, v2, v3], word)))
    }
}

/// Takes in the parts of a key, one after another.
#[derive(Clone)]
pub(crate) struct KeyHasher(SipHasher13);

impl KeyHasher {
    pub(crate) fn key(self) -> Key {
        Key(self.0.finish())
    }
}

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0.finish()
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }
}

/// Takes a word in, as `SipHash`-1-3 does.
#[inline]
const fn absorb([v0, v1, v2, v3]: [u64; 4], word: u64) -> [u64; 4] {
    let [v0, v1, v2, v3] = round([v0, v1, v2, v3 ^ word]);
    [v0 ^ word, v1, v2, v3]
}

/// Makes the hash of a state, as `SipHash`-1-3 does.
#[inline]
const fn finish([v0, v1, v2, v3]: [u64; 4]) -> u64 {
    let [v0, v1, v2, v3] = round(round(round([v0, v1, v2 ^ 0xff, v3])));
    v0 ^ v1 ^ v2 ^ v3
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

#[cfg(test)]
mod tests {
    use super::*;

    const DOMAINS: [Domain; 3] = [Domain::Unknown, Domain::V4, Domain::V6];

    /// Numbers without a pattern, the same at each run (`splitmix64`).
    fn numbers() -> impl FnMut() -> u64 {
        let mut state = 0_u64;
        move || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        }
    }

    #[test]
    fn is_made_of_the_parts_of_siphash() {
        let mut next = numbers();
        for _ in 0..1_000_000 {
            let (seed, word) = (Seed::new([next(), next()]), next());
            // With a message's length, and no kind, it is SipHash-1-3 proper.
            let length = 8 << 56;
            let ours = finish(absorb(absorb(seed.start, word), length));
            let mut theirs = seed.any;
            theirs.write_u64(word);
            assert_eq!(ours, theirs.finish());
        }
    }

    #[test]
    fn no_difference_between_clients_makes_them_share_a_line() {
        /// Under so many seeds a pair of clients is looked at.
        const SEEDS: u32 = 16_384;
        /// Of so many lines.
        const LINES: u32 = 64;
        let mut next = numbers();
        // Neighbours, and addresses one or two bits apart: what an attacker would try.
        let single = (0..64).map(|bit| 1_u64 << bit);
        let double = (1..32).map(|bit| 1 | 1_u64 << bit);
        let differences: Vec<_> = single.chain(double).chain([u64::MAX]).collect();
        for difference in differences {
            let (mut shared, mut bits) = (0_u32, 0_u32);
            for _ in 0..SEEDS {
                let (seed, word) = (Seed::new([next(), next()]), next());
                let one = seed.word(Domain::V6, word);
                let other = seed.word(Domain::V6, word ^ difference);
                let line = |key: Key| key.index(LINES as usize - 1);
                shared += u32::from(line(one) == line(other));
                bits += (one.0 ^ other.0).count_ones();
            }
            // Five standard deviations of what chance would do: 256 shared, 32 bits a pair.
            assert!(shared.abs_diff(SEEDS / LINES) < 80, "{difference:x}: {shared} shared");
            assert!(bits.abs_diff(SEEDS * 32) < 2_560, "{difference:x}: {bits} bits");
        }
    }

    #[test]
    fn clients_of_one_line_would_like_to_be_in_different_slots_of_it() {
        const WAYS: usize = 15;
        let mut next = numbers();
        let seed = Seed::new([next(), next()]);
        let mut wanted = [0_u32; WAYS];
        // All of them are in the first of a thousand lines.
        let keys = (0..15_000_000_u64).map(|word| seed.word(Domain::V6, word));
        for key in keys.filter(|key| key.index(999) == 0) {
            if let Some(wanted) = wanted.get_mut(key.way(WAYS)) {
                *wanted += 1;
            }
        }
        // Some thousand each, and five standard deviations beside.
        assert!(wanted.iter().all(|wanted| wanted.abs_diff(1_000) < 200), "{wanted:?}");
    }

    #[test]
    fn nothing_of_a_key_is_shown() {
        assert_eq!(format!("{:?}", Seed::new([1, 2]).key("tenant")), "Key(…)");
    }

    #[test]
    fn kinds_of_clients_are_told_apart() {
        let mut next = numbers();
        for _ in 0..10_000 {
            let (seed, word) = (Seed::new([next(), next()]), next());
            let [unknown, v4, v6] = DOMAINS.map(|domain| seed.word(domain, word));
            assert!(unknown != v4 && v4 != v6 && v6 != unknown);
            assert!(DOMAINS.iter().all(|domain| seed.word(*domain, word) != seed.key(&word)));
        }
    }
}
