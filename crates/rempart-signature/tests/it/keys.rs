//! Several keys, and keys that change while requests are under way.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use rempart_core::{Live, ManualClock, Reason, RequestBody};
use rempart_keys::KeyRing;
use rempart_signature::{ConfigError, Policy, Rejection, Scheme, SignatureLayer};
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

/// The name is what an operator gives: of two keys that bear it one may be the leaked one.
#[tokio::test]
async fn another_key_of_the_same_name_is_another_key() {
    let replace = |live: &Live<Policy>, clock: &ManualClock| {
        live.store(policy(
            KeyRing::single(id("old"), key("old", OTHER_SECRET).secret().clone()),
            clock,
        ));
    };
    assert_eq!(changed_meanwhile(replace).await, Some(Reason::RevokedKey));
}

#[tokio::test]
async fn a_key_that_a_new_ring_has_retired_already_is_refused() {
    let retire = |live: &Live<Policy>, clock: &ManualClock| {
        live.store(policy(rotated(NOW), clock));
    };
    assert_eq!(changed_meanwhile(retire).await, Some(Reason::RevokedKey));
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

/// The same policy, and another ring: what a followed ring does when it changes.
#[tokio::test]
async fn a_policy_takes_other_keys_and_keeps_all_else() {
    let clock = ManualClock::at(NOW);
    let first = KeyRing::single(id("old"), key("old", SECRET).secret().clone());
    let policy =
        builder(Scheme::vapi(), &clock).keys(first.clone()).body_limit(64).build().unwrap();
    let both = first.add(key("new", OTHER_SECRET)).unwrap();
    let rows = [
        ("the same", first.clone(), [StatusCode::OK, StatusCode::UNAUTHORIZED]),
        ("one more", both.clone(), [StatusCode::OK, StatusCode::OK]),
        ("one less", both.revoke(id("old")).unwrap(), [StatusCode::UNAUTHORIZED, StatusCode::OK]),
        ("none", both.revoke_all(), [StatusCode::UNAUTHORIZED; 2]),
    ];
    for (why, ring, wanted) in rows {
        let changed = policy.with_keys(ring).unwrap();
        assert_eq!(changed.name(), policy.name());
        assert_eq!((changed.body_limit(), changed.frame_limit()), (64, policy.frame_limit()));
        assert_eq!(changed.read_deadline(), policy.read_deadline());
        for (secret, wanted) in [SECRET, OTHER_SECRET].into_iter().zip(wanted) {
            let headers = signed_with(&Scheme::vapi(), secret, BODY);
            let outcome = send(changed.clone(), post(headers, Script::new().data(BODY))).await;
            assert_eq!(outcome.status, wanted, "{why}");
        }
    }
    assert_eq!(policy.key_ids().collect::<Vec<_>>(), [id("old")], "the policy itself stays");
}

#[test]
fn keys_that_the_scheme_has_no_use_for_are_refused_all_at_once() {
    let clock = ManualClock::at(NOW);
    let ring = KeyRing::single(id("good"), key("good", SECRET).secret().clone());
    let policy = policy(ring.clone(), &clock);
    let short = ring.add(key("s1", "short-1")).unwrap().add(key("s2", "short-22")).unwrap();
    let faults = policy.with_keys(short.clone()).unwrap_err();
    let too_short = |name, length| ConfigError::SecretTooShort {
        key: id(name),
        length,
        minimum: Scheme::vapi().min_secret(),
    };
    assert!(faults.iter().eq(&[too_short("s1", 7), too_short("s2", 8)]));
    // What the builder was told holds for the keys that come later.
    let lenient = builder(Scheme::vapi(), &clock).keys(ring).dangerously_short_secrets();
    assert!(lenient.build().unwrap().with_keys(short).is_ok());
}
