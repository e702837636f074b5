use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::index::Index;
use super::links::Links;
use super::wheel::Wheel;
use crate::{Claim, Claimed, ReplayKey, Settled};

/// What is claimed and what is done, and since when.
pub(super) struct Table {
    /// As many as were ever needed at a time, in room for all there may be.
    entries: Vec<Entry>,
    capacity: u32,
    index: Index,
    links: Links,
    wheel: Wheel,
    /// Senders know what they sign, and not where in the table it comes to stand.
    seed: RandomState,
    claims: u64,
    /// Two threads may read the clock and come here in another order.
    latest: u64,
}

#[derive(Clone, Copy)]
struct Entry {
    key: [u8; 16],
    ends: u64,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Done,
    /// With the token of its claim.
    InFlight([u64; 2]),
    /// In the list of those that can be taken.
    Vacant,
}

impl Table {
    pub(super) fn new(capacity: usize) -> Self {
        // At most 2^24 by the store's own limit.
        let capacity = u32::try_from(capacity).unwrap_or(0);
        let heads = capacity.saturating_add(1);
        Self {
            entries: Vec::with_capacity(capacity as usize),
            capacity,
            index: Index::new(capacity),
            links: Links::new(heads.saturating_add(Wheel::HEADS)),
            wheel: Wheel::new(heads),
            seed: RandomState::new(),
            claims: 0,
            latest: 0,
        }
    }

    pub(super) const fn capacity(&self) -> usize {
        self.capacity as usize
    }

    /// What it has allocated, all of it when it was made.
    pub(super) fn bytes(&self) -> usize {
        let entries = self.entries.capacity().saturating_mul(size_of::<Entry>());
        entries.saturating_add(self.index.bytes()).saturating_add(self.links.bytes())
    }

    pub(super) fn claim(&mut self, key: ReplayKey, lease: Duration, now: u64) -> Claimed {
        let now = self.at(now);
        let key = key.to_bytes();
        let hash = self.hash(key);
        let is_it = |place| self.entry(place).is_some_and(|entry| entry.key == key);
        let place = if let Some(place) = self.index.find(hash, is_it) {
            match self.entry(place) {
                Some(entry) if entry.ends <= now => self.links.unlink(place),
                Some(Entry { state: State::Done, .. }) => return Claimed::Done,
                _ => return Claimed::InFlight,
            }
            place
        } else {
            let Some(place) = self.vacant(now) else { return Claimed::Unavailable };
            self.index.insert(hash, place);
            place
        };
        let token = self.token(place);
        let state = State::InFlight(token);
        self.put(place, Entry { key, ends: after(now, lease), state }, now);
        let [random, numbered] = token;
        Claimed::Fresh(Claim::new(
            ReplayKey::from_bytes(key),
            u128::from(random) << u64::BITS | u128::from(numbered),
        ))
    }

    pub(super) fn commit(&mut self, claim: &Claim, ttl: Duration, now: u64) -> Settled {
        let now = self.at(now);
        let Some((place, entry)) = self.own(claim, now) else { return Settled::Lost };
        self.links.unlink(place);
        self.put(place, Entry { ends: after(now, ttl), state: State::Done, ..entry }, now);
        Settled::Applied
    }

    pub(super) fn release(&mut self, claim: &Claim, now: u64) -> Settled {
        let now = self.at(now);
        let Some((place, entry)) = self.own(claim, now) else { return Settled::Lost };
        self.forget(place, entry.key);
        self.links.push(self.capacity, place);
        if let Some(entry) = self.entries.get_mut(place as usize) {
            entry.state = State::Vacant;
        }
        Settled::Applied
    }

    /// What a claim has claimed itself, if its lease has not ended.
    fn own(&self, claim: &Claim, now: u64) -> Option<(u32, Entry)> {
        #[expect(clippy::cast_possible_truncation, reason = "the halves and quarters of a token")]
        let (token, place) = {
            let token = claim.token();
            ([(token >> u64::BITS) as u64, token as u64], token as u32)
        };
        let entry = self.entry(place)?;
        let is_own = entry.state == State::InFlight(token) && entry.key == claim.key().to_bytes();
        (is_own && entry.ends > now).then_some((place, *entry))
    }

    /// A place in no list, for a newcomer.
    fn vacant(&mut self, now: u64) -> Option<u32> {
        if let Some(place) = self.links.first(self.capacity) {
            self.links.unlink(place);
            return Some(place);
        }
        if self.entries.len() < self.capacity() {
            let place = u32::try_from(self.entries.len()).ok()?;
            self.entries.push(Entry { key: [0; 16], ends: 0, state: State::Vacant });
            return Some(place);
        }
        let place = self.wheel.due(&self.links, now)?;
        let key = self.entry(place)?.key;
        self.forget(place, key);
        Some(place)
    }

    fn forget(&mut self, place: u32, key: [u8; 16]) {
        let hash = self.hash(key);
        self.index.remove(hash, place);
        self.links.unlink(place);
    }

    fn put(&mut self, place: u32, entry: Entry, now: u64) {
        self.wheel.push(&mut self.links, place, entry.ends, now);
        if let Some(own) = self.entries.get_mut(place as usize) {
            *own = entry;
        }
    }

    fn entry(&self, place: u32) -> Option<&Entry> {
        self.entries.get(place as usize)
    }

    /// Half of it is drawn at random; the other half counts, and says where the entry stands, so
    /// that nothing is searched for twice.
    fn token(&mut self, place: u32) -> [u64; 2] {
        self.claims = self.claims.wrapping_add(1);
        [self.seed.hash_one(self.claims), self.claims << u32::BITS | u64::from(place)]
    }

    #[expect(clippy::cast_possible_truncation, reason = "any half of a hash is one")]
    fn hash(&self, key: [u8; 16]) -> u32 {
        self.seed.hash_one(u128::from_ne_bytes(key)) as u32
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
