use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::index::Index;
use super::links::Links;
use super::wheel::Wheel;
use crate::{Claim, Claimed, ReplayKey, Settled};

/// What is claimed and what is done, and until when.
pub(super) struct Table {
    entries: Links<Entry>,
    index: Index,
    wheel: Wheel,
    seed: [u64; 2],
    /// What the next token is made of.
    random: u64,
    /// Two threads may read the clock and come here in another order.
    latest: u64,
}

#[derive(Clone, Copy)]
struct Entry {
    key: [u8; 16],
    ends: u64,
    /// One half of the claim's token; [`DONE`] once it is committed.
    token: u64,
}

/// No token is that.
const DONE: u64 = 0;

impl Table {
    pub(super) fn new(capacity: usize) -> Self {
        // At most 2^24 by the store's own limit.
        let capacity = u32::try_from(capacity).unwrap_or(0);
        let source = RandomState::new();
        let heads = Wheel::HEADS.saturating_add(1);
        Self {
            entries: Links::new(capacity, heads),
            index: Index::new(capacity),
            wheel: Wheel::new(capacity.saturating_add(1)),
            seed: [source.hash_one(0_u64), source.hash_one(1_u64)],
            random: source.hash_one(2_u64),
            latest: 0,
        }
    }

    pub(super) const fn capacity(&self) -> usize {
        self.entries.capacity() as usize
    }

    /// What it has allocated, all of it when it was made.
    pub(super) fn bytes(&self) -> usize {
        self.entries.bytes().saturating_add(self.index.bytes())
    }

    pub(super) fn claim(&mut self, key: ReplayKey, lease: Duration, now: u64) -> Claimed {
        let now = self.at(now);
        let (hash, key_bytes) = (self.hash(key.to_bytes()), key.to_bytes());
        let is_it = |place| self.entries.get(place).is_some_and(|entry| entry.key == key_bytes);
        let place = if let Some(place) = self.index.find(hash, is_it) {
            match self.entries.get(place) {
                Some(entry) if entry.ends <= now => self.entries.unlink(place),
                Some(Entry { token: DONE, .. }) => return Claimed::Done,
                _ => return Claimed::InFlight,
            }
            place
        } else {
            let Some(place) = self.vacant(now) else { return Claimed::Unavailable };
            self.index.insert(hash, place);
            place
        };
        let token = self.token();
        self.put(place, Entry { key: key_bytes, ends: after(now, lease), token }, now);
        // The other half says where the entry stands: nothing is searched for twice.
        Claimed::Fresh(Claim::new(key, u128::from(token) << u64::BITS | u128::from(place)))
    }

    pub(super) fn commit(&mut self, claim: &Claim, ttl: Duration, now: u64) -> Settled {
        let now = self.at(now);
        let Some((place, entry)) = self.own(claim, now) else { return Settled::Lost };
        self.entries.unlink(place);
        self.put(place, Entry { ends: after(now, ttl), token: DONE, ..entry }, now);
        Settled::Applied
    }

    pub(super) fn release(&mut self, claim: &Claim, now: u64) -> Settled {
        let now = self.at(now);
        let Some((place, entry)) = self.own(claim, now) else { return Settled::Lost };
        self.forget(place, entry.key);
        self.entries.push(self.vacancies(), place);
        if let Some(entry) = self.entries.get_mut(place) {
            entry.token = DONE;
        }
        Settled::Applied
    }

    /// What a claim has claimed itself, if its lease has not ended.
    fn own(&self, claim: &Claim, now: u64) -> Option<(u32, Entry)> {
        let token = u64::try_from(claim.token() >> u64::BITS).ok()?;
        let place = u32::try_from(claim.token() & u128::from(u64::MAX)).ok()?;
        let entry = self.entries.get(place)?;
        let is_own = token != DONE && entry.token == token && entry.key == claim.key().to_bytes();
        (is_own && entry.ends > now).then_some((place, *entry))
    }

    /// A place in no list, for a newcomer.
    fn vacant(&mut self, now: u64) -> Option<u32> {
        if let Some(place) = self.entries.first(self.vacancies()) {
            self.entries.unlink(place);
            return Some(place);
        }
        if let Some(place) = self.entries.add(Entry { key: [0; 16], ends: 0, token: DONE }) {
            return Some(place);
        }
        let place = self.wheel.due(&self.entries, now)?;
        let key = self.entries.get(place)?.key;
        self.forget(place, key);
        Some(place)
    }

    fn forget(&mut self, place: u32, key: [u8; 16]) {
        self.index.remove(self.hash(key), place);
        self.entries.unlink(place);
    }

    fn put(&mut self, place: u32, entry: Entry, now: u64) {
        self.wheel.push(&mut self.entries, place, entry.ends, now);
        if let Some(own) = self.entries.get_mut(place) {
            *own = entry;
        }
    }

    /// The list of places that were given back.
    const fn vacancies(&self) -> u32 {
        self.entries.capacity()
    }

    /// The next number of `SplitMix64`, from a start that is drawn at random. A token never leaves
    /// the process, and no other token of its place is like it.
    fn token(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).max(1)
    }

    /// Where a key belongs. It is a digest already, of which nobody chooses the bits; and nobody
    /// who looks for messages that end up side by side knows the seed.
    #[expect(clippy::cast_possible_truncation, reason = "any part of a hash is one")]
    fn hash(&self, key: [u8; 16]) -> u32 {
        let key = u128::from_le_bytes(key);
        let [first, second] = [key as u64, (key >> u64::BITS) as u64];
        let product = u128::from(first ^ self.seed[0]).wrapping_mul((second ^ self.seed[1]).into());
        ((product >> u64::BITS) as u64 ^ product as u64) as u32
    }

    fn at(&mut self, now: u64) -> u64 {
        self.latest = self.latest.max(now);
        self.latest
    }
}

fn after(now: u64, duration: Duration) -> u64 {
    let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    now.saturating_add(nanoseconds.min(Wheel::LONGEST))
}
