//! A request that is dropped leaves nothing behind, wherever it was.

use std::panic::{AssertUnwindSafe, catch_unwind};

use http::StatusCode;
use rempart_core::ManualClock;
use rempart_testing::{Script, Step};

use super::rig::{Does, Rig, Slow, poll};
use super::senders::Sender;
use crate::support::{NOW, post};

#[tokio::test]
async fn while_its_body_arrives() {
    for &sender in Sender::ALL {
        let mut rig = Rig::of(sender);
        let (headers, body) = sender.signed(1, NOW);
        let mut first = rig.start(post(headers, Script::new().data(body).then(Step::Stall)));
        assert!(poll(&mut first).is_pending());
        drop(first);
        assert_eq!(rig.status(sender.message(1)).await, (StatusCode::NO_CONTENT, true));
    }
}

#[tokio::test]
async fn while_it_is_handled() {
    for &sender in Sender::ALL {
        let mut rig = Rig::of(sender);
        rig.does(Does::Wait(StatusCode::OK));
        let mut first = rig.start(sender.message(1));
        assert!(poll(&mut first).is_pending());
        assert_eq!(rig.status(sender.message(1)).await, (sender.later(), false));
        drop(first);
        assert_eq!(rig.status(sender.message(1)).await, (StatusCode::OK, true), "{sender:?}");
    }
}

#[tokio::test]
async fn by_a_handler_that_panics() {
    for &sender in Sender::ALL {
        let mut rig = Rig::of(sender);
        rig.does(Does::Panic);
        let mut first = rig.start(sender.message(1));
        assert!(catch_unwind(AssertUnwindSafe(|| drop(poll(&mut first)))).is_err());
        drop(first);
        rig.does(Does::Answer(StatusCode::OK));
        assert_eq!(rig.status(sender.message(1)).await, (StatusCode::OK, true), "{sender:?}");
    }
}

/// With a store behind a network, which may have been told or not.
#[tokio::test]
async fn while_it_is_claimed_or_settled() {
    for &sender in Sender::ALL {
        let clock = ManualClock::at(NOW);
        let store = Slow::new(&clock);
        let mut rig = Rig::storing(sender, &clock, store.clone());
        let mut claiming = rig.start(sender.message(1));
        assert!(poll(&mut claiming).is_pending());
        drop(claiming);
        rig.does(Does::Answer(StatusCode::INTERNAL_SERVER_ERROR));
        let mut settling = rig.start(sender.message(1));
        store.open();
        assert!(poll(&mut settling).is_pending());
        assert_eq!(rig.calls(), 1);
        // Nobody says a word to the store any more: the lease covers that.
        drop(settling);
        clock.advance(rempart_signature::Policy::REPLAY_LEASE);
        let mut next = rig.start(sender.message(1));
        store.open();
        assert!(poll(&mut next).is_pending());
        assert_eq!(rig.calls(), 2, "{sender:?}");
    }
}

#[tokio::test]
async fn before_it_is_polled() {
    for &sender in Sender::ALL {
        let mut rig = Rig::of(sender);
        drop(rig.start(sender.message(1)));
        assert_eq!(rig.status(sender.message(1)).await, (StatusCode::NO_CONTENT, true));
    }
}
