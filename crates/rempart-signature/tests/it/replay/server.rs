//! The store behind a network, with a server of its own for each test.

use std::task::Poll;
use std::time::{Duration, Instant};

use http::StatusCode;
use rempart_core::ManualClock;
use rempart_signature::{Claimed, RedisReplayStore, ReplayStore, Scheme, Settled};
use rempart_testing::RedisServer;

use super::contract::{fresh, keeps_its_promises, key};
use super::rig::{Does, Rig, TTL, poll, request};
use crate::support::{BODY, NOW, builder, signed};

const LEASE: Duration = Duration::from_secs(60);

fn store(server: &RedisServer) -> RedisReplayStore {
    RedisReplayStore::new(&server.socket_url()).unwrap()
}

/// Asks again until it is so; a server has a clock of its own.
async fn until(mut so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !so().await {
        assert!(Instant::now() < deadline, "too late");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn keeps_the_promises_of_every_store() {
    let server = RedisServer::start();
    keeps_its_promises(store(&server)).await;
    // Two services that share the server.
    keeps_its_promises(store(&server).prefix("another:")).await;
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn instances_share_what_they_claim() {
    let server = RedisServer::start();
    let (one, other) = (store(&server), store(&server));
    let claim = fresh(&one, key(1), LEASE).await;
    assert!(matches!(other.claim(key(1), LEASE).await, Claimed::InFlight));
    assert_eq!(one.commit(claim, TTL).await, Settled::Applied);
    assert!(matches!(other.claim(key(1), LEASE).await, Claimed::Done));
    // Of a hundred at once, one.
    let claims = (0..100).map(|n| {
        let store = if n % 2 == 0 { one.clone() } else { other.clone() };
        tokio::spawn(async move { matches!(store.claim(key(2), LEASE).await, Claimed::Fresh(_)) })
    });
    let mut fresh = 0;
    for claim in claims.collect::<Vec<_>>() {
        fresh += usize::from(claim.await.unwrap());
    }
    assert_eq!(fresh, 1);
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn leases_and_memories_end_by_the_servers_clock() {
    let server = RedisServer::start();
    let store = store(&server);
    let short = Duration::from_millis(50);
    let lost = fresh(&store, key(1), short).await;
    let mut second = None;
    until(async || match store.claim(key(1), LEASE).await {
        Claimed::Fresh(claim) => {
            second = Some(claim);
            true
        }
        other => {
            assert!(matches!(other, Claimed::InFlight), "{other:?}");
            false
        }
    })
    .await;
    // The first comes too late, and leaves the second alone.
    assert_eq!(store.release(lost).await, Settled::Lost);
    assert!(matches!(store.claim(key(1), LEASE).await, Claimed::InFlight));
    assert_eq!(store.commit(second.unwrap(), short).await, Settled::Applied);
    assert!(matches!(store.claim(key(1), LEASE).await, Claimed::Done));
    until(async || matches!(store.claim(key(1), LEASE).await, Claimed::Fresh(_))).await;
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_server_that_is_down_is_unavailable_until_it_is_back() {
    let mut server = RedisServer::start();
    let store = store(&server);
    let claim = fresh(&store, key(1), LEASE).await;
    server.kill();
    assert!(matches!(store.claim(key(2), LEASE).await, Claimed::Unavailable));
    assert_eq!(store.commit(claim, TTL).await, Settled::Unavailable);
    assert!(matches!(store.claim(key(2), LEASE).await, Claimed::Unavailable));
    server.restart();
    until(async || matches!(store.claim(key(3), LEASE).await, Claimed::Fresh(_))).await;
    // One that was never there.
    let nowhere = RedisReplayStore::new("unix:///nonexistent/socket").unwrap();
    assert!(matches!(nowhere.claim(key(1), LEASE).await, Claimed::Unavailable));
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_server_that_hangs_is_unavailable_in_time() {
    let server = RedisServer::start();
    let store = store(&server).timeout(Duration::from_millis(100));
    let claim = fresh(&store, key(1), LEASE).await;
    server.pause();
    let started = Instant::now();
    assert!(matches!(store.claim(key(2), LEASE).await, Claimed::Unavailable));
    assert_eq!(store.commit(claim, TTL).await, Settled::Unavailable);
    assert!(started.elapsed() < Duration::from_secs(5));
    server.resume();
    until(async || matches!(store.claim(key(3), LEASE).await, Claimed::Fresh(_))).await;
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_claim_that_was_dropped_half_way_stands_in_nobodys_way() {
    let server = RedisServer::start();
    let store = store(&server);
    // With the connection there, so that the claim is sent at the first poll.
    let _other = fresh(&store, key(1), LEASE).await;
    for n in 2..50 {
        let mut claiming = store.claim(key(n), LEASE);
        for _ in 0..n % 5 {
            if let Poll::Ready(Claimed::Fresh(claim)) = poll(&mut claiming) {
                store.abandon(claim);
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(claiming);
        until(async || matches!(store.claim(key(n), LEASE).await, Claimed::Fresh(_))).await;
    }
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_commit_goes_on_without_the_request_that_asked_for_it() {
    let server = RedisServer::start();
    let store = store(&server);
    let claim = fresh(&store, key(1), LEASE).await;
    drop(store.commit(claim, TTL));
    until(async || matches!(store.claim(key(1), LEASE).await, Claimed::Done)).await;
}

#[test]
fn without_a_runtime_nothing_is_asked_and_nothing_panics() {
    let store = RedisReplayStore::new("redis://127.0.0.1:1").unwrap();
    let claim = |token| rempart_signature::Claim::new(key(1), token);
    assert!(matches!(poll(&mut store.claim(key(1), LEASE)), Poll::Ready(Claimed::Unavailable)));
    let unavailable = Poll::Ready(Settled::Unavailable);
    assert_eq!(poll(&mut store.commit(claim(1), TTL)), unavailable);
    assert_eq!(poll(&mut store.release(claim(2))), unavailable);
    store.abandon(claim(3));
}

/// A server that takes connections and says nothing; the claim is dropped where no runtime is.
#[test]
fn a_claim_that_is_dropped_after_its_runtime_panics_nowhere() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let store = RedisReplayStore::new(&url).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut claiming = {
        let _within = runtime.enter();
        store.claim(key(1), LEASE)
    };
    runtime.block_on(async { assert!(poll(&mut claiming).is_pending()) });
    drop(runtime);
    drop(claiming);
}

#[test]
fn an_address_is_checked_and_never_printed() {
    let password = "made-up-password";
    for text in
        ["", "127.0.0.1", "http://127.0.0.1", "redis://:made-up-password@[::1", "rediss://h"]
    {
        let error = RedisReplayStore::new(text).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(password));
    }
    let store = RedisReplayStore::new(&format!("redis://user:{password}@127.0.0.1/3")).unwrap();
    assert!(!format!("{store:?} {store:#?}").contains(password));
}

/// Two instances behind a load balancer.
#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_message_is_handled_once_by_all_instances_together() {
    let server = RedisServer::start();
    let clock = ManualClock::at(NOW);
    let rig = || {
        let policy = builder(Scheme::github(), &clock).replay(store(&server)).replay_ttl(TTL);
        Rig::with(&clock, policy)
    };
    let (mut one, mut other) = (rig(), rig());
    let headers = signed(&Scheme::github(), BODY);
    // Dropped while it is handled: the next instance handles it.
    one.does(Does::Wait(StatusCode::OK));
    let mut first = one.start(request(&headers, BODY));
    while one.calls() == 0 {
        assert!(poll(&mut first).is_pending());
        tokio::task::yield_now().await;
    }
    assert_eq!(other.status(request(&headers, BODY)).await, (StatusCode::CONFLICT, false));
    drop(first);
    until(async || other.status(request(&headers, BODY)).await == (StatusCode::NO_CONTENT, true))
        .await;
    for rig in [&mut one, &mut other] {
        assert_eq!(rig.status(request(&headers, BODY)).await, (StatusCode::OK, false));
    }
    drop(server);
    assert_eq!(other.status(request(&headers, BODY)).await.0, StatusCode::SERVICE_UNAVAILABLE);
}
