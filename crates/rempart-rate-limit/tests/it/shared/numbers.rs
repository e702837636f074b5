//! Numbers as far as a script knows one from the next.

use std::time::Duration;

use rempart_rate_limit::Quota;
use rempart_rate_limit::shared::{Authority, Outcome, Rule, RuleError, Ruling};
use rempart_testing::RedisServer;

use super::rig::{SECOND, Timed, allowed, gcra, key, one, window};

const LONGEST: Duration = Duration::from_micros(1 << 52);

#[test]
fn what_a_script_cannot_count_is_refused_when_it_is_built() {
    let just = Quota::per_period(1, LONGEST);
    let more = Quota::per_period(1, LONGEST + Duration::from_nanos(1));
    for rule in [Rule::gcra, Rule::strict_window] {
        assert!(rule(just).is_ok());
        assert_eq!(rule(more), Err(RuleError::TooLong));
        assert!(rule(Quota::per_period(1, Duration::MAX)).is_err());
        assert!(rule(Quota::per_minute(0)).is_err());
        assert!(rule(Quota::per_period(1, Duration::ZERO)).is_err());
    }
    // The burst is as long as the sum of its parts.
    let half = Quota::per_period(1, LONGEST / 2 + Duration::from_micros(1)).with_burst(2);
    assert_eq!(Rule::gcra(half), Err(RuleError::TooLong));
    assert!(Rule::strict_window(Quota::per_minute(128)).is_ok());
    let many = Rule::strict_window(Quota::per_minute(129));
    assert_eq!(many, Err(RuleError::TooMany { limit: 129 }));
}

/// At the end of what is exact, each microsecond counts.
#[tokio::test]
#[ignore = "needs redis-server"]
async fn the_last_microseconds_below_2_to_the_53rd_are_told_apart() {
    let server = RedisServer::start();
    let timed = Timed::new(&server);
    let store = timed.builder().deny_for(Duration::ZERO).build().unwrap();
    let start = (1 << 53) - (1 << 52) - 100;
    for burst in [1, 3] {
        let quota = Quota::per_period(1, LONGEST / burst).with_burst(burst);
        let interval = (LONGEST.as_nanos() / u128::from(burst)).div_ceil(1_000) as u64;
        if interval * u64::from(burst) > 1 << 52 {
            continue;
        }
        let limit = gcra(&format!("burst-{burst}"), quota);
        timed.set(start);
        allowed(&store, &one(limit, key(&store, "debt"), burst)).await;
        for before in [99, 1] {
            timed.set(start + 99 - before);
            let outcome = store.decide(one(limit, key(&store, "debt"), 1)).await;
            let Outcome::Refused { answers, .. } = outcome else { panic!("{outcome:?}") };
            let wait = Duration::from_micros(interval - 99 + before);
            assert_eq!(answers[0].ruling, Ruling::Denied { wait });
        }
    }
    let minute = 60 * SECOND;
    let limit = window("log", Quota::per_minute(2));
    for (now, fits) in [
        (0, true),
        (minute - 1, true),
        (minute - 1, false),
        (minute, true),
        (2 * minute - 2, false),
        (2 * minute - 1, true),
    ] {
        timed.set(start + now);
        let outcome = store.decide(one(limit, key(&store, "log"), 1)).await;
        assert_eq!(matches!(outcome, Outcome::Allowed { .. }), fits, "{now}: {outcome:?}");
    }
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn costs_of_any_size_are_decided() {
    let server = RedisServer::start();
    let timed = Timed::new(&server);
    let store = timed.builder().deny_for(Duration::ZERO).build().unwrap();
    let limits = [
        gcra("slow", Quota::per_period(1, LONGEST)),
        gcra("fast", Quota::per_second(1_000_000).with_burst(u32::MAX)),
        window("log", Quota::per_period(1, LONGEST)),
    ];
    for limit in limits {
        for cost in [2, u32::MAX - 1, u32::MAX] {
            let outcome = store.decide(one(limit, key(&store, "tenant"), cost)).await;
            let possible = cost <= limit.rule().size();
            match outcome {
                Outcome::Allowed { .. } => assert!(possible),
                Outcome::Refused { answers, by } => {
                    let never = answers[0].ruling == Ruling::NeverPossible;
                    assert_eq!((never, by), (!possible, Authority::Server), "{answers:?}");
                }
                Outcome::Unavailable => panic!("unavailable"),
            }
        }
    }
    // The burst of four thousand million came back to the microsecond.
    timed.set(super::rig::START + 5_000 * SECOND);
    let outcome = store.decide(one(limits[1], key(&store, "tenant"), u32::MAX)).await;
    assert!(matches!(outcome, Outcome::Allowed { .. }), "{outcome:?}");
}
