//! Keys turn while two services talk, and no request is lost.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, StatusCode};
use rempart_core::{Live, ManualClock, RequestBody};
use rempart_keys::{Key, KeyRing, Secret};
use rempart_signature::{Policy, Scheme, SignLayer, SignPolicy};
use rempart_testing::{Script, Step, strict};
use tower::{Layer, Service, ServiceExt};

use super::round_trip::{client, keys, message, start};
use crate::support::{self, NOW, id, ring};

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

/// A key that was revoked while a body was collected signs nothing.
#[tokio::test]
async fn a_key_that_turns_while_a_body_is_collected_signs_it() {
    let clock = ManualClock::at(NOW);
    let ring = ring().add(support::key("next", support::OTHER_SECRET)).unwrap();
    let policy = super::builder(Scheme::github(), &clock).keys(ring.clone()).build().unwrap();
    let sender = Live::new(policy);
    let client = strict(|request: Request<RequestBody<Script>>| async move {
        request.headers()["x-hub-signature-256"].clone()
    });
    let mut client = SignLayer::new(sender.clone()).clock(clock).layer(client);
    let body = Script::new().then(Step::Pending).data(support::BODY);
    let request = super::post("https://api.example.test/hooks", body);
    let mut future = Box::pin(client.ready().await.unwrap().call(request));
    let first = std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx))).await;
    assert!(first.is_pending());
    let turned = ring.promote(id("next"), NOW).unwrap().revoke(id("current")).unwrap();
    sender.store(sender.load().with_keys(turned).unwrap());
    let wanted = support::signed_with(&Scheme::github(), support::OTHER_SECRET, support::BODY);
    assert_eq!(future.await.unwrap(), wanted["x-hub-signature-256"]);
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
