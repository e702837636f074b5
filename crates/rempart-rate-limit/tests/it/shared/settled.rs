//! A cost that is known later is charged on the server as it would be in one process.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use rempart_core::ClientAddr;
use rempart_rate_limit::shared::SharedLimiter;
use rempart_rate_limit::{Decision, Limit, Quota, Rejection};
use rempart_testing::RedisServer;
use tower::{Layer, service_fn};

use super::layers::{CLIENT, api, layer, shared, status};
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
