//! Bans, beside a map that never forgets and rules that are written out.

use std::collections::HashMap;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use rempart_rate_limit::{BanRule, Key};

use crate::bans::{ROWS, SECOND, one_line};

const DAY: u64 = 86_400 * SECOND;

/// What a map without end remembers of a key.
#[derive(Clone, Copy, Default)]
struct Exact {
    since: u64,
    denials: u32,
    until: u64,
    length: u64,
    level: u32,
}

impl Exact {
    fn left(&mut self, now: u64) -> Option<u64> {
        self.until = self.until.min(now + self.length);
        (self.until > now).then(|| self.until - now)
    }

    fn denied(&mut self, rule: &BanRule, now: u64) -> Option<u64> {
        if self.left(now).is_some() {
            return None;
        }
        let window = rule.window().as_nanos();
        if self.denials == 0 || now < self.since || u128::from(now - self.since) >= window {
            (self.since, self.denials) = (now, 0);
        }
        self.denials += 1;
        if self.denials < rule.denials() {
            return None;
        }
        let (first, cap) = (rule.first().as_nanos(), rule.cap().as_nanos());
        // Step by step, as it is said.
        let mut quiet = u128::from(now.saturating_sub(self.until));
        while quiet >= cap && self.level > 0 {
            (quiet, self.level) = (quiet - cap, self.level - 1);
        }
        let doubled = (0..self.level).fold(first, |length, _| length * 2);
        self.length = doubled.min(cap).try_into().unwrap();
        self.level += u32::from(doubled < cap);
        (self.until, self.denials) = (now + self.length, 0);
        Some(self.length)
    }
}

#[derive(Clone, Debug)]
enum Step {
    Denied(u64),
    Look(u64),
    Ban(u64, u64),
    Unban(u64),
    Reset(u64),
    Wait(u64),
    TurnBack(u64),
}

fn step(keys: u64) -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..keys).prop_map(Step::Denied),
        4 => (0..keys).prop_map(Step::Look),
        1 => (0..keys, 1..200 * SECOND).prop_map(|(key, length)| Step::Ban(key, length)),
        1 => (0..keys).prop_map(Step::Unban),
        1 => (0..keys).prop_map(Step::Reset),
        6 => (1..40 * SECOND).prop_map(Step::Wait),
        1 => (1..2_000 * SECOND).prop_map(Step::Wait),
        1 => (1..DAY).prop_map(Step::TurnBack),
    ]
}

fn rules() -> impl Strategy<Value = BanRule> {
    (1_u32..5, 1_u64..60, 1_u64..90, 1_u64..400).prop_map(|(denials, within, first, cap)| {
        let rule = BanRule::after(denials).within(Duration::from_secs(within));
        let rule = rule.ban_for(Duration::from_secs(first.min(cap)));
        rule.up_to(Duration::from_secs(first.max(cap))).build().unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn agree_with_a_map_while_there_is_room(
        rule in rules(),
        steps in vec(step(ROWS), 1..400),
    ) {
        let (bans, keys) = one_line();
        let mut exact: HashMap<u64, Exact> = HashMap::new();
        // So far from zero that no row is as old as one that was never used.
        let mut now = 1_000 * DAY;
        for step in steps {
            match step {
                Step::Denied(key) => prop_assert_eq!(
                    bans.denied(keys.key(&key), &rule, now),
                    exact.entry(key).or_default().denied(&rule, now).map(Duration::from_nanos)
                ),
                Step::Look(key) => prop_assert_eq!(
                    bans.banned(keys.key(&key), now),
                    exact.entry(key).or_default().left(now).map(Duration::from_nanos)
                ),
                Step::Ban(key, length) => {
                    prop_assert!(bans.ban(keys.key(&key), Duration::from_nanos(length), now));
                    let exact = exact.entry(key).or_default();
                    if exact.left(now).is_none_or(|left| left < length) {
                        (exact.until, exact.length) = (now + length, length);
                    }
                }
                Step::Unban(key) => {
                    let exact = exact.entry(key).or_default();
                    let banned = exact.left(now).is_some();
                    prop_assert_eq!(bans.unban(keys.key(&key), now), banned);
                    exact.denials = 0;
                    exact.until = exact.until.min(now);
                }
                Step::Reset(key) => {
                    bans.reset(keys.key(&key));
                    exact.remove(&key);
                }
                Step::Wait(passed) => now += passed,
                Step::TurnBack(passed) => now = now.saturating_sub(passed),
            }
        }
        prop_assert_eq!((bans.evicted(), bans.kept_out()), (0, 0));
    }

    #[test]
    fn are_never_for_fewer_denials_nor_shorter_than_those_that_stay(
        rule in rules(),
        steps in vec((0_u64..60, prop_oneof![2 => 1..20_u64, 1 => 1..20 * SECOND]), 1..300),
    ) {
        let (bans, keys) = one_line();
        let all: Vec<Key> = (0..60_u64).map(|key| keys.key(&key)).collect();
        let mut denials: HashMap<u64, Vec<u64>> = HashMap::new();
        let mut now = 0;
        for (key, wait) in steps {
            now += wait;
            let left = |key: &Key| bans.banned(*key, now);
            let before: Vec<_> = all.iter().map(left).collect();
            let own = usize::try_from(key).unwrap();
            if before[own].is_none() {
                denials.entry(key).or_default().push(now);
            }
            let Some(length) = bans.denied(all[own], &rule, now) else { continue };
            let window = rule.window().as_nanos();
            let recent = denials.remove(&key).unwrap();
            let recent = recent.iter().filter(|at| u128::from(now - **at) < window).count();
            prop_assert!(recent >= rule.denials() as usize, "banned for {} denials", recent);
            prop_assert!(length >= rule.first() && length <= rule.cap());
            let after: Vec<_> = all.iter().map(left).collect();
            prop_assert_eq!(after[own], Some(length));
            // At most one gave way, and it had no more left than any other.
            let gone: Vec<_> = (0..60).filter(|n| before[*n].is_some() && after[*n].is_none()).collect();
            prop_assert!(gone.len() <= 1);
            for gone in gone {
                prop_assert_eq!(before.iter().flatten().count() as u64, ROWS);
                prop_assert_eq!(before[gone], before.iter().flatten().min().copied());
            }
        }
    }

    #[test]
    fn of_twice_as_many_denials_less_one_start_whatever_their_order(
        denials in 1_u32..8,
        window in 10_u64..1_000,
        mut before in vec(0_u64..2_000, 0..20),
        at in vec(0_u64..1_000_000, 16),
    ) {
        let (bans, keys) = one_line();
        let rule = BanRule::after(denials)
            .within(Duration::from_nanos(window))
            .ban_for(Duration::from_secs(1))
            .build()
            .unwrap();
        before.sort_unstable();
        // Enough of them within one window, after some that may have started another.
        let needed = usize::try_from(2 * denials - 1).unwrap();
        let mut within: Vec<_> = at.iter().take(needed).map(|at| 2_000 + at % window).collect();
        within.sort_unstable();
        let started = before.iter().chain(&within).filter_map(|at| {
            bans.denied(keys.key("one"), &rule, *at)
        });
        prop_assert!(started.count() >= 1);
    }

    #[test]
    fn no_time_makes_it_panic(
        steps in vec((any::<u64>(), any::<u64>(), 0_u8..5), 1..100),
    ) {
        let (bans, keys) = one_line();
        let rule = BanRule::after(2).within(Duration::from_secs(1)).ban_for(Duration::from_secs(1));
        let rule = rule.up_to(Duration::from_nanos(1 << 62)).build().unwrap();
        for (now, length, what) in steps {
            let key = keys.key(&(length % 3));
            match what {
                0 => drop(bans.denied(key, &rule, now)),
                1 => drop(bans.ban(key, Duration::from_nanos(length), now)),
                2 => drop(bans.unban(key, now)),
                3 => bans.reset(key),
                _ => prop_assert!(bans.banned(key, now).is_none_or(|left| left.as_nanos() <= 1 << 62)),
            }
        }
    }
}
