//! A cost that is known later is charged on the server as it would be in one process.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use rempart_core::{ClientAddr, ManualClock};
use rempart_rate_limit::shared::SharedLimiter;
use rempart_rate_limit::{Decision, Limit, Quota, Rejection};
use rempart_testing::RedisServer;
use tower::{Layer, service_fn};

use super::layers::{CLIENT, api, layer, nobody_listens, shared, status};
use super::rig::{Timed, allowed, builder, gcra, key, left, one, ready, until, window};
use crate::rig::from;

#[tokio::test]
#[ignore = "needs redis-server"]
async fn what_was_charged_becomes_what_it_has_cost() {
    let server = RedisServer::start();
    let timed = Timed::new(&server);
    let store = timed.builder().deny_for(Duration::ZERO).build().unwrap();
    // What was charged before, what it has cost, what is left of ten.
    let rows = [(1, 1, 9), (1, 0, 10), (6, 2, 8), (1, 7, 3), (8, 10, 0), (3, u32::MAX, 0)];
    for limit in [gcra("debt", Quota::per_minute(10)), window("log", Quota::per_minute(10))] {
        for (charged, cost, want) in rows {
            assert!(store.reset(limit, key(&store, "tenant")).await);
            let receipt = allowed(&store, &one(limit, key(&store, "tenant"), charged)).await;
            store.settle(receipt, cost).await;
            assert_eq!(left(&store, limit).await, want, "{charged}, {cost}");
        }
    }
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_share_is_settled_too() {
    let mut server = RedisServer::start();
    let store = ready(builder(&server).instances(1)).await;
    let limit = gcra("debt", Quota::per_hour(10));
    for (charged, cost) in [(6, 2), (1, 4)] {
        let receipt = allowed(&store, &one(limit, key(&store, "tenant"), charged)).await;
        store.settle(receipt, cost).await;
    }
    server.kill();
    // The instance that is alone now remembers six of ten.
    assert_eq!(left(&store, limit).await, 4);
}

/// A share was charged with what it had room for: it has no more to give back.
#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_share_that_was_full_gives_back_no_more_than_it_took() {
    let mut server = RedisServer::start();
    let store = ready(builder(&server).instances(2)).await;
    let limit = gcra("debt", Quota::per_hour(10));
    let receipt = allowed(&store, &one(limit, key(&store, "tenant"), 10)).await;
    store.settle(receipt, 5).await;
    assert_eq!(left(&store, limit).await, 5);
    server.kill();
    // Its five were used by the five that it has cost.
    assert_eq!(left(&store, limit).await, 0);
}

/// Who is dearer than the share of an instance pays what it has room for.
#[tokio::test]
async fn a_share_that_is_alone_is_charged_as_far_as_it_goes() {
    for cost in [5, 6, 10, u32::MAX] {
        let store = nobody_listens().instances(2).build().unwrap();
        let limit = gcra("debt", Quota::per_hour(10));
        let receipt = allowed(&store, &one(limit, key(&store, "tenant"), 1)).await;
        store.settle(receipt, cost).await;
        assert_eq!(left(&store, limit).await, 0, "{cost}");
    }
}

/// What is to be charged for one request is no reason to lease others.
#[tokio::test]
#[ignore = "needs redis-server"]
async fn what_is_settled_leases_nothing() {
    let server = RedisServer::start();
    let timed = Timed::new(&server);
    let clock = ManualClock::default();
    let store = timed.builder().lease(100).clock(clock.clone()).build().unwrap();
    let other = timed.builder().build().unwrap();
    let limit = gcra("debt", Quota::per_hour(1_000).with_burst(800));
    // A cost of one, with a lease beside it.
    let receipt = allowed(&store, &one(limit, key(&store, "tenant"), 1)).await;
    let before = left(&other, limit).await;
    assert_eq!(before, 699);
    // That lease is over when the response is there: its place is free for another.
    clock.advance(Duration::from_secs(2));
    store.settle(receipt, 10).await;
    assert_eq!(left(&other, limit).await, before - 9);
}

#[derive(Clone)]
struct Cost(u32);

#[tokio::test]
#[ignore = "needs redis-server"]
async fn an_overdraft_is_owed_to_all_instances() {
    let server = RedisServer::start();
    let limits = || {
        let limit = Limit::new("tokens", "10 per hour").overdraft(5);
        api().limit(limit.settle(|_, _, extensions| extensions.get::<Cost>().map(|cost| cost.0)))
    };
    let service = service_fn(async |_: Request<()>| {
        let mut response = Response::new(Full::<Bytes>::default());
        response.extensions_mut().insert(Cost(100));
        Ok::<_, Infallible>(response)
    });
    let one_instance = layer(limits(), &ready(builder(&server)).await).layer(service);
    assert_eq!(status(&one_instance, from(CLIENT)).await, 200);
    let other = ready(builder(&server).deny_for(Duration::ZERO)).await;
    let limiter = SharedLimiter::new(shared(limits(), &other));
    let client = ClientAddr::new(CLIENT.parse().unwrap());
    // No response waits for it: it is charged in a moment.
    until(async || {
        let refused = match limiter.check(client).await {
            Decision::Allowed(_) => return false,
            Decision::Refused(refused) => refused,
        };
        let Rejection::Limited { wait, .. } = refused else { panic!("{refused:?}") };
        // A burst and the overdraft are fifteen requests of six minutes, of which five are beyond
        // the burst; the next one is the sixth.
        let minutes = wait.as_secs().div_ceil(60);
        assert!((31..=36).contains(&minutes), "{minutes}");
        true
    })
    .await;
}
