//! Many requests at once, and what stands around the service.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use rempart_core::{ManualClock, RequestBody};
use rempart_signature::{
    Claimed, ConfigError, Coverage, MemoryReplayStore, Policy, ReplayStore, Scheme, Window,
};
use rempart_testing::{Script, strict};
use tower::buffer::Buffer;
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceExt};

use super::contract::key;
use super::rig::{Rig, TTL, poll, request};
use super::senders::Sender;
use crate::support::{BODY, NOW, builder, layer, post, signed};

fn policy(clock: &ManualClock) -> Policy {
    let store = MemoryReplayStore::default().clock(clock.clone());
    builder(Scheme::github(), clock).replay(store).replay_ttl(TTL).build().unwrap()
}

#[test]
fn of_equal_requests_at_once_exactly_one_is_handled() {
    const THREADS: usize = 4;
    for &sender in Sender::ALL {
        let rounds = if sender == Sender::GitHub { 200 } else { 50 };
        let rig = Rig::of(sender);
        for round in 0..rounds {
            let (headers, body) = sender.signed(round, NOW);
            let (start, handled) = (Barrier::new(THREADS), AtomicUsize::new(0));
            std::thread::scope(|scope| {
                for _ in 0..THREADS {
                    let mut service = rig.service.clone();
                    let request = post(headers.clone(), Script::new().data(body.clone()));
                    let (start, handled) = (&start, &handled);
                    scope.spawn(move || {
                        start.wait();
                        assert!(poll(&mut service.ready()).is_ready());
                        let std::task::Poll::Ready(answer) = poll(&mut service.call(request))
                        else {
                            panic!("there is nothing to wait for")
                        };
                        match answer.unwrap().status() {
                            StatusCode::NO_CONTENT => handled.fetch_add(1, Ordering::SeqCst),
                            StatusCode::OK => 0,
                            later if later == sender.later() => 0,
                            other => panic!("{other}"),
                        };
                    });
                }
            });
            let calls = (handled.load(Ordering::SeqCst), rig.calls());
            assert_eq!(calls, (1, round + 1), "{sender:?}");
        }
    }
}

#[test]
fn of_many_that_claim_a_key_at_once_exactly_one_is_given_it() {
    let store = MemoryReplayStore::default();
    for round in 0..=255 {
        let fresh = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut claiming = store.claim(key(round), Duration::from_secs(60));
                    if let std::task::Poll::Ready(Claimed::Fresh(_)) = poll(&mut claiming) {
                        fresh.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(fresh.load(Ordering::SeqCst), 1);
    }
}

async fn answer(_: Request<RequestBody<Script>>) -> Response<Full<Bytes>> {
    Response::new(Full::default())
}

#[tokio::test]
async fn a_permit_comes_back_from_what_is_not_handled() {
    let clock = ManualClock::at(NOW);
    let (layer, _) = layer(policy(&clock), &clock);
    let mut service = layer.layer(ConcurrencyLimit::new(strict(answer), 1));
    let headers = signed(&Scheme::github(), BODY);
    for _ in 0..3 {
        let request = request(&headers, BODY);
        let response = service.ready().await.unwrap().call(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn works_around_a_buffer() {
    let clock = ManualClock::at(NOW);
    let (layer, recorder) = layer(policy(&clock), &clock);
    let service = layer.layer(Buffer::new(strict(answer), 4));
    let headers = signed(&Scheme::github(), BODY);
    let calls = (0..4).map(|_| tokio::spawn(service.clone().oneshot(request(&headers, BODY))));
    for call in calls.collect::<Vec<_>>() {
        let status = call.await.unwrap().unwrap().status();
        assert!([StatusCode::OK, StatusCode::CONFLICT].contains(&status));
    }
    let fresh = recorder
        .told()
        .iter()
        .filter(|told| told.kind == rempart_core::EventKind::Replay && told.reason.is_none())
        .count();
    assert_eq!(fresh, 1);
}

#[test]
fn a_policy_says_how_long_and_every_fault_of_it() {
    let clock = ManualClock::default();
    let ttl = |builder: rempart_signature::PolicyBuilder| {
        builder.replay(MemoryReplayStore::with_capacity(1).unwrap()).build().unwrap().replay_ttl()
    };
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    assert_eq!(ttl(builder(Scheme::stripe(), &clock)), seconds(600));
    assert_eq!(ttl(builder(Scheme::elevenlabs(), &clock)), seconds(3600));
    assert_eq!(ttl(builder(Scheme::github(), &clock).replay_ttl(TTL)), Some(TTL));
    assert_eq!(builder(Scheme::stripe(), &clock).build().unwrap().replay_ttl(), None);

    let window = Window::new(Duration::from_secs(300), Duration::from_secs(60));
    let least = window.past() + window.future();
    let (day, short) = (Duration::from_secs(86_400), least.saturating_sub(Duration::from_nanos(1)));
    let store = || MemoryReplayStore::with_capacity(1).unwrap();
    let github = || builder(Scheme::github(), &clock);
    let stripe = || builder(Scheme::stripe(), &clock);
    let nothing = Scheme::github().with_template("constant".parse().unwrap());
    #[rustfmt::skip]
    let rows = [
        ("no ttl",     github().replay(store()), vec![ConfigError::ReplayTtlMissing]),
        ("no store",   github().replay_ttl(TTL), vec![ConfigError::ReplayWithoutStore]),
        ("no store",   github().replay_lease(TTL), vec![ConfigError::ReplayWithoutStore]),
        ("too short",  stripe().replay(store()).replay_ttl(short),
                       vec![ConfigError::ReplayTtlTooShort { ttl: short, least }]),
        ("too long",   stripe().replay(store()).replay_ttl(367 * day),
                       vec![ConfigError::ReplayTtlTooLong { ttl: 367 * day }]),
        ("zero",       github().replay(store()).replay_ttl(Duration::ZERO).replay_lease(Duration::ZERO),
                       vec![ConfigError::ReplayLease { lease: Duration::ZERO },
                            ConfigError::ReplayTtlTooShort { ttl: Duration::ZERO, least: Duration::from_millis(1) }]),
        ("long lease", stripe().replay(store()).replay_lease(day),
                       vec![ConfigError::ReplayLease { lease: day }]),
        ("nothing",    builder(nothing, &clock).replay(store()).replay_ttl(TTL),
                       vec![ConfigError::BodyNotCovered { coverage: Coverage::None },
                            ConfigError::ReplayOfNothing]),
    ];
    for (why, builder, wanted) in rows {
        let faults = builder.build().unwrap_err();
        assert!(faults.iter().eq(&wanted), "{why}: {faults}");
    }
}
