//! Who was denied and asks again costs no round trip, for as long as the denial is true.

use std::time::Duration;

use rempart_core::ManualClock;
use rempart_rate_limit::Quota;
use rempart_rate_limit::shared::{Authority, Charges, Outcome, Ruling, SharedStore};
use rempart_testing::RedisServer;

use super::rig::{START, Timed, allowed, charges, gcra, key, one, window};

struct Rig {
    timed: Timed,
    clock: ManualClock,
    store: SharedStore,
    _server: RedisServer,
}

impl Rig {
    fn new() -> Self {
        let server = RedisServer::start();
        let (timed, clock) = (Timed::new(&server), ManualClock::default());
        let store = timed.builder().clock(clock.clone()).build().unwrap();
        Self { timed, clock, store, _server: server }
    }

    /// Lets time pass, here and on the server.
    fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.timed.set(
            START
                + Duration::from_nanos(rempart_core::Clock::ticks(&self.clock)).as_micros() as u64,
        );
    }

    /// Who refuses, and how long the first limit lets it wait.
    async fn refused(&self, asked: &Charges) -> (Authority, Duration) {
        match self.store.decide(asked.clone()).await {
            Outcome::Refused { answers, by } => match answers[0].ruling {
                Ruling::Denied { wait } => (by, wait),
                _ => (by, Duration::ZERO),
            },
            other => panic!("{other:?}"),
        }
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_repeated_denial_is_answered_here_for_a_second() {
    let rig = Rig::new();
    let asked = one(gcra("api", Quota::per_minute(1)), key(&rig.store, "tenant"), 1);
    allowed(&rig.store, &asked).await;
    assert_eq!(rig.refused(&asked).await, (Authority::Server, 60 * SECOND));
    let sent = rig.timed.sent();
    for passed in [0, 300, 699] {
        rig.advance(Duration::from_millis(passed));
        let (by, wait) = rig.refused(&asked).await;
        assert_eq!(by, Authority::Denials);
        assert_eq!(
            wait,
            60 * SECOND - Duration::from_nanos(rempart_core::Clock::ticks(&rig.clock))
        );
    }
    assert_eq!(rig.timed.sent(), sent);
    rig.advance(Duration::from_millis(1));
    assert_eq!(rig.refused(&asked).await, (Authority::Server, 59 * SECOND));
    assert_eq!(rig.timed.sent(), sent + 1);
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_denial_ends_with_its_wait() {
    let rig = Rig::new();
    let asked = one(gcra("api", Quota::per_second(4).with_burst(1)), key(&rig.store, "tenant"), 1);
    allowed(&rig.store, &asked).await;
    assert_eq!(rig.refused(&asked).await.0, Authority::Server);
    rig.advance(Duration::from_millis(250) - Duration::from_nanos(1));
    assert_eq!(rig.refused(&asked).await.0, Authority::Denials);
    rig.advance(Duration::from_nanos(1));
    allowed(&rig.store, &asked).await;
    // Of several limits, with the shortest wait.
    let (fast, slow) =
        (gcra("fast", Quota::per_second(2).with_burst(1)), window("slow", Quota::per_minute(1)));
    let tenant = key(&rig.store, "tenant");
    let both = charges(&[(fast, tenant, 1), (slow, tenant, 1)]);
    allowed(&rig.store, &both).await;
    assert_eq!(rig.refused(&both).await.0, Authority::Server);
    rig.advance(Duration::from_millis(500));
    let Outcome::Refused { answers, by } = rig.store.decide(both).await else { panic!("allowed") };
    assert_eq!((by, answers[0].ruling), (Authority::Server, Ruling::Allowed));
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_denial_is_of_the_very_same_charges() {
    let rig = Rig::new();
    let tenant = key(&rig.store, "tenant");
    let (old, new) = (gcra("api", Quota::per_minute(5)), gcra("api", Quota::per_hour(100)));
    allowed(&rig.store, &one(old, tenant, 4)).await;
    assert_eq!(rig.refused(&one(old, tenant, 2)).await.0, Authority::Server);
    // Another cost, another client; another tier or a reloaded quota.
    allowed(&rig.store, &one(old, tenant, 1)).await;
    allowed(&rig.store, &one(old, key(&rig.store, "other"), 2)).await;
    assert_eq!(rig.refused(&one(old, tenant, 1)).await.0, Authority::Server);
    allowed(&rig.store, &one(new, tenant, 1)).await;
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_refund_and_a_reset_clear_it() {
    let rig = Rig::new();
    let tenant = key(&rig.store, "tenant");
    let (debt, log) = (gcra("debt", Quota::per_minute(5)), window("log", Quota::per_minute(5)));
    for limit in [debt, log] {
        let receipt = allowed(&rig.store, &one(limit, tenant, 3)).await;
        allowed(&rig.store, &one(limit, tenant, 2)).await;
        // Together with another limit, too.
        let other = gcra("other", Quota::per_minute(5));
        let asked = [one(limit, tenant, 1), charges(&[(other, tenant, 1), (limit, tenant, 1)])];
        for asked in &asked {
            assert_eq!(rig.refused(asked).await.0, Authority::Server);
            assert_eq!(rig.refused(asked).await.0, Authority::Denials);
        }
        let _ = rig.store.refund(receipt).await;
        allowed(&rig.store, &one(limit, tenant, 3)).await;
        for asked in &asked {
            assert_eq!(rig.refused(asked).await.0, Authority::Server);
        }
        assert!(rig.store.reset(limit, tenant).await);
        allowed(&rig.store, &one(limit, tenant, 5)).await;
    }
}

/// The refund arrives between the server's denial and its being remembered.
#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_refund_under_way_clears_what_was_asked_before() {
    let rig = Rig::new();
    let tenant = key(&rig.store, "tenant");
    let limit = gcra("api", Quota::per_hour(1));
    let asked = one(limit, tenant, 1);
    for _ in 0..200 {
        let receipt = allowed(&rig.store, &asked).await;
        let (denied, _) = tokio::join!(rig.store.decide(asked.clone()), rig.store.refund(receipt));
        match denied {
            Outcome::Refused { .. } => {}
            Outcome::Allowed { receipt, .. } => {
                let _ = rig.store.refund(receipt).await;
            }
            Outcome::Unavailable => panic!("unavailable"),
        }
        // Whatever came first, the quota is free and nobody remembers otherwise.
        let receipt = allowed(&rig.store, &asked).await;
        let _ = rig.store.refund(receipt).await;
    }
}
