//! The fast arithmetic against slow and obvious ones, and against a limiter that is not ours.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test that fails in these ways has failed, as it should"
)]

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::FakeRelativeClock;
use governor::{Quota as GovernorQuota, RateLimiter};
use proptest::collection::vec;
use proptest::prelude::*;
use rempart_core::ManualClock;
use rempart_rate_limit::{
    Decision, Gcra, Limit, Limiter, Policy, Quota, QuotaFault, Quotas, Rejection, Store, Verdict,
    Violated, WhenFull,
};

/// A token bucket in exact fractions: tokens are counted in parts of `period` nanoseconds.
struct Bucket {
    limit: u128,
    period: u128,
    size: u128,
    tokens: u128,
}

impl Bucket {
    fn new(quota: Quota) -> Self {
        let (limit, period) = (u128::from(quota.limit()), quota.period().as_nanos());
        let size = u128::from(quota.burst()) * period;
        Self { limit, period, size, tokens: size }
    }

    fn wait(&mut self, passed: u64) {
        self.tokens = self.size.min(self.tokens + u128::from(passed) * self.limit);
    }

    fn take(&mut self, cost: u32) -> bool {
        let price = u128::from(cost) * self.period;
        let taken = self.tokens.checked_sub(price);
        self.tokens = taken.unwrap_or(self.tokens);
        taken.is_some()
    }

    fn whole_tokens(&self) -> u128 {
        self.tokens / self.period
    }
}

/// What a governor says of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Theirs {
    Yes,
    Wait(Duration),
    Never,
}

/// What a governor says of a request of this cost, of one each so many nanoseconds and a burst, once
/// it has admitted these before.
fn asked_of_governor(
    (interval, burst): (u64, u32),
    admitted: &[(u64, u32)],
    now: u64,
    cost: u32,
) -> Theirs {
    let clock = FakeRelativeClock::default();
    let quota = GovernorQuota::with_period(Duration::from_nanos(interval)).unwrap();
    let quota = quota.allow_burst(NonZeroU32::new(burst).unwrap());
    let governor = RateLimiter::direct_with_clock(quota, clock.clone());
    let mut last = 0;
    let mut ask = |at: u64, cost: u32| {
        clock.advance(Duration::from_nanos(at - last));
        last = at;
        governor.check_n(NonZeroU32::new(cost).unwrap())
    };
    for (at, cost) in admitted {
        assert!(matches!(ask(*at, *cost), Ok(Ok(()))), "all of them admitted it");
    }
    match ask(now, cost) {
        Ok(Ok(())) => Theirs::Yes,
        Ok(Err(not_until)) => {
            Theirs::Wait(not_until.wait_time_from(governor::clock::Clock::now(&clock)))
        }
        Err(_) => Theirs::Never,
    }
}

/// What a client does: waits so many nanoseconds, then asks for so much.
fn steps(longest: u64, dearest: u32) -> impl Strategy<Value = Vec<(u64, u32)>> {
    let wait = prop_oneof![3 => Just(0), 3 => 0..longest, 1 => 0..longest / 50 + 1];
    vec((wait, 1..=dearest), 1..200)
}

fn countable() -> impl Strategy<Value = Quota> {
    let period = prop_oneof![1_000_u64..1 << 40, (1_u64..100).prop_map(|n| n * 1_000_000_000)];
    let quota = (1_u32..5_000, period, 1_u32..5_000).prop_map(|(limit, period, burst)| {
        Quota::per_period(limit, Duration::from_nanos(period)).with_burst(burst)
    });
    quota.prop_filter("too fast to be counted", |quota| Gcra::new(*quota).is_ok())
}

/// Quotas of which one covers another every now and then.
fn small() -> impl Strategy<Value = Quota> {
    (1_u32..6, 1_u64..20, 1_u32..6).prop_map(|(limit, period, burst)| {
        Quota::per_period(limit, Duration::from_micros(period * u64::from(limit))).with_burst(burst)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_written_is_read_again(quota in countable()) {
        prop_assert_eq!(quota.to_string().parse(), Ok(quota));
    }

    #[test]
    fn what_is_written_of_several_is_read_again(quotas in vec(countable(), 1..9)) {
        match Quotas::new(quotas.iter().copied()) {
            Ok(quotas) => prop_assert_eq!(quotas.to_string().parse(), Ok(quotas)),
            Err(faults) => {
                // Nothing else can be wrong, and the text has the same faults.
                let same = faults.iter().map(|fault| (fault.nth(), fault.fault()));
                let text = quotas.iter().map(Quota::to_string).collect::<Vec<_>>().join(";");
                let read = text.parse::<Quotas>().unwrap_err();
                prop_assert!(same.clone().eq(read.iter().map(|f| (f.nth(), f.fault()))));
                for (nth, fault) in same {
                    let QuotaFault::NeverBinds { beside } = fault else {
                        return Err(TestCaseError::fail(fault.to_string()));
                    };
                    prop_assert!(nth != beside && beside <= quotas.len());
                }
            }
        }
    }

    #[test]
    fn what_never_binds_refuses_nothing(
        (first, second) in (small(), small()),
        steps in vec(prop_oneof![3 => Just(0_u64), 3 => 0_u64..12], 1..200),
    ) {
        let idle = Quotas::new([first, second]).is_err_and(|faults| {
            faults.iter().any(|fault| fault.nth() == 2)
        });
        let gcra = [first, second].map(|quota| Gcra::new(quota).unwrap());
        let windows = [first, second].map(|quota| {
            (usize::try_from(quota.limit()).unwrap(), quota.period().as_nanos())
        });
        let (mut now, mut until, mut log) = (0, [0, 0], Vec::<u64>::new());
        for wait in steps {
            now += wait * 1_000;
            let verdicts = [0, 1].map(|n| gcra[n].decide(until[n], now, 1));
            let [debt, other] = verdicts.map(|verdict| match verdict {
                Verdict::Allowed { debt } => Some(debt),
                _ => None,
            });
            prop_assert!(!idle || debt.is_none() || other.is_some(), "{first}; {second}");
            if let (Some(debt), Some(other)) = (debt, other) {
                until = [now + debt, now + other];
            }
            // The same in exact windows.
            let full = windows.map(|(limit, window)| {
                let within = |at: &&u64| u128::from(now - **at) < window;
                log.iter().filter(within).count() >= limit
            });
            prop_assert!(!idle || full[0] || !full[1], "{first}; {second} in windows");
            if full == [false, false] {
                log.push(now);
            }
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "[0-9a-zA-Z /\t.;-]{0,40}|\\PC{0,200}") {
        match text.parse::<Quota>() {
            Ok(quota) => prop_assert_eq!(quota.to_string().parse(), Ok(quota)),
            Err(error) => prop_assert!(error.position() <= text.len()),
        }
        match text.parse::<Quotas>() {
            Ok(quotas) => prop_assert_eq!(quotas.to_string().parse(), Ok(quotas)),
            Err(faults) => prop_assert!(
                faults.iter().all(|fault| fault.position().is_some_and(|at| at <= text.len()))
            ),
        }
    }

    #[test]
    fn no_quota_makes_it_panic(
        (limit, period, burst) in (any::<u32>(), any::<u64>(), any::<u32>()),
        (until, now, cost) in (any::<u64>(), any::<u64>(), any::<u32>()),
    ) {
        let quota = Quota::per_period(limit, Duration::from_nanos(period)).with_burst(burst);
        let Ok(gcra) = Gcra::new(quota) else { return Ok(()) };
        prop_assert_eq!(quota.to_string().parse(), Ok(quota));
        match gcra.decide(until, now, cost) {
            Verdict::Allowed { debt } => prop_assert!(u128::from(debt) <= gcra.window().as_nanos()),
            Verdict::Denied { debt, wait } => {
                let later = now.saturating_add(wait);
                let until = now.saturating_add(debt);
                let allowed = matches!(gcra.decide(until, later, cost), Verdict::Allowed { .. });
                prop_assert!(allowed || later == u64::MAX || until == u64::MAX);
                if wait > 1 {
                    let early = gcra.decide(until, later - 1, cost);
                    let denied = matches!(early, Verdict::Denied { wait: 1, .. });
                    prop_assert!(denied, "{:?}", early);
                }
            }
            Verdict::NeverPossible => prop_assert!(cost > burst),
        }
        let standing = gcra.standing(until);
        prop_assert!(standing.remaining() <= burst);
    }

    #[test]
    fn is_a_token_bucket_where_the_interval_is_whole(
        (interval, limit, burst) in (1_000_u64..1_000_000_000, 1_u32..1_000, 1_u32..50),
        steps in steps(3_000_000_000, 60),
    ) {
        let period = Duration::from_nanos(interval * u64::from(limit));
        let quota = Quota::per_period(limit, period).with_burst(burst);
        let (gcra, mut bucket) = (Gcra::new(quota).unwrap(), Bucket::new(quota));
        let (mut until, mut now) = (0, 0);
        for (wait, cost) in steps {
            now += wait;
            bucket.wait(wait);
            let verdict = gcra.decide(until, now, cost);
            prop_assert_eq!(matches!(verdict, Verdict::Allowed { .. }), bucket.take(cost));
            if let Verdict::Allowed { debt } = verdict {
                until = now + debt;
            }
            let standing = gcra.standing(gcra.debt(until, now));
            prop_assert_eq!(u128::from(standing.remaining()), bucket.whole_tokens());
        }
    }

    #[test]
    fn is_never_faster_than_a_token_bucket(
        quota in countable(),
        steps in steps(1 << 41, 60),
    ) {
        let (gcra, mut bucket) = (Gcra::new(quota).unwrap(), Bucket::new(quota));
        let (mut until, mut now) = (0, 0);
        for (wait, cost) in steps {
            now += wait;
            bucket.wait(wait);
            if let Verdict::Allowed { debt } = gcra.decide(until, now, cost) {
                until = now + debt;
                prop_assert!(bucket.take(cost), "faster than {}", quota);
            }
        }
    }

    #[test]
    fn agrees_with_governor(
        (interval, burst) in (1_000_u64..1_000_000_000, 1_u32..50),
        steps in steps(3_000_000_000, 60),
    ) {
        let period = Duration::from_nanos(interval);
        let clock = FakeRelativeClock::default();
        let quota = GovernorQuota::with_period(period).unwrap();
        let quota = quota.allow_burst(NonZeroU32::new(burst).unwrap());
        let governor = RateLimiter::direct_with_clock(quota, clock.clone());
        let gcra = Gcra::new(Quota::per_period(1, period).with_burst(burst)).unwrap();
        let (mut until, mut now) = (0, 0);
        for (wait, cost) in steps {
            now += wait;
            clock.advance(Duration::from_nanos(wait));
            let theirs = governor.check_n(NonZeroU32::new(cost).unwrap());
            match gcra.decide(until, now, cost) {
                Verdict::Allowed { debt } => {
                    prop_assert!(matches!(theirs, Ok(Ok(()))));
                    until = now + debt;
                }
                Verdict::Denied { wait, .. } => {
                    let Ok(Err(not_until)) = theirs else {
                        return Err(TestCaseError::fail("governor admits"));
                    };
                    let at = governor::clock::Clock::now(&clock);
                    prop_assert_eq!(not_until.wait_time_from(at), Duration::from_nanos(wait));
                }
                Verdict::NeverPossible => prop_assert!(theirs.is_err()),
            }
        }
    }

    #[test]
    fn several_limits_together_agree_with_a_governor_each(
        quotas in vec((1_000_000_u64..1_000_000_000, 1_u32..30), 1..5),
        steps in vec((prop_oneof![3 => Just(0), 3 => 0_u64..3_000_000_000], 1_u32..40), 1..60),
    ) {
        let name = |nth: usize| format!("limit-{nth}");
        let policy = quotas.iter().enumerate().fold(Policy::builder("all"), |policy, (nth, quota)| {
            let quota = Quota::per_period(1, Duration::from_nanos(quota.0)).with_burst(quota.1);
            policy.limit(Limit::new(&name(nth), quota))
        });
        let clock = ManualClock::default();
        let limiter = Limiter::new(policy.build().unwrap()).clock(clock.clone());
        let (mut now, mut admitted) = (0, Vec::new());
        for (wait, cost) in steps {
            now += wait;
            clock.advance(Duration::from_nanos(wait));
            // A governor cannot be asked without being charged, nor be given back to: each is told
            // anew of what was admitted.
            let theirs: Vec<_> =
                quotas.iter().map(|quota| asked_of_governor(*quota, &admitted, now, cost)).collect();
            let no = theirs.iter().enumerate().filter(|(_, theirs)| **theirs != Theirs::Yes);
            let no: Vec<usize> = no.map(|(nth, _)| nth).collect();
            let longest = theirs.iter().filter_map(|theirs| match theirs {
                Theirs::Wait(wait) => Some(*wait),
                _ => None,
            });
            let says_no = |violated: Violated| {
                (0..quotas.len()).filter(|nth| violated.contains(*nth)).eq(no.iter().copied())
            };
            match limiter.check_key("t", cost) {
                Decision::Allowed(_) => {
                    prop_assert!(no.is_empty(), "{:?}", theirs);
                    admitted.push((now, cost));
                }
                Decision::Refused(Rejection::Limited { wait, violated, .. }) => {
                    prop_assert!(says_no(violated), "{:?} {:?}", violated, theirs);
                    prop_assert!(!theirs.contains(&Theirs::Never));
                    prop_assert_eq!(Some(wait), longest.max());
                }
                Decision::Refused(Rejection::NeverPossible { violated }) => {
                    prop_assert!(says_no(violated), "{:?} {:?}", violated, theirs);
                    prop_assert!(theirs.contains(&Theirs::Never));
                }
                Decision::Refused(other) => prop_assert!(false, "{:?}", other),
            }
        }
    }

    #[test]
    fn a_strict_store_never_counts_a_client_too_low(
        steps in vec((0_u64..60, 0_u64..2_000_000_000), 1..2_000),
    ) {
        // One line of fifteen for sixty clients, beside a map that keeps them all.
        let store = Store::with_capacity(10).unwrap();
        let gcra = Gcra::new(Quota::per_minute(10)).unwrap();
        let (mut exact, mut now, mut admitted) = (HashMap::new(), 0, 0_u64);
        for (client, wait) in steps {
            now += wait;
            let key = store.key(&client);
            if let Verdict::Allowed { .. } = store.charge(key, &gcra, 1, now, WhenFull::Strict) {
                let until = exact.entry(client).or_insert(0);
                let Verdict::Allowed { debt } = gcra.decide(*until, now, 1) else {
                    return Err(TestCaseError::fail("admitted past its quota"));
                };
                *until = now + debt;
                admitted += 1;
            }
            let bound = store.slots() as u64 * (10 + now / 6_000_000_000);
            prop_assert!(admitted <= bound);
        }
    }

    #[test]
    fn an_available_store_admits_at_most_twice_as_much(
        steps in vec((0_u64..1_000, prop_oneof![9 => Just(0), 1 => 0_u64..2_000_000_000]), 1..2_000),
    ) {
        let store = Store::with_capacity(10).unwrap();
        let gcra = Gcra::new(Quota::per_minute(10)).unwrap();
        let (mut now, mut admitted) = (0, 0_u64);
        for (client, wait) in steps {
            now += wait;
            let key = store.key(&client);
            let verdict = store.charge(key, &gcra, 1, now, WhenFull::Available);
            admitted += u64::from(matches!(verdict, Verdict::Allowed { .. }));
            let bound = 2 * store.slots() as u64 * (10 + now / 6_000_000_000 + 1);
            prop_assert!(admitted <= bound);
        }
    }
}
