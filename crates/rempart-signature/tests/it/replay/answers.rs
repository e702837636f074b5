//! What a sender is told, and what the observers are.

use std::time::Duration;

use http::{StatusCode, header};
use http_body_util::BodyExt;
use rempart_core::{EventKind, ManualClock, Outcome, Reason, Refused};
use rempart_signature::{MemoryReplayStore, Policy, Scheme};

use super::rig::{Broken, Does, Failed, Rig, Slow, TTL, poll, request};
use crate::support::{BODY, NOW, Told, builder, id, signed};

/// The kinds, outcomes and reasons of what was told of replays.
fn replays(told: &[Told]) -> Vec<(Outcome, Option<Reason>)> {
    let replays = told.iter().filter(|told| told.kind == EventKind::Replay);
    replays.map(|told| (told.outcome, told.reason)).collect()
}

#[tokio::test]
async fn what_was_handled_is_answered_200_without_the_handler() {
    let mut rig = Rig::new(Scheme::github());
    let headers = signed(&Scheme::github(), BODY);
    assert_eq!(rig.status(request(&headers, BODY)).await, (StatusCode::NO_CONTENT, true));
    let response = rig.send(request(&headers, BODY)).await.unwrap();
    assert_eq!((response.status(), rig.calls()), (StatusCode::OK, 1));
    let refused = *response.extensions().get::<Refused>().unwrap();
    assert_eq!((refused.kind, refused.reason), (EventKind::Replay, Reason::Replayed));
    assert!(response.into_body().collect().await.unwrap().to_bytes().is_empty());
    let told = rig.recorder.told();
    let wanted = [(Outcome::Allowed, None), (Outcome::Refused, Some(Reason::Replayed))];
    assert_eq!(replays(&told), wanted);
    assert!(told.iter().all(|told| told.key == Some(id("current"))));
}

#[tokio::test]
async fn what_is_being_handled_is_answered_409_with_a_time_to_come_back() {
    let mut rig = Rig::new(Scheme::github());
    rig.does(Does::Wait(StatusCode::OK));
    let headers = signed(&Scheme::github(), BODY);
    let mut first = rig.start(request(&headers, BODY));
    assert!(poll(&mut first).is_pending());
    let response = rig.send(request(&headers, BODY)).await.unwrap();
    assert_eq!((response.status(), rig.calls()), (StatusCode::CONFLICT, 1));
    assert!(response.headers().contains_key(header::RETRY_AFTER));
    assert_eq!(first.await.unwrap().status(), StatusCode::OK);
    assert_eq!(rig.status(request(&headers, BODY)).await, (StatusCode::OK, false));
    let reasons = [None, Some(Reason::InFlight), Some(Reason::Replayed)];
    assert_eq!(
        replays(&rig.recorder.told()).iter().map(|told| told.1).collect::<Vec<_>>(),
        reasons
    );
}

#[tokio::test]
async fn a_store_that_cannot_tell_is_answered_503_with_a_time_to_come_back() {
    let clock = ManualClock::at(NOW);
    let mut rig =
        Rig::with(&clock, builder(Scheme::github(), &clock).replay(Broken).replay_ttl(TTL));
    let headers = signed(&Scheme::github(), BODY);
    let response = rig.send(request(&headers, BODY)).await.unwrap();
    assert_eq!((response.status(), rig.calls()), (StatusCode::SERVICE_UNAVAILABLE, 0));
    assert!(response.headers().contains_key(header::RETRY_AFTER));
    let wanted = [(Outcome::Error, Some(Reason::BackendUnavailable))];
    assert_eq!(replays(&rig.recorder.told()), wanted);
}

#[tokio::test]
async fn a_full_store_forgets_nothing_and_is_answered_503() {
    let clock = ManualClock::at(NOW);
    let store = MemoryReplayStore::with_capacity(2).unwrap().clock(clock.clone());
    let mut rig =
        Rig::with(&clock, builder(Scheme::github(), &clock).replay(store).replay_ttl(TTL));
    let bodies: [&'static [u8]; 3] = [b"1", b"2", b"3"];
    let statuses =
        [StatusCode::NO_CONTENT, StatusCode::NO_CONTENT, StatusCode::SERVICE_UNAVAILABLE];
    for (body, status) in bodies.into_iter().zip(statuses) {
        let headers = signed(&Scheme::github(), body);
        assert_eq!(rig.send(request(&headers, body)).await.unwrap().status(), status);
    }
    for body in &bodies[..2] {
        let headers = signed(&Scheme::github(), body);
        assert_eq!(rig.status(request(&headers, body)).await, (StatusCode::OK, false));
    }
    clock.advance(TTL + TTL / 32);
    let headers = signed(&Scheme::github(), bodies[2]);
    assert_eq!(rig.status(request(&headers, bodies[2])).await, (StatusCode::NO_CONTENT, true));
}

#[tokio::test]
async fn what_succeeded_is_committed_and_all_else_released() {
    #[rustfmt::skip]
    let rows = [
        // status, the next is handled too
        (200, false), (201, false), (204, false), (299, false),
        (301, false), (304, false), (399, false),
        (400, true), (404, true), (409, true), (429, true), (499, true),
        (500, true), (503, true), (599, true), (600, true), (101, true),
    ];
    for (status, again) in rows {
        let mut rig = Rig::new(Scheme::github());
        let status = StatusCode::from_u16(status).unwrap();
        rig.does(Does::Answer(status));
        let headers = signed(&Scheme::github(), BODY);
        assert_eq!(rig.status(request(&headers, BODY)).await, (status, true));
        assert_eq!(rig.status(request(&headers, BODY)).await.1, again, "{status}");
    }
    let mut rig = Rig::new(Scheme::github());
    rig.does(Does::Fail);
    let headers = signed(&Scheme::github(), BODY);
    assert_eq!(rig.send(request(&headers, BODY)).await.err(), Some(Failed));
    rig.does(Does::Answer(StatusCode::OK));
    assert_eq!(rig.status(request(&headers, BODY)).await, (StatusCode::OK, true));
}

#[tokio::test]
async fn the_answer_waits_until_the_store_has_it() {
    for (does, settled) in
        [(StatusCode::OK, StatusCode::OK), (StatusCode::NOT_FOUND, StatusCode::OK)]
    {
        let clock = ManualClock::at(NOW);
        let store = Slow::new(&clock);
        let policy = builder(Scheme::github(), &clock).replay(store.clone()).replay_ttl(TTL);
        let mut rig = Rig::with(&clock, policy);
        rig.does(Does::Answer(does));
        let headers = signed(&Scheme::github(), BODY);
        let mut first = rig.start(request(&headers, BODY));
        assert!(poll(&mut first).is_pending());
        assert_eq!(rig.calls(), 0, "not before it is claimed");
        store.open();
        assert!(poll(&mut first).is_pending());
        assert_eq!(rig.calls(), 1, "the service has answered, the store has not");
        store.open();
        assert_eq!(first.await.unwrap().status(), does);
        rig.does(Does::Answer(settled));
        let mut second = rig.start(request(&headers, BODY));
        store.open();
        let _ = poll(&mut second);
        assert_eq!(rig.calls() == 1, does.is_success());
    }
}

#[tokio::test]
async fn a_lease_that_ended_meanwhile_is_told_and_the_answer_leaves() {
    let mut rig = Rig::new(Scheme::github());
    rig.does(Does::Wait(StatusCode::OK));
    let headers = signed(&Scheme::github(), BODY);
    let mut first = rig.start(request(&headers, BODY));
    assert!(poll(&mut first).is_pending());
    rig.clock.advance(Policy::REPLAY_LEASE);
    // The claim of the next one stands, whatever the first does.
    let mut second = rig.start(request(&headers, BODY));
    assert!(poll(&mut second).is_pending());
    assert_eq!(first.await.unwrap().status(), StatusCode::OK);
    let lost = (Outcome::Error, Some(Reason::LeaseLost));
    assert_eq!(replays(&rig.recorder.told()).last(), Some(&lost));
    assert_eq!(rig.status(request(&headers, BODY)).await, (StatusCode::CONFLICT, false));
    assert_eq!(second.await.unwrap().status(), StatusCode::OK);
    assert_eq!(rig.status(request(&headers, BODY)).await, (StatusCode::OK, false));
}

#[tokio::test]
async fn a_message_is_remembered_for_exactly_its_time() {
    let mut rig = Rig::new(Scheme::github());
    let headers = signed(&Scheme::github(), BODY);
    rig.send(request(&headers, BODY)).await.unwrap();
    rig.clock.advance(TTL.saturating_sub(Duration::from_nanos(1)));
    assert_eq!(rig.status(request(&headers, BODY)).await, (StatusCode::OK, false));
    rig.clock.advance(Duration::from_nanos(1));
    assert_eq!(rig.status(request(&headers, BODY)).await, (StatusCode::NO_CONTENT, true));
}

#[tokio::test]
async fn nothing_is_remembered_unless_it_is_asked_for() {
    let clock = ManualClock::at(NOW);
    let mut rig = Rig::with(&clock, builder(Scheme::github(), &clock));
    let headers = signed(&Scheme::github(), BODY);
    for _ in 0..2 {
        assert_eq!(rig.status(request(&headers, BODY)).await, (StatusCode::NO_CONTENT, true));
    }
    assert_eq!(replays(&rig.recorder.told()), []);
}
