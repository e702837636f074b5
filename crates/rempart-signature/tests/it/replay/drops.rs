//! A request that is dropped leaves nothing behind, wherever it was.

use std::panic::{AssertUnwindSafe, catch_unwind};

use http::StatusCode;
use rempart_core::ManualClock;
use rempart_signature::Scheme;
use rempart_testing::{Script, Step};

use super::rig::{Does, Rig, Slow, TTL, poll, request};
use crate::support::{BODY, NOW, builder, post, signed};

#[tokio::test]
async fn while_its_body_arrives() {
    let mut rig = Rig::new(Scheme::github());
    let headers = signed(&Scheme::github(), BODY);
    let mut first = rig.start(post(headers.clone(), Script::new().data(BODY).then(Step::Stall)));
    assert!(poll(&mut first).is_pending());
    drop(first);
    assert_eq!(rig.status(request(&headers, BODY)).await, (StatusCode::NO_CONTENT, true));
}

#[tokio::test]
async fn while_it_is_handled() {
    let mut rig = Rig::new(Scheme::github());
    let headers = signed(&Scheme::github(), BODY);
    rig.does(Does::Wait(StatusCode::OK));
    let mut first = rig.start(request(&headers, BODY));
    assert!(poll(&mut first).is_pending());
    assert_eq!(rig.status(request(&headers, BODY)).await, (StatusCode::CONFLICT, false));
    drop(first);
    assert_eq!(rig.status(request(&headers, BODY)).await, (StatusCode::OK, true));
}

#[tokio::test]
async fn by_a_handler_that_panics() {
    let mut rig = Rig::new(Scheme::github());
    let headers = signed(&Scheme::github(), BODY);
    rig.does(Does::Panic);
    let mut first = rig.start(request(&headers, BODY));
    assert!(catch_unwind(AssertUnwindSafe(|| drop(poll(&mut first)))).is_err());
    drop(first);
    rig.does(Does::Answer(StatusCode::OK));
    assert_eq!(rig.status(request(&headers, BODY)).await, (StatusCode::OK, true));
}

/// With a store behind a network, which may have been told or not.
#[tokio::test]
async fn while_it_is_claimed_or_settled() {
    let clock = ManualClock::at(NOW);
    let store = Slow::new(&clock);
    let policy = builder(Scheme::github(), &clock).replay(store.clone()).replay_ttl(TTL);
    let mut rig = Rig::with(&clock, policy);
    let headers = signed(&Scheme::github(), BODY);
    let mut claiming = rig.start(request(&headers, BODY));
    assert!(poll(&mut claiming).is_pending());
    drop(claiming);
    rig.does(Does::Answer(StatusCode::INTERNAL_SERVER_ERROR));
    let mut settling = rig.start(request(&headers, BODY));
    store.open();
    assert!(poll(&mut settling).is_pending());
    assert_eq!(rig.calls(), 1);
    // Nobody says a word to the store any more: the lease covers that.
    drop(settling);
    clock.advance(rempart_signature::Policy::REPLAY_LEASE);
    let mut next = rig.start(request(&headers, BODY));
    store.open();
    assert!(poll(&mut next).is_pending());
    assert_eq!(rig.calls(), 2);
}

#[tokio::test]
async fn before_it_is_polled() {
    let mut rig = Rig::new(Scheme::github());
    let headers = signed(&Scheme::github(), BODY);
    drop(rig.start(request(&headers, BODY)));
    assert_eq!(rig.status(request(&headers, BODY)).await, (StatusCode::NO_CONTENT, true));
}
