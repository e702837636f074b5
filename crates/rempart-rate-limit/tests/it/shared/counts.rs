//! What a decision leaves on the server, and for how long.

use std::time::{Duration, Instant};

use redis::AsyncCommands;
use rempart_core::ClientAddr;
use rempart_rate_limit::Quota;
use rempart_rate_limit::shared::{Authority, Outcome, connect};
use rempart_testing::RedisServer;

use super::rig::{
    SECOND, START, Timed, allowed, builder, charges, gcra, key, one, ready, until, window,
};

#[tokio::test]
#[ignore = "needs redis-server"]
async fn nothing_is_left_after_the_window() {
    let server = RedisServer::start();
    let store = ready(builder(&server)).await;
    let mut line = connect(&server.url()).unwrap();
    let period = Duration::from_millis(300);
    let started = Instant::now();
    for n in 0..100 {
        let name = format!("{n}");
        let quota = Quota::per_period(10, period);
        let of = [
            (gcra("debt", quota), key(&store, &name), n % 11),
            (window("log", quota), key(&store, &name), n % 11),
        ];
        allowed(&store, &charges(&of)).await;
    }
    let keys: Vec<String> = line.keys("*").await.unwrap();
    assert!(started.elapsed() > period || keys.len() > 100, "{}", keys.len());
    for key in keys {
        assert!(key.starts_with("rempart:limit:{"), "{key}");
        let left: i64 = line.pttl(&key).await.unwrap();
        // -2 is a key that is gone by now; -1 would be one that never goes.
        assert!(left == -2 || (0..=300).contains(&left), "{key}: {left}");
    }
    until(async || redis::cmd("DBSIZE").query_async::<u64>(&mut line).await.unwrap() == 0).await;
}

/// The shortest life that the server knows is a millisecond.
#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_window_of_a_microsecond_ends_too() {
    let server = RedisServer::start();
    let store = ready(builder(&server)).await;
    let mut line = connect(&server.url()).unwrap();
    for nanoseconds in [1_000, 999_000, 1_000_001] {
        let quota = Quota::per_period(1, Duration::from_nanos(nanoseconds));
        for limit in [gcra("debt", quota), window("log", quota)] {
            let name = nanoseconds.to_string();
            let receipt = allowed(&store, &one(limit, key(&store, &name), 1)).await;
            assert_eq!(receipt.by(), Authority::Server);
        }
    }
    until(async || redis::cmd("DBSIZE").query_async::<u64>(&mut line).await.unwrap() == 0).await;
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn what_is_refused_or_looked_at_leaves_nothing() {
    let server = RedisServer::start();
    let timed = Timed::new(&server);
    let store = timed.builder().build().unwrap();
    let mut line = connect(&server.url()).unwrap();
    let hourly = Quota::per_hour(10);
    let (debt, log) = (gcra("debt", hourly), window("log", hourly));
    let dear = [(debt, key(&store, "tenant"), 1), (log, key(&store, "tenant"), 11)];
    assert!(matches!(store.decide(charges(&dear)).await, Outcome::Refused { .. }));
    let peek = [(debt, key(&store, "tenant"), 0), (log, key(&store, "tenant"), 0)];
    allowed(&store, &charges(&peek)).await;
    let size: u64 = redis::cmd("DBSIZE").query_async(&mut line).await.unwrap();
    assert_eq!(size, 0);
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_key_says_nothing_of_the_client_and_stays_the_same() {
    let server = RedisServer::start();
    let store = ready(builder(&server).prefix("acme:limits")).await;
    let mut line = connect(&server.url()).unwrap();
    let client = ClientAddr::new("203.0.113.9".parse().unwrap());
    let limit = window("login", Quota::per_hour(10));
    allowed(&store, &one(limit, store.client(client.identity()), 3)).await;
    let keys: Vec<String> = line.keys("*").await.unwrap();
    // Known to every instance of every version: who changes this forgets all debts.
    assert_eq!(keys, ["acme:limits:{70e058fdbbee47e6b3bd801996a672c9}:test:login"]);
    let log: String = line.get(&keys[0]).await.unwrap();
    assert_eq!((log.len(), &log[..1]), (1 + 3 * 16, "w"));
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn parts_of_a_key_are_not_confused() {
    let server = RedisServer::start();
    let store = ready(builder(&server)).await;
    let parts: [&[&str]; 6] =
        [&["ab", "c"], &["a", "bc"], &["abc"], &["abc", ""], &["", "abc"], &[]];
    let keys = parts.map(|parts| store.key("tenant", parts.iter().map(|part| part.as_bytes())));
    for (n, key) in keys.iter().enumerate() {
        assert!(keys[..n].iter().all(|other| other != key));
        assert!(format!("{key:?}").len() < 10);
    }
    let address = ClientAddr::new("2001:db8:1:2::1".parse().unwrap());
    let networks = [64, 56, 48].map(|length| store.client(address.prefix(32, length)));
    assert!(networks[0] != networks[1] && networks[1] != networks[2]);
}

/// A smaller quota, and another kind of limit under the same name, after a reload.
#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_change_of_the_rule_keeps_the_debt_and_blocks_nobody_for_longer_than_the_new_window() {
    let server = RedisServer::start();
    let timed = Timed::new(&server);
    let store = timed.builder().build().unwrap();
    let tenant = key(&store, "tenant");
    for (name, old, new) in [
        ("debt", gcra("debt", Quota::per_hour(100)), gcra("debt", Quota::per_minute(10))),
        ("log", window("log", Quota::per_hour(100)), window("log", Quota::per_minute(10))),
    ] {
        timed.set(START);
        allowed(&store, &one(old, tenant, 100)).await;
        let asked = one(new, tenant, 1);
        assert!(matches!(store.decide(asked.clone()).await, Outcome::Refused { .. }), "{name}");
        timed.set(START + 60 * SECOND);
        let asked = one(new, tenant, 2);
        assert!(matches!(store.decide(asked).await, Outcome::Allowed { .. }), "{name}");
    }
    // What one kind wrote the other does not read.
    for (name, quota) in [("debt", Quota::per_hour(5)), ("log", Quota::per_hour(5))] {
        for limit in [gcra(name, quota), window(name, quota), gcra(name, quota)] {
            let outcome = store.decide(one(limit, key(&store, "other"), 5)).await;
            assert!(matches!(outcome, Outcome::Allowed { .. }), "{outcome:?}");
        }
    }
}
