//! What a sender is told, and what the observers are: the same table for every layer.

use std::time::Duration;

use http::{StatusCode, header};
use http_body_util::BodyExt;
use rempart_core::{EventKind, ManualClock, Outcome, Reason, Refused};
use rempart_signature::{MemoryReplayStore, Policy, Scheme};

use super::rig::{Broken, Does, Failed, Rig, Slow, TTL, poll, request};
use super::senders::Sender;
use crate::support::{BODY, NOW, Told, builder, signed};

/// The kinds, outcomes and reasons of what was told of replays.
fn replays(told: &[Told]) -> Vec<(Outcome, Option<Reason>)> {
    let replays = told.iter().filter(|told| told.kind == EventKind::Replay);
    replays.map(|told| (told.outcome, told.reason)).collect()
}

#[tokio::test]
async fn what_was_handled_is_answered_200_without_the_handler() {
    for &sender in Sender::ALL {
        let mut rig = Rig::of(sender);
        assert_eq!(rig.status(sender.message(1)).await, (StatusCode::NO_CONTENT, true));
        let response = rig.send(sender.message(1)).await.unwrap();
        assert_eq!((response.status(), rig.calls()), (StatusCode::OK, 1), "{sender:?}");
        let refused = *response.extensions().get::<Refused>().unwrap();
        assert_eq!((refused.kind, refused.reason), (EventKind::Replay, Reason::Replayed));
        assert!(response.into_body().collect().await.unwrap().to_bytes().is_empty());
        let told = rig.recorder.told();
        let wanted = [(Outcome::Allowed, None), (Outcome::Refused, Some(Reason::Replayed))];
        assert_eq!(replays(&told), wanted, "{sender:?}");
        assert!(told.iter().all(|told| told.key == Some(sender.key())), "{sender:?}");
    }
}

#[tokio::test]
async fn what_is_being_handled_is_to_come_back_later() {
    for &sender in Sender::ALL {
        let mut rig = Rig::of(sender);
        rig.does(Does::Wait(StatusCode::OK));
        let mut first = rig.start(sender.message(1));
        assert!(poll(&mut first).is_pending());
        let response = rig.send(sender.message(1)).await.unwrap();
        assert_eq!((response.status(), rig.calls()), (sender.later(), 1));
        assert!(response.headers().contains_key(header::RETRY_AFTER));
        let refused = *response.extensions().get::<Refused>().unwrap();
        assert_eq!((refused.kind, refused.reason), (EventKind::Replay, Reason::InFlight));
        assert_eq!(first.await.unwrap().status(), StatusCode::OK);
        assert_eq!(rig.status(sender.message(1)).await, (StatusCode::OK, false));
        let refused = |reason| (Outcome::Refused, Some(reason));
        let wanted =
            [(Outcome::Allowed, None), refused(Reason::InFlight), refused(Reason::Replayed)];
        assert_eq!(replays(&rig.recorder.told()), wanted, "{sender:?}");
    }
}

#[tokio::test]
async fn a_store_that_cannot_tell_is_answered_503_with_a_time_to_come_back() {
    for &sender in Sender::ALL {
        let mut rig = Rig::storing(sender, &ManualClock::at(NOW), Broken);
        let response = rig.send(sender.message(1)).await.unwrap();
        assert_eq!((response.status(), rig.calls()), (StatusCode::SERVICE_UNAVAILABLE, 0));
        assert!(response.headers().contains_key(header::RETRY_AFTER));
        let wanted = [(Outcome::Error, Some(Reason::BackendUnavailable))];
        assert_eq!(replays(&rig.recorder.told()), wanted, "{sender:?}");
    }
}

#[tokio::test]
async fn a_full_store_forgets_nothing_and_is_answered_503() {
    for &sender in Sender::ALL {
        let clock = ManualClock::at(NOW);
        let store = MemoryReplayStore::with_capacity(2).unwrap().clock(clock.clone());
        let mut rig = Rig::storing(sender, &clock, store);
        let statuses =
            [StatusCode::NO_CONTENT, StatusCode::NO_CONTENT, StatusCode::SERVICE_UNAVAILABLE];
        for (nth, status) in statuses.into_iter().enumerate() {
            assert_eq!(rig.send(sender.message(nth)).await.unwrap().status(), status);
        }
        for nth in [0, 1] {
            assert_eq!(rig.status(sender.message(nth)).await, (StatusCode::OK, false));
        }
        let later = TTL + TTL / 32;
        clock.advance(later);
        let next = sender.message_at(2, NOW + later);
        assert_eq!(rig.status(next).await, (StatusCode::NO_CONTENT, true), "{sender:?}");
    }
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
    for &sender in Sender::ALL {
        for (status, again) in rows {
            let mut rig = Rig::of(sender);
            let status = StatusCode::from_u16(status).unwrap();
            rig.does(Does::Answer(status));
            assert_eq!(rig.status(sender.message(1)).await, (status, true));
            assert_eq!(rig.status(sender.message(1)).await.1, again, "{sender:?}: {status}");
        }
        let mut rig = Rig::of(sender);
        rig.does(Does::Fail);
        assert_eq!(rig.send(sender.message(1)).await.err(), Some(Failed));
        rig.does(Does::Answer(StatusCode::OK));
        assert_eq!(rig.status(sender.message(1)).await, (StatusCode::OK, true));
    }
}

#[tokio::test]
async fn the_answer_waits_until_the_store_has_it() {
    for &sender in Sender::ALL {
        for does in [StatusCode::OK, StatusCode::NOT_FOUND] {
            let clock = ManualClock::at(NOW);
            let store = Slow::new(&clock);
            let mut rig = Rig::storing(sender, &clock, store.clone());
            rig.does(Does::Answer(does));
            let mut first = rig.start(sender.message(1));
            assert!(poll(&mut first).is_pending());
            assert_eq!(rig.calls(), 0, "not before it is claimed");
            store.open();
            assert!(poll(&mut first).is_pending());
            assert_eq!(rig.calls(), 1, "the service has answered, the store has not");
            store.open();
            assert_eq!(first.await.unwrap().status(), does);
            rig.does(Does::Answer(StatusCode::OK));
            let mut second = rig.start(sender.message(1));
            store.open();
            let _ = poll(&mut second);
            assert_eq!(rig.calls() == 1, does.is_success(), "{sender:?}");
        }
    }
}

#[tokio::test]
async fn a_lease_that_ended_meanwhile_is_told_and_the_answer_leaves() {
    for &sender in Sender::ALL {
        let mut rig = Rig::of(sender);
        rig.does(Does::Wait(StatusCode::OK));
        let mut first = rig.start(sender.message(1));
        assert!(poll(&mut first).is_pending());
        rig.clock.advance(Policy::REPLAY_LEASE);
        // The claim of the next one stands, whatever the first does.
        let mut second = rig.start(sender.message(1));
        assert!(poll(&mut second).is_pending());
        assert_eq!(first.await.unwrap().status(), StatusCode::OK);
        let lost = (Outcome::Error, Some(Reason::LeaseLost));
        assert_eq!(replays(&rig.recorder.told()).last(), Some(&lost));
        assert_eq!(rig.status(sender.message(1)).await, (sender.later(), false));
        assert_eq!(second.await.unwrap().status(), StatusCode::OK);
        assert_eq!(rig.status(sender.message(1)).await, (StatusCode::OK, false), "{sender:?}");
    }
}

/// Of a sender without a signed time: a message of another is too late by then.
#[tokio::test]
async fn a_message_is_remembered_for_exactly_its_time() {
    let mut rig = Rig::of(Sender::GitHub);
    rig.send(Sender::GitHub.message(1)).await.unwrap();
    rig.clock.advance(TTL.saturating_sub(Duration::from_nanos(1)));
    assert_eq!(rig.status(Sender::GitHub.message(1)).await, (StatusCode::OK, false));
    rig.clock.advance(Duration::from_nanos(1));
    assert_eq!(rig.status(Sender::GitHub.message(1)).await, (StatusCode::NO_CONTENT, true));
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
