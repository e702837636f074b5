//! Keys that change while a message is under way.

use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use rempart_core::{Live, ManualClock, Reason, RequestBody};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{
    Algorithm, ConfigError, MessageFault, MessageSignatures, Policy, SignatureLayer, verify,
};
use rempart_testing::{Script, Step, strict};
use tower::{Layer, Service, ServiceExt};

use super::{ALL, PLAIN, Sent, building, good, wanted};
use crate::support::{BODY, NOW, OTHER_SECRET, Recorder, SECRET, id, key, ring};

pub(super) fn rotated(until: Duration) -> KeyRing {
    ring().add(key("next", OTHER_SECRET)).unwrap().promote(id("next"), until).unwrap()
}

fn of_sender(keys: KeyRing) -> Policy {
    let wanted = MessageSignatures::new(Algorithm::HmacSha256);
    let wanted = wanted.with_sender("theirs", Algorithm::HmacSha256, keys);
    let own = KeyRing::single(id("own"), Secret::new(SECRET).unwrap());
    building(wanted).keys(own).build().unwrap()
}

/// A request whose body waits once, while the policy is replaced or time goes by.
async fn changed_meanwhile(
    sent: &Sent,
    before: Policy,
    change: impl FnOnce(&Live<Policy>, &ManualClock),
) -> Option<Reason> {
    meanwhile(|body| sent.request(body), before, change).await
}

/// The same with any request.
pub(crate) async fn meanwhile(
    request: impl FnOnce(Script) -> Request<Script>,
    before: Policy,
    change: impl FnOnce(&Live<Policy>, &ManualClock),
) -> Option<Reason> {
    let (clock, live) = (ManualClock::at(NOW), Live::new(before));
    let recorder = Recorder::default();
    let layer = SignatureLayer::new(live.clone()).clock(clock.clone()).observer(recorder.clone());
    let answer =
        |_: Request<RequestBody<Script>>| async { Response::new(Full::<Bytes>::default()) };
    let mut service = layer.layer(strict(answer));
    let request = request(Script::new().then(Step::Pending).data(BODY));
    let mut future = Box::pin(service.ready().await.unwrap().call(request));
    let first = std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await;
    assert!(first.is_pending());
    change(&live, &clock);
    future.await.unwrap();
    recorder.reasons()[0]
}

#[tokio::test]
async fn a_key_that_ends_while_the_body_arrives_is_refused() {
    let five = Duration::from_secs(5);
    let retiring = || building(wanted()).keys(rotated(NOW + five)).build().unwrap();
    let wait = |_: &Live<Policy>, clock: &ManualClock| clock.advance(five);
    let revoke = |live: &Live<Policy>, _: &ManualClock| {
        let ring = rotated(NOW + five).revoke(id("current")).unwrap();
        live.store(building(wanted()).keys(ring).build().unwrap());
    };
    let nothing = |_: &Live<Policy>, _: &ManualClock| {};
    let revoked = Some(Reason::RevokedKey);
    assert_eq!(changed_meanwhile(&good(), retiring(), nothing).await, None);
    assert_eq!(changed_meanwhile(&good(), retiring(), wait).await, revoked);
    assert_eq!(changed_meanwhile(&good(), retiring(), revoke).await, revoked);

    // Those of a sender that names them itself too.
    let theirs = Sent::new().signed("sig", &ALL, &PLAIN.replace("current", "theirs"));
    let retiring = || of_sender(rotated(NOW + five));
    let revoke = |live: &Live<Policy>, _: &ManualClock| {
        let both = ring().add(key("next", OTHER_SECRET)).unwrap();
        live.store(of_sender(both.revoke(id("current")).unwrap()));
    };
    let swap = |live: &Live<Policy>, _: &ManualClock| live.store(of_sender(rotated(NOW + five)));
    assert_eq!(changed_meanwhile(&theirs, retiring(), swap).await, None);
    assert_eq!(changed_meanwhile(&theirs, retiring(), wait).await, revoked);
    assert_eq!(changed_meanwhile(&theirs, retiring(), revoke).await, revoked);
}

#[test]
fn a_key_that_has_ended_verifies_nothing() {
    let request = good().request(());
    let head = rempart_signature::Head::new(request.method(), request.uri(), request.headers());
    for (until, want) in [(NOW, false), (NOW + Duration::from_secs(1), true)] {
        let policy = building(wanted()).keys(rotated(until)).build().unwrap();
        assert_eq!(verify(&policy, &head, BODY, NOW).is_ok(), want);
    }
}

#[test]
fn other_keys_leave_the_rest_of_a_policy_as_it_was() {
    let policy = of_sender(ring());
    let turned = KeyRing::single(id("turned"), Secret::new(OTHER_SECRET).unwrap());
    let changed = policy.with_keys(turned).unwrap();
    assert!(changed.message_signatures().is_some());
    assert_eq!(changed.key_ids().collect::<Vec<_>>(), [id("turned"), id("current")]);
    let request = Sent::new().signed("sig", &ALL, &PLAIN.replace("current", "theirs")).request(());
    let head = rempart_signature::Head::new(request.method(), request.uri(), request.headers());
    assert!(verify(&changed, &head, BODY, NOW).is_ok());
    // A name that is another key's already would outlive its revocation.
    let taken = policy.with_keys(ring()).unwrap_err();
    let fault = MessageFault::KeyTwice { key: id("current") };
    assert!(taken.iter().eq([&ConfigError::MessageSignatures(fault)]), "{taken}");
}

#[tokio::test]
async fn nothing_under_way_prints_a_secret() {
    let request = good().request(Script::new().then(Step::Stall));
    let head = rempart_signature::Head::of(&request);
    let policy = building(wanted()).build().unwrap();
    let decision = rempart_signature::decide(&policy, &head, NOW);
    let signature = good().signatures[0].clone();
    for text in [format!("{decision:?}"), format!("{policy:#?}"), format!("{head:?}")] {
        rempart_testing::canary::assert_absent(&text, SECRET);
        rempart_testing::canary::assert_absent(&text, &signature);
        rempart_testing::canary::assert_absent(&text, "/hooks?a=1");
    }
}
