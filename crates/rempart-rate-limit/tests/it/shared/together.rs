//! Instances that ask at once admit together what one of them would.

use std::sync::Arc;
use std::time::Duration;

use rempart_rate_limit::Quota;
use rempart_rate_limit::shared::{Authority, Limit, Outcome, SharedStore};
use rempart_testing::RedisServer;

use super::rig::{builder, charges, gcra, key, ready, window};

/// How many of 16 tasks' requests are admitted, by two instances; every answer is the server's.
pub(super) async fn admitted(stores: &[SharedStore; 2], limits: &[Limit], each: usize) -> usize {
    let tasks = (0..16).map(|task| {
        let store = stores[task % 2].clone();
        let of: Vec<_> = limits.iter().map(|limit| (*limit, key(&store, "tenant"), 1)).collect();
        let asked = charges(&of);
        tokio::spawn(async move {
            let mut admitted = 0;
            for _ in 0..each {
                match store.decide(asked.clone()).await {
                    Outcome::Allowed { receipt, .. } => {
                        assert_eq!(receipt.by(), Authority::Server);
                        admitted += 1;
                    }
                    Outcome::Refused { by, .. } => {
                        assert!(matches!(by, Authority::Server | Authority::Denials));
                    }
                    Outcome::Unavailable => panic!("unavailable"),
                }
            }
            admitted
        })
    });
    let mut sum = 0;
    for task in tasks.collect::<Vec<_>>() {
        sum += task.await.unwrap();
    }
    sum
}

async fn two(server: &RedisServer) -> [SharedStore; 2] {
    let patient = || builder(server).deadline(Duration::from_secs(10)).instances(2);
    [ready(patient()).await, ready(patient()).await]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server"]
async fn sixteen_tasks_of_two_instances_never_exceed_the_quota() {
    let server = RedisServer::start();
    let stores = two(&server).await;
    let hourly = Quota::per_hour(100);
    assert_eq!(admitted(&stores, &[gcra("debt", hourly)], 100).await, 100);
    assert_eq!(admitted(&stores, &[window("log", hourly)], 100).await, 100);
    // The narrowest of several limits says how many, and the others are charged no more than that.
    let narrow = window("narrow", Quota::per_hour(30));
    let wide = gcra("wide", Quota::per_hour(90));
    assert_eq!(admitted(&stores, &[wide, narrow], 50).await, 30);
    assert_eq!(admitted(&stores, &[wide], 50).await, 60);
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn who_has_another_secret_or_prefix_counts_apart() {
    let server = RedisServer::start();
    let limit = gcra("api", Quota::per_hour(1));
    let mut names = vec![];
    for other in [
        builder(&server),
        builder(&server).prefix("another"),
        builder(&server).secret("another made-up secret, also for tests"),
    ] {
        let store = ready(other).await;
        let asked = charges(&[(limit, key(&store, "tenant"), 1)]);
        names.push(key(&store, "tenant").to_string());
        assert!(matches!(store.decide(asked.clone()).await, Outcome::Allowed { .. }));
        assert!(matches!(store.decide(asked).await, Outcome::Refused { .. }));
    }
    assert_eq!(names[0], names[1]);
    assert_ne!(names[0], names[2]);
}

/// A request takes one round trip, whatever the number of its limits.
#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_decision_is_one_round_trip() {
    let server = RedisServer::start();
    let timed = super::rig::Timed::new(&server);
    let store = Arc::new(timed.builder().build().unwrap());
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let of = names.map(|name| (gcra(name, Quota::per_hour(100)), key(&store, name), 1));
    let before = timed.sent();
    assert!(matches!(store.decide(charges(&of)).await, Outcome::Allowed { .. }));
    assert_eq!(timed.sent() - before, 1);
}
