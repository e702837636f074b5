//! Several keys, and keys that change while requests are under way.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use rempart_core::{Live, ManualClock, Reason, RequestBody};
use rempart_keys::KeyRing;
use rempart_signature::{Policy, Rejection, Scheme, SignatureLayer};
use rempart_testing::{Script, Step, strict};
use tower::{Layer, Service, ServiceExt};

use crate::support::{
    BODY, NOW, OTHER_SECRET, Recorder, SECRET, builder, id, key, post, send, signed_with,
};

fn rotated(until: Duration) -> KeyRing {
    let ring = KeyRing::single(id("old"), key("old", SECRET).secret().clone());
    ring.add(key("new", OTHER_SECRET)).unwrap().promote(id("new"), until).unwrap()
}

fn policy(ring: KeyRing, clock: &ManualClock) -> Policy {
    builder(Scheme::vapi(), clock).keys(ring).build().unwrap()
}

#[tokio::test]
async fn old_and_new_are_valid_together_and_the_one_that_matched_is_named() {
    let clock = ManualClock::at(NOW);
    let policy = policy(rotated(NOW + Duration::from_secs(1)), &clock);
    for (secret, name) in [(SECRET, "old"), (OTHER_SECRET, "new")] {
        let headers = signed_with(&Scheme::vapi(), secret, BODY);
        let outcome = send(policy.clone(), post(headers, Script::new().data(BODY))).await;
        assert_eq!(outcome.status, StatusCode::OK, "{name}");
        assert_eq!(outcome.verified().key(), id(name));
        assert_eq!(outcome.told[0].key, Some(id(name)));
    }
}

#[tokio::test]
async fn a_retiring_key_ends_at_its_time() {
    let clock = ManualClock::at(NOW);
    let headers = signed_with(&Scheme::vapi(), SECRET, BODY);
    let policy = policy(rotated(NOW), &clock);
    let outcome = send(policy, post(headers, Script::new().data(BODY))).await;
    assert_eq!(outcome.reason(), Some(Reason::Mismatch));
}

#[tokio::test]
async fn eight_keys_are_all_tried() {
    let clock = ManualClock::at(NOW);
    let secrets: Vec<String> = (0..8).map(|n| format!("made-up-secret-number-{n}")).collect();
    let mut ring = KeyRing::single(id("k0"), key("k0", &secrets[0]).secret().clone());
    for (n, secret) in secrets.iter().enumerate().skip(1) {
        ring = ring.add(key(&format!("k{n}"), secret)).unwrap();
    }
    let policy = policy(ring, &clock);
    for (n, secret) in secrets.iter().enumerate() {
        let headers = signed_with(&Scheme::vapi(), secret, BODY);
        let outcome = send(policy.clone(), post(headers, Script::new().data(BODY))).await;
        assert_eq!(outcome.verified().key(), id(&format!("k{n}")));
    }
}

/// A request whose body waits once, under a policy that can be replaced meanwhile.
async fn changed_meanwhile(change: impl FnOnce(&Live<Policy>, &ManualClock)) -> Option<Reason> {
    let clock = ManualClock::at(NOW);
    let until = NOW + Duration::from_secs(5);
    let live = Live::new(policy(rotated(until), &clock));
    let recorder = Recorder::default();
    let layer = SignatureLayer::new(live.clone()).clock(clock.clone()).observer(recorder.clone());
    let answer =
        |_: Request<RequestBody<Script>>| async { Response::new(Full::<Bytes>::default()) };
    let mut service = layer.layer(strict(answer));
    let headers = signed_with(&Scheme::vapi(), SECRET, BODY);
    let request = post(headers, Script::new().then(Step::Pending).data(BODY));
    let mut future = Box::pin(service.ready().await.unwrap().call(request));
    let first = std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx))).await;
    assert!(first.is_pending());
    change(&live, &clock);
    future.await.unwrap();
    recorder.reasons()[0]
}

#[tokio::test]
async fn a_key_revoked_while_the_body_arrived_is_refused() {
    let revoke = |live: &Live<Policy>, clock: &ManualClock| {
        live.store(policy(rotated(NOW).revoke(id("old")).unwrap(), clock));
    };
    assert_eq!(changed_meanwhile(revoke).await, Some(Reason::RevokedKey));
}

#[tokio::test]
async fn a_key_whose_time_ended_while_the_body_arrived_is_refused() {
    let wait = |_: &Live<Policy>, clock: &ManualClock| clock.advance(Duration::from_secs(5));
    assert_eq!(changed_meanwhile(wait).await, Some(Reason::RevokedKey));
}

#[tokio::test]
async fn a_policy_swapped_under_a_request_loses_none() {
    let swap = |live: &Live<Policy>, clock: &ManualClock| {
        live.store(policy(rotated(NOW + Duration::from_secs(9)), clock));
    };
    assert_eq!(changed_meanwhile(swap).await, None);
}

#[test]
fn a_forger_who_knows_one_signature_knows_no_other() {
    // The signature of one key does not open another, nor another body.
    let clock = ManualClock::at(NOW);
    let policy = policy(rotated(NOW + Duration::from_secs(9)), &clock);
    let headers = signed_with(&Scheme::vapi(), SECRET, BODY);
    let uri = http::Uri::from_static("/");
    let head = rempart_signature::Head::new(&http::Method::POST, &uri, &headers);
    let verify = |body| rempart_signature::verify(&policy, &head, body, NOW);
    assert!(verify(BODY).is_ok());
    assert_eq!(verify(&BODY[1..]).unwrap_err(), Rejection::Mismatch);
    assert_eq!(verify(b"").unwrap_err(), Rejection::Mismatch);
}
