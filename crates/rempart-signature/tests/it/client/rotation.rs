//! Keys turn while two services talk, and no request is lost.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::StatusCode;
use rempart_core::{Live, ManualClock};
use rempart_keys::{Key, KeyRing, Secret};
use rempart_signature::{Policy, Scheme, SignPolicy};
use tower::ServiceExt;

use super::round_trip::{client, keys, message, start};
use crate::support::{NOW, id};

const TURNS: usize = 6;
const TASKS: usize = 8;

fn key(nth: usize) -> Key {
    let secret = format!("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7o{nth}");
    Key::new(id(&format!("k{nth}")), Secret::new(secret).unwrap())
}

#[tokio::test]
async fn keys_that_turn_under_load_lose_no_request() {
    let clock = ManualClock::at(NOW);
    let scheme = Scheme::standard_webhooks();
    let policy = Policy::builder("receiver").scheme(scheme.clone()).keys(keys());
    let receiver = Live::new(policy.timer(clock.clone()).build().unwrap());
    let policy = SignPolicy::builder().scheme(scheme).keys(keys());
    let sender = Live::new(policy.timer(clock.clone()).build().unwrap());
    let address = start(|_| receiver.clone().into(), &clock).await;
    let client = client(sender.clone(), &clock);

    let (done, turned) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let tasks = (0..TASKS).map(|_| {
        let (client, done, turned) = (client.clone(), Arc::clone(&done), Arc::clone(&turned));
        tokio::spawn(async move {
            let mut keys = HashSet::new();
            // Some more after the last turn.
            let mut left = 8;
            while left > 0 {
                left -= usize::from(turned.load(Ordering::SeqCst) == TURNS);
                let request = message(address, "{}");
                let response = client.clone().oneshot(request).await.unwrap();
                assert_eq!(response.status(), StatusCode::OK);
                keys.insert(response.headers()["x-key"].to_str().unwrap().to_owned());
                done.fetch_add(1, Ordering::SeqCst);
            }
            keys
        })
    });
    let tasks: Vec<_> = tasks.collect();

    let mut ring: KeyRing = keys();
    for nth in 0..TURNS {
        let before = done.load(Ordering::SeqCst);
        while done.load(Ordering::SeqCst) < before + 2 * TASKS {
            tokio::task::yield_now().await;
        }
        // The receiver knows a key before it signs, and its predecessor for a while after.
        ring = ring.add(key(nth)).unwrap();
        receiver.store(receiver.load().with_keys(ring.clone()).unwrap());
        ring = ring.promote(key(nth).id(), NOW + Duration::from_secs(3600)).unwrap();
        sender.store(sender.load().with_keys(ring.clone()).unwrap());
        receiver.store(receiver.load().with_keys(ring.clone()).unwrap());
        turned.fetch_add(1, Ordering::SeqCst);
    }
    let mut seen = HashSet::new();
    for task in tasks {
        seen.extend(task.await.unwrap());
    }
    assert_eq!(seen.len(), TURNS + 1, "{seen:?}");
}

#[tokio::test]
async fn a_key_that_turns_signs_the_very_next_request() {
    let clock = ManualClock::at(NOW);
    let scheme = Scheme::standard_webhooks();
    let ring = keys().add(key(1)).unwrap();
    let policy = Policy::builder("receiver").scheme(scheme.clone()).keys(ring.clone());
    let receiver = policy.timer(clock.clone()).build().unwrap();
    let address = start(|_| receiver.into(), &clock).await;
    let policy = SignPolicy::builder().scheme(scheme).keys(keys());
    let sender = Live::new(policy.timer(clock.clone()).build().unwrap());
    let client = client(sender.clone(), &clock);
    let signed_by = || async {
        let response = client.clone().oneshot(message(address, "{}")).await.unwrap();
        response.headers()["x-key"].to_str().unwrap().to_owned()
    };
    assert_eq!(signed_by().await, "shared");
    let turned = ring.promote(id("k1"), NOW).unwrap();
    sender.store(sender.load().with_keys(turned).unwrap());
    assert_eq!(signed_by().await, "k1");
}
