//! The server decides as the models do, whatever its clock does.

use std::time::Duration;

use rempart_rate_limit::shared::{Answer, Limit, Outcome, Ruling, SharedStore};
use rempart_rate_limit::{Gcra, Quota, Verdict};
use rempart_testing::RedisServer;

use super::rig::{SECOND, START, Timed, charges, gcra, key, one, window};

/// Numbers without a pattern, the same at each run (`splitmix64`).
pub(super) fn numbers(mut state: u64) -> impl FnMut(u64) -> u64 {
    move |below| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }
}

type Told = (Ruling, u32, Duration);

/// One limit of one client, in the plainest way.
struct Model {
    limit: Limit,
    name: &'static str,
    count: Count,
}

enum Count {
    Debt { gcra: Gcra, until: u64 },
    Log { size: usize, period: u64, admitted: Vec<u64> },
}

impl Model {
    fn gcra(limit: &str, name: &'static str, quota: Quota) -> Self {
        let count = Count::Debt { gcra: Gcra::new(quota).unwrap(), until: 0 };
        Self { limit: gcra(limit, quota), name, count }
    }

    fn window(limit: &str, name: &'static str, quota: Quota) -> Self {
        let (size, period) = (quota.limit() as usize, quota.period().as_micros() as u64);
        let count = Count::Log { size, period, admitted: vec![] };
        Self { limit: window(limit, quota), name, count }
    }

    fn look(&mut self, now: u64, cost: u32) -> Told {
        match &mut self.count {
            Count::Debt { gcra, until } => {
                // The model counts in nanoseconds, as the local store does.
                let now = now * 1_000;
                *until = (*until).min(now + gcra.window().as_nanos() as u64);
                let standing = gcra.standing(gcra.debt(*until, now));
                let ruling = match gcra.decide(*until, now, cost) {
                    Verdict::Allowed { .. } => Ruling::Allowed,
                    Verdict::Denied { wait, .. } => {
                        Ruling::Denied { wait: Duration::from_nanos(wait) }
                    }
                    Verdict::NeverPossible => Ruling::NeverPossible,
                };
                (ruling, standing.remaining(), standing.next())
            }
            Count::Log { size, period, admitted } => {
                // What was admitted in the future was admitted now at the latest.
                for admitted in admitted.iter_mut() {
                    *admitted = now.min(*admitted);
                }
                let admitted: Vec<_> =
                    admitted.iter().filter(|admitted| **admitted + *period > now).collect();
                let over = |nth: usize| Duration::from_micros(admitted[nth] + *period - now);
                let ruling = match (admitted.len() + cost as usize).checked_sub(*size) {
                    _ if cost as usize > *size => Ruling::NeverPossible,
                    None | Some(0) => Ruling::Allowed,
                    Some(too_many) => Ruling::Denied { wait: over(too_many - 1) },
                };
                let next = if admitted.is_empty() { Duration::ZERO } else { over(0) };
                (ruling, (*size - admitted.len()) as u32, next)
            }
        }
    }

    fn commit(&mut self, now: u64, cost: u32) -> Told {
        match &mut self.count {
            // Nothing is written, as nothing is charged.
            _ if cost == 0 => {}
            Count::Debt { gcra, until } => {
                let Verdict::Allowed { debt } = gcra.decide(*until, now * 1_000, cost) else {
                    panic!("it looked allowed")
                };
                *until = now * 1_000 + debt;
            }
            Count::Log { period, admitted, .. } => {
                admitted.retain(|admitted| *admitted + *period > now);
                admitted.extend((0..cost).map(|_| now));
            }
        }
        let (_, remaining, next) = self.look(now, 0);
        (Ruling::Allowed, remaining, next)
    }
}

async fn told(store: &SharedStore, of: &[(&Model, u32)]) -> Vec<Told> {
    let of: Vec<_> =
        of.iter().map(|(model, cost)| (model.limit, key(store, model.name), *cost)).collect();
    let answers = match store.decide(charges(&of)).await {
        Outcome::Allowed { answers, .. } => {
            assert!(!answers.iter().any(Answer::is_violated));
            answers
        }
        Outcome::Refused { answers, .. } => {
            assert!(answers.iter().any(Answer::is_violated));
            answers
        }
        Outcome::Unavailable => panic!("unavailable"),
    };
    answers.iter().map(|answer| (answer.ruling, answer.remaining, answer.next)).collect()
}

/// Random decisions of one to eight limits, at times that go on, stand still and step back.
async fn follows(models: &mut [Model], seed: u64, steps: usize) {
    let server = RedisServer::start();
    let timed = Timed::new(&server);
    let store = timed.builder().deny_for(Duration::ZERO).build().unwrap();
    let (mut next, mut now) = (numbers(seed), START);
    let (mut allowed, mut refused) = (0, 0);
    for step in 0..steps {
        now = match next(40) {
            0 => now + next(90 * SECOND),
            1 => now - next(90 * SECOND),
            2 => now - next(86_400 * SECOND),
            3..20 => now,
            _ => now + next(4 * SECOND),
        };
        timed.set(now);
        let wanted: Vec<_> = (0..models.len()).filter(|_| next(2) == 0).collect();
        if wanted.is_empty() {
            continue;
        }
        let costs: Vec<_> = wanted.iter().map(|_| [0, 1, 1, 1, 2, 7][next(6) as usize]).collect();
        let asked: Vec<_> = wanted.iter().map(|n| &models[*n]).zip(costs.iter().copied()).collect();
        let told = told(&store, &asked).await;
        let mut expected = vec![];
        for (model, cost) in wanted.iter().zip(&costs) {
            expected.push(models[*model].look(now, *cost));
        }
        if expected.iter().all(|(ruling, ..)| *ruling == Ruling::Allowed) {
            allowed += 1;
            for ((model, cost), expected) in wanted.iter().zip(&costs).zip(&mut expected) {
                *expected = models[*model].commit(now, *cost);
            }
        } else {
            refused += 1;
        }
        assert_eq!(told, expected, "step {step} at {now}, costs {costs:?}");
    }
    assert!(allowed > steps / 10 && refused > steps / 10, "{allowed} allowed, {refused} refused");
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn debts_are_those_of_the_local_limiter() {
    let quotas = [Quota::per_minute(10), Quota::per_hour(100).with_burst(5)];
    for (seed, quota) in (1..).zip(quotas) {
        follows(&mut [Model::gcra("api", "one", quota)], seed, 3_000).await;
    }
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn windows_are_strict_logs() {
    let quotas = [Quota::per_minute(10), Quota::per_period(128, Duration::from_secs(240))];
    for (seed, quota) in (1..).zip(quotas) {
        follows(&mut [Model::window("auth", "one", quota)], seed, 3_000).await;
    }
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn up_to_eight_limits_are_charged_together_or_not_at_all() {
    let mut models = [
        Model::gcra("a", "one", Quota::per_minute(20)),
        Model::gcra("b", "one", Quota::per_minute(30).with_burst(7)),
        Model::window("c", "one", Quota::per_minute(12)),
        Model::window("d", "two", Quota::per_minute(100)),
        Model::gcra("e", "two", Quota::per_minute(20)),
        Model::window("a", "two", Quota::per_period(9, Duration::from_secs(30))),
        Model::gcra("b", "two", Quota::per_second(1).with_burst(8)),
        Model::gcra("h", "three", Quota::per_hour(3_600).with_burst(10)),
    ];
    follows(&mut models, 3, 4_000).await;
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_clock_that_steps_back_blocks_nobody_for_longer_than_a_window() {
    let server = RedisServer::start();
    let timed = Timed::new(&server);
    let store = timed.builder().deny_for(Duration::ZERO).build().unwrap();
    let minute = Quota::per_minute(5);
    for (name, limit) in [("debt", gcra("a", minute)), ("log", window("b", minute))] {
        let ask = one(limit, key(&store, name), 5);
        timed.set(START);
        assert!(matches!(store.decide(ask.clone()).await, Outcome::Allowed { .. }));
        let yesterday = START - 86_400 * SECOND;
        timed.set(yesterday);
        assert!(matches!(store.decide(ask.clone()).await, Outcome::Refused { .. }));
        timed.set(yesterday + 60 * SECOND - 1);
        assert!(matches!(store.decide(ask.clone()).await, Outcome::Refused { .. }));
        timed.set(yesterday + 60 * SECOND);
        assert!(matches!(store.decide(ask.clone()).await, Outcome::Allowed { .. }), "{name}");
    }
}
