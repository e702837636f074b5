//! What was leased costs no round trip, and little more than the quota is admitted for it.

use std::time::Duration;

use rempart_core::{Clock, ManualClock};
use rempart_rate_limit::Quota;
use rempart_rate_limit::shared::{Authority, Limit, Outcome, Receipt, Refunded, SharedStore};
use rempart_testing::RedisServer;

use super::rig::{START, Timed, allowed, charges, gcra, key, left, one, window};

struct Rig {
    timed: Timed,
    clock: ManualClock,
    store: SharedStore,
    other: SharedStore,
    server: RedisServer,
}

impl Rig {
    fn new(most: u32) -> Self {
        let server = RedisServer::start();
        let (timed, clock) = (Timed::new(&server), ManualClock::default());
        let instance = || {
            let builder = timed.builder().instances(2).lease(most);
            builder.clock(clock.clone()).timer(clock.clone()).build().unwrap()
        };
        let (store, other) = (instance(), instance());
        Self { timed, clock, store, other, server }
    }

    /// Lets time pass, here and on the server.
    fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.timed.set(self.now());
    }

    fn now(&self) -> u64 {
        START + self.clock.ticks() / 1_000
    }

    async fn take(&self, limit: Limit, cost: u32) -> Receipt {
        allowed(&self.store, &one(limit, key(&self.store, "tenant"), cost)).await
    }

    /// As the server knows it.
    async fn left(&self, limit: Limit) -> u32 {
        left(&self.other, limit).await
    }
}

const API: Quota = Quota::per_hour(3_600).with_burst(800);

#[tokio::test]
#[ignore = "needs redis-server"]
async fn requests_of_a_lease_cost_no_round_trip_and_are_charged_before() {
    let rig = Rig::new(1_000);
    let api = gcra("api", API);
    assert_eq!(rig.take(api, 1).await.by(), Authority::Server);
    // Of what is left, an instance takes a quarter of its part at most: 799 / 8 are 99.
    assert_eq!(rig.left(api).await, 799 - 99);
    let sent = rig.timed.sent();
    for n in 1..=99 {
        let asked = one(api, key(&rig.store, "tenant"), 1);
        let Outcome::Allowed { answers, receipt } = rig.store.decide(asked).await else { panic!() };
        assert_eq!((receipt.by(), answers[0].remaining), (Authority::Lease, 799 - n));
    }
    assert_eq!(rig.timed.sent(), sent);
    assert_eq!(rig.take(api, 1).await.by(), Authority::Server);
    assert_eq!(rig.left(api).await, 699 - 87);
    // Costs of any size are of one lease.
    assert_eq!(rig.take(api, 80).await.by(), Authority::Lease);
    assert_eq!(rig.take(api, 7).await.by(), Authority::Lease);
    assert_eq!(rig.take(api, 1).await.by(), Authority::Server);
    // Of the burst, an eighth at most, and what was said.
    for (most, leased) in [(1_000, 100), (7, 7)] {
        let store = rig.timed.builder().lease(most).build().unwrap();
        let name = format!("{most}");
        allowed(&store, &one(api, key(&store, &name), 1)).await;
        let peek = one(api, key(&store, &name), 0);
        let Outcome::Allowed { answers, .. } = rig.other.decide(peek).await else { panic!() };
        assert_eq!(answers[0].remaining, 799 - leased);
    }
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn without_a_clock_that_moves_exactly_the_quota_is_admitted() {
    let rig = Rig::new(50);
    let api = gcra("api", API);
    let mut admitted = [0; 2];
    for n in 0..2_000 {
        let store = if n % 3 == 0 { &rig.store } else { &rig.other };
        if let Outcome::Allowed { receipt, .. } =
            store.decide(one(api, key(store, "tenant"), 1)).await
        {
            admitted[usize::from(receipt.by() == Authority::Lease)] += 1;
        }
    }
    assert_eq!(admitted[0] + admitted[1], 800);
    assert!(admitted[1] > 500, "{admitted:?}");
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn small_bursts_windows_and_limits_without_a_word_are_not_leased() {
    let rig = Rig::new(1_000);
    let (small, log) = (gcra("small", API.with_burst(63)), window("log", Quota::per_hour(128)));
    for limit in [small, log] {
        let before = rig.left(limit).await;
        for n in 1..=5 {
            assert_eq!(rig.take(limit, 1).await.by(), Authority::Server);
            assert_eq!(rig.left(limit).await, before - n);
        }
    }
    let store = rig.timed.builder().build().unwrap();
    let limit = gcra("api", API);
    for _ in 0..5 {
        let receipt = allowed(&store, &one(limit, key(&store, "tenant"), 1)).await;
        assert_eq!(receipt.by(), Authority::Server);
    }
    assert_eq!(rig.left(limit).await, 795);
    // Together with one that is not leased, nothing is decided here.
    let tenant = key(&rig.store, "tenant");
    for _ in 0..5 {
        let both = charges(&[(limit, tenant, 1), (log, tenant, 1)]);
        assert_eq!(allowed(&rig.store, &both).await.by(), Authority::Server);
    }
    assert_eq!(rig.left(limit).await, 790, "nor charged for what nobody could spend");
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_lease_ends_with_its_second_or_with_its_requests() {
    // Its 99 requests would come back in a tenth of a second, or in 99.
    let quick = Quota::per_second(1_000).with_burst(800);
    for (quota, life) in [(API, Duration::from_secs(1)), (quick, Duration::from_millis(99))] {
        let rig = Rig::new(1_000);
        let limit = gcra("api", quota);
        rig.take(limit, 1).await;
        rig.advance(life.checked_sub(Duration::from_nanos(1)).unwrap());
        assert_eq!(rig.take(limit, 1).await.by(), Authority::Lease);
        rig.advance(Duration::from_nanos(1));
        assert_eq!(rig.take(limit, 1).await.by(), Authority::Server);
        // What is over is not returned, but for the lease of now.
        rig.advance(life);
        assert_eq!(rig.store.return_leases().await, 0);
    }
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_lease_is_returned_once_and_what_is_left_of_it() {
    let rig = Rig::new(1_000);
    let api = gcra("api", API);
    rig.take(api, 1).await;
    rig.take(api, 30).await;
    assert_eq!(rig.left(api).await, 700);
    assert_eq!(rig.store.return_leases().await, 1);
    assert_eq!(rig.left(api).await, 769);
    assert_eq!(rig.store.return_leases().await, 0);
    assert_eq!(rig.left(api).await, 769);
    assert_eq!(rig.take(api, 1).await.by(), Authority::Server);
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_refund_goes_to_where_the_charge_came_from() {
    let rig = Rig::new(1_000);
    let api = gcra("api", API);
    let from_server = rig.take(api, 1).await;
    let from_lease = rig.take(api, 99).await;
    assert_eq!(from_lease.by(), Authority::Lease);
    assert_eq!(rig.store.refund(from_server).await, Refunded::Given);
    assert_eq!(rig.left(api).await, 701);
    let sent = rig.timed.sent();
    assert_eq!(rig.store.refund(from_lease).await, Refunded::Given);
    let again = rig.take(api, 99).await;
    assert_eq!((again.by(), rig.timed.sent()), (Authority::Lease, sent));
    // Not into the next lease, nor into one that is over.
    rig.advance(Duration::from_secs(1));
    assert_eq!(rig.store.refund(again).await, Refunded::Nothing);
    rig.take(api, 1).await;
    let early = rig.take(api, 1).await;
    rig.advance(Duration::from_secs(1));
    rig.take(api, 1).await;
    let left = rig.left(api).await;
    assert_eq!(rig.store.refund(early).await, Refunded::Nothing);
    assert_eq!(rig.left(api).await, left);
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn another_tier_and_a_reset_end_a_lease() {
    let rig = Rig::new(1_000);
    let (api, tier) = (gcra("api", API), gcra("api", API.with_burst(1_000)));
    rig.take(api, 1).await;
    assert_eq!(rig.take(tier, 1).await.by(), Authority::Server);
    assert_eq!(rig.take(api, 1).await.by(), Authority::Lease);
    assert!(rig.store.reset(api, key(&rig.store, "tenant")).await);
    assert_eq!(rig.take(api, 1).await.by(), Authority::Server);
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_question_that_came_to_nothing_leaves_room_for_the_next() {
    let rig = Rig::new(1_000);
    let api = gcra("api", API);
    allowed(&rig.store, &one(api, key(&rig.store, "another"), 0)).await;
    rig.server.pause();
    let mut asking = rig.store.decide(one(api, key(&rig.store, "tenant"), 1));
    for _ in 0..3 {
        let waits = std::future::poll_fn(|cx| {
            let polled = std::pin::Pin::new(&mut asking).poll(cx);
            std::task::Poll::Ready(polled.is_pending())
        });
        assert!(waits.await);
    }
    drop(asking);
    rig.server.resume();
    assert_eq!(rig.take(api, 1).await.by(), Authority::Server);
    assert_eq!(rig.take(api, 1).await.by(), Authority::Lease);
}

/// Two instances, at times and with costs of chance: in no window more than the quota and a lease
/// for each.
#[tokio::test]
#[ignore = "needs redis-server"]
async fn in_any_window_at_most_a_lease_for_each_instance_is_admitted_above_the_quota() {
    let rig = Rig::new(20);
    let quota = Quota::per_second(100).with_burst(160);
    let (limit, interval) = (gcra("api", quota), 10_000);
    let (mut admitted, mut leased, mut state) = (vec![], 0, 11_u64);
    for _ in 0..6_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let pause = if (state >> 60) == 0 { 400_000 } else { (state >> 40) % 6_000 };
        rig.advance(Duration::from_micros(pause));
        let store = if state >> 63 == 0 { &rig.store } else { &rig.other };
        let cost = 1 + ((state >> 50) % 2) as u32;
        if let Outcome::Allowed { receipt, .. } =
            store.decide(one(limit, key(store, "tenant"), cost)).await
        {
            leased += u32::from(receipt.by() == Authority::Lease);
            admitted.extend((0..cost).map(|_| rig.now()));
        }
    }
    assert!(leased > 200, "{leased}");
    let mut most = 0;
    for (first, from) in admitted.iter().enumerate() {
        for (last, to) in admitted.iter().enumerate().skip(first) {
            let count = (last - first + 1) as u64;
            let quota = 160 + (to - from) / interval;
            most = most.max(count.saturating_sub(quota));
        }
    }
    // A lease ends before as much time has passed as its requests stand for: so it is even one
    // lease for both.
    assert!(most <= 20, "{most} more than the quota");
}
