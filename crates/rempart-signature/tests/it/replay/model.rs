//! The store in memory against the simplest thing that could be right.

use std::collections::HashMap;
use std::time::Duration;

use proptest::prelude::*;
use rempart_core::{Clock, ManualClock};
use rempart_signature::{Claim, Claimed, MemoryReplayStore, ReplayKey, ReplayStore, Settled};

use super::rig::poll;

#[derive(Clone, Copy, Debug)]
enum Step {
    Claim {
        key: u8,
        lease: Duration,
    },
    /// The claim that was made so long ago.
    Commit {
        ago: usize,
        ttl: Duration,
    },
    Release {
        ago: usize,
    },
    Wait {
        time: Duration,
    },
}

/// From a microsecond to years, as likely short as long.
fn duration() -> impl Strategy<Value = Duration> {
    (10_u32..56, 0_u64..1024).prop_map(|(bits, rest)| {
        let length = 1_u64 << bits;
        Duration::from_nanos(length + length / 1024 * rest)
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0_u8..12, duration()).prop_map(|(key, lease)| Step::Claim { key, lease }),
        3 => (0_usize..4, duration()).prop_map(|(ago, ttl)| Step::Commit { ago, ttl }),
        2 => (0_usize..4).prop_map(|ago| Step::Release { ago }),
        3 => duration().prop_map(|time| Step::Wait { time }),
    ]
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    ends: u64,
    /// By when its place is free at the latest.
    gone: u64,
    /// The number of its claim; none once it is done.
    claim: Option<usize>,
}

#[derive(Default)]
struct Model {
    capacity: usize,
    entries: HashMap<u8, Entry>,
}

impl Model {
    fn entry(now: u64, lasts: Duration, claim: Option<usize>) -> Entry {
        let lasts = u64::try_from(lasts.as_nanos()).unwrap();
        let slack = (lasts / 32).max(1 << 20);
        Entry { ends: now + lasts, gone: now + lasts + slack, claim }
    }

    /// What a claim may be answered: the one thing, or either of two while a place is being freed.
    fn may_answer(&self, key: u8, now: u64) -> (&'static str, &'static str) {
        if let Some(entry) = self.entries.get(&key).filter(|entry| entry.ends > now) {
            let word = if entry.claim.is_some() { "in flight" } else { "done" };
            return (word, word);
        }
        let others = || self.entries.iter().filter(|(other, _)| **other != key);
        let live = others().filter(|(_, entry)| entry.ends > now).count();
        let held = others().filter(|(_, entry)| entry.gone > now).count();
        match (live >= self.capacity, held >= self.capacity) {
            (true, _) => ("unavailable", "unavailable"),
            (false, true) => ("fresh", "unavailable"),
            (false, false) => ("fresh", "fresh"),
        }
    }

    fn own(&mut self, key: u8, claim: usize, now: u64) -> Option<&mut Entry> {
        let entry = self.entries.get_mut(&key)?;
        (entry.claim == Some(claim) && entry.ends > now).then_some(entry)
    }
}

fn now<T>(mut reply: rempart_signature::Reply<T>) -> T {
    match poll(&mut reply) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("a store in memory has nothing to wait for"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn agrees_with_a_naive_model(
        capacity in 1_usize..9,
        steps in proptest::collection::vec(step(), 1..200),
    ) {
        let clock = ManualClock::default();
        let store = MemoryReplayStore::with_capacity(capacity).unwrap().clock(clock.clone());
        let mut model = Model { capacity, ..Model::default() };
        let mut claims: Vec<(u8, u128)> = Vec::new();
        for step in steps {
            let ticks = clock.ticks();
            match step {
                Step::Claim { key, lease } => {
                    let (one, other) = model.may_answer(key, ticks);
                    let claimed = now(store.claim(ReplayKey::from_bytes([key; 16]), lease));
                    let got = match &claimed {
                        Claimed::Done => "done",
                        Claimed::Fresh(_) => "fresh",
                        Claimed::InFlight => "in flight",
                        Claimed::Unavailable => "unavailable",
                    };
                    prop_assert!(got == one || got == other, "{got}, not {one} or {other}");
                    if let Claimed::Fresh(claim) = claimed {
                        model.entries.insert(key, Model::entry(ticks, lease, Some(claims.len())));
                        claims.push((key, claim.token()));
                    }
                }
                Step::Commit { ago, .. } | Step::Release { ago } => {
                    let Some(nth) = claims.len().checked_sub(ago + 1) else { continue };
                    let (key, token) = claims[nth];
                    let claim = Claim::new(ReplayKey::from_bytes([key; 16]), token);
                    let own = model.own(key, nth, ticks);
                    let wanted = if own.is_some() { Settled::Applied } else { Settled::Lost };
                    let got = if let Step::Commit { ttl, .. } = step {
                        if let Some(entry) = own {
                            *entry = Model::entry(ticks, ttl, None);
                        }
                        now(store.commit(claim, ttl))
                    } else {
                        if own.is_some() {
                            model.entries.remove(&key);
                        }
                        now(store.release(claim))
                    };
                    prop_assert_eq!(got, wanted);
                }
                Step::Wait { time } => clock.advance(time),
            }
        }
    }
}
