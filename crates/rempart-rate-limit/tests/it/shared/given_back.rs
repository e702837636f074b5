//! A refund gives back what a charge still holds, once, and no more.

use std::time::Duration;

use rempart_rate_limit::Quota;
use rempart_rate_limit::shared::{Limit, Outcome, Receipt, Refunded, SharedStore};
use rempart_testing::RedisServer;

use super::rig::{
    SECOND, START, Timed, allowed, builder, charges, gcra, key, left, one, ready, window,
};

fn rig(server: &RedisServer) -> (Timed, SharedStore) {
    let timed = Timed::new(server);
    let store = timed.builder().deny_for(Duration::ZERO).build().unwrap();
    (timed, store)
}

async fn take(store: &SharedStore, limit: Limit, cost: u32) -> Receipt {
    allowed(store, &one(limit, key(store, "tenant"), cost)).await
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn what_was_charged_just_now_is_given_back_whole() {
    let server = RedisServer::start();
    let (_timed, store) = rig(&server);
    for limit in [gcra("debt", Quota::per_minute(10)), window("log", Quota::per_minute(10))] {
        let first = take(&store, limit, 3).await;
        let second = take(&store, limit, 4).await;
        assert_eq!(left(&store, limit).await, 3);
        assert_eq!(store.refund(first).await, Refunded::Given);
        assert_eq!(left(&store, limit).await, 6);
        assert_eq!(store.refund(second).await, Refunded::Given);
        assert_eq!(left(&store, limit).await, 10);
    }
    let mut line = rempart_rate_limit::shared::connect(&server.url()).unwrap();
    let size: u64 = redis::cmd("DBSIZE").query_async(&mut line).await.unwrap();
    assert_eq!(size, 0);
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn debts_are_paid_in_their_order() {
    let server = RedisServer::start();
    let (timed, store) = rig(&server);
    // One request each six seconds.
    let limit = gcra("debt", Quota::per_minute(10));
    for (after, first_left, then_left) in [(6, 7, 9), (12, 8, 9), (18, 9, 9), (30, 10, 10)] {
        timed.set(START);
        assert!(store.reset(limit, key(&store, "tenant")).await);
        let first = take(&store, limit, 3).await;
        take(&store, limit, 1).await;
        timed.set(START + after * SECOND);
        assert_eq!(left(&store, limit).await, first_left, "{after}");
        store.refund(first).await;
        // What came later stays owed.
        assert_eq!(left(&store, limit).await, then_left, "{after}");
    }
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn an_admission_is_taken_out_of_the_log_it_is_in() {
    let server = RedisServer::start();
    let (timed, store) = rig(&server);
    let limit = window("log", Quota::per_minute(10));
    let mut receipts = vec![];
    for second in [0, 10, 20] {
        timed.set(START + second * SECOND);
        receipts.push(take(&store, limit, 3).await);
    }
    let last = receipts.pop().unwrap();
    let middle = receipts.pop().unwrap();
    assert_eq!(store.refund(middle).await, Refunded::Given);
    assert_eq!(left(&store, limit).await, 4);
    // The last ones are left, and not the middle ones: those would be over by now.
    timed.set(START + 75 * SECOND);
    assert_eq!(left(&store, limit).await, 7);
    // What is over by itself is not given back.
    assert_eq!(store.refund(receipts.pop().unwrap()).await, Refunded::Nothing);
    assert_eq!(left(&store, limit).await, 7);
    assert_eq!(store.refund(last).await, Refunded::Given);
    assert_eq!(left(&store, limit).await, 10);
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn several_limits_are_given_back_in_one_round_trip() {
    let server = RedisServer::start();
    let (timed, store) = rig(&server);
    let names = ["a", "b", "c", "d"];
    let limits = names.map(|name| match name {
        "a" | "b" => gcra(name, Quota::per_minute(5)),
        _ => window(name, Quota::per_minute(5)),
    });
    let of = limits.map(|limit| (limit, key(&store, "tenant"), 2));
    let receipt = allowed(&store, &charges(&of)).await;
    let sent = timed.sent();
    assert_eq!(store.refund(receipt).await, Refunded::Given);
    assert_eq!(timed.sent() - sent, 1);
    for limit in limits {
        assert_eq!(left(&store, limit).await, 5);
    }
}

/// Never more than was charged, and never past an idle client.
#[tokio::test]
#[ignore = "needs redis-server"]
async fn refunds_in_any_order_and_at_any_time_give_no_more_than_the_quota() {
    let server = RedisServer::start();
    let (timed, store) = rig(&server);
    for limit in [gcra("debt", Quota::per_minute(10)), window("log", Quota::per_minute(10))] {
        let (mut now, mut receipts, mut state) = (START, vec![], 7_u64);
        for _ in 0..400 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            now += (state >> 40) % (12 * SECOND);
            timed.set(now);
            let before = left(&store, limit).await;
            if state >> 63 == 0 || receipts.is_empty() {
                let asked = one(limit, key(&store, "tenant"), 1 + ((state >> 50) % 3) as u32);
                if let Outcome::Allowed { receipt, .. } = store.decide(asked).await {
                    receipts.push(receipt);
                }
            } else {
                let nth = (state >> 33) as usize % receipts.len();
                let _ = store.refund(receipts.swap_remove(nth)).await;
                let after = left(&store, limit).await;
                assert!((before..=(before + 4).min(10)).contains(&after), "{before}, {after}");
            }
        }
    }
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_server_that_is_away_keeps_what_it_charged_and_the_share_gives_back_its_own() {
    let mut server = RedisServer::start();
    let store = ready(builder(&server).instances(1)).await;
    let limit = gcra("api", Quota::per_hour(10));
    let receipt = take(&store, limit, 10).await;
    server.kill();
    assert_eq!(store.refund(receipt).await, Refunded::Unavailable);
    let receipt = take(&store, limit, 10).await;
    assert_eq!(store.refund(receipt).await, Refunded::Nothing);
    take(&store, limit, 10).await;
}
