//! Which requests are the same message, and which are not.

use std::time::Duration;

use http::{HeaderMap, Request, StatusCode};
use rempart_core::{Live, ManualClock};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{
    Coverage, Member, MemoryReplayStore, Message, PublicUrl, Scheme, SecretForm,
};
use rempart_testing::Script;
use std::sync::Arc;

use super::rig::{Rig, TTL, Untouched, request};
use crate::support::{
    BODY, NOW, OTHER_SECRET, SECRET, builder, header, id, key, layer, post, signed, signed_with,
};

fn both_keys() -> KeyRing {
    let ring = KeyRing::single(id("old"), Secret::new(SECRET).unwrap());
    ring.add(key("new", OTHER_SECRET)).unwrap()
}

fn rig(scheme: Scheme) -> Rig {
    let clock = ManualClock::at(NOW);
    let store = MemoryReplayStore::default().clock(clock.clone());
    let url: PublicUrl = "https://api.example.test".parse().unwrap();
    let policy = builder(scheme, &clock).keys(both_keys()).public_url(url);
    Rig::with(&clock, policy.replay(store).replay_ttl(6 * TTL))
}

const HANDLED: (StatusCode, bool) = (StatusCode::NO_CONTENT, true);
const REPLAYED: (StatusCode, bool) = (StatusCode::OK, false);

#[tokio::test]
async fn every_preset_knows_a_message_again() {
    let covered =
        |scheme: &Scheme| scheme.algorithm().is_mac() && scheme.coverage() == Coverage::Body;
    for scheme in Scheme::presets().filter(covered) {
        let scheme = scheme.with_secret_form(SecretForm::Text);
        let body: &'static [u8] = match scheme.name() {
            "linear" => br#"{"webhookTimestamp":1700000000000}"#,
            "twilio" => b"A=1&B=2",
            _ => BODY,
        };
        let mut rig = rig(scheme.clone());
        let form = header("content-type", "application/x-www-form-urlencoded");
        let mut headers = signed(&scheme, body);
        headers.extend([(Some(form.0), form.1)]);
        assert_eq!(rig.status(request(&headers, body)).await, HANDLED, "{}", scheme.name());
        assert_eq!(rig.status(request(&headers, body)).await, REPLAYED, "{}", scheme.name());
    }
}

/// The event is not signed: with another one it is the same message.
#[tokio::test]
async fn what_covers_fields_alone_is_known_by_them() {
    let scheme = Scheme::mailgun();
    let clock = ManualClock::at(NOW);
    let store = MemoryReplayStore::default().clock(clock.clone());
    let policy = builder(scheme.clone(), &clock).dangerously_accept_coverage(Coverage::Fields);
    let mut rig = Rig::with(&clock, policy.replay(store));
    let secret = Secret::new(SECRET).unwrap();
    let mut send = async |token: &str, event: &str| {
        let body = format!(r#"{{"event-data":"{event}"}}"#);
        let message = Message::new(body.as_bytes(), NOW).id(token);
        let body = scheme.sign_body(&secret, &message).unwrap();
        rig.status(post(HeaderMap::new(), Script::new().data(body))).await
    };
    assert_eq!(send("first", "opened").await, HANDLED);
    assert_eq!(send("first", "clicked").await, REPLAYED);
    assert_eq!(send("second", "opened").await, HANDLED);
}

#[tokio::test]
async fn what_is_not_signed_makes_no_other_message() {
    let mut rig = rig(Scheme::github());
    let headers = signed(&Scheme::github(), BODY);
    assert_eq!(rig.status(request(&headers, BODY)).await, HANDLED);
    // The delivery's number, the path, and the pieces of the body.
    let mut other = headers.clone();
    other
        .extend([(Some(http::HeaderName::from_static("x-github-delivery")), "2".parse().unwrap())]);
    assert_eq!(rig.status(request(&other, BODY)).await, REPLAYED);
    let mut elsewhere = request(&headers, BODY);
    *elsewhere.uri_mut() = "/elsewhere".parse().unwrap();
    assert_eq!(rig.status(elsewhere).await, REPLAYED);
    let pieces = Script::new().data(&BODY[..5]).data(&BODY[5..]);
    assert_eq!(rig.status(post(headers, pieces)).await, REPLAYED);
    let body = b"another";
    let headers = signed(&Scheme::github(), body);
    assert_eq!(rig.status(request(&headers, body)).await, HANDLED);
}

#[tokio::test]
async fn whichever_key_signed_it_a_message_is_the_same() {
    for scheme in [Scheme::github(), Scheme::stripe(), Scheme::standard_webhooks()] {
        let scheme = scheme.with_secret_form(SecretForm::Text);
        let mut rig = rig(scheme.clone());
        let old = signed_with(&scheme, SECRET, BODY);
        assert_eq!(rig.status(request(&old, BODY)).await, HANDLED);
        let new = signed_with(&scheme, OTHER_SECRET, BODY);
        assert_ne!(old, new);
        assert_eq!(rig.status(request(&new, BODY)).await, REPLAYED, "{}", scheme.name());
    }
}

#[tokio::test]
async fn a_message_stays_known_when_the_keys_change() {
    let clock = ManualClock::at(NOW);
    let store = MemoryReplayStore::default().clock(clock.clone());
    let policy = builder(Scheme::github(), &clock).replay(store).replay_ttl(TTL).build().unwrap();
    let live = Live::new(policy);
    let layer = rempart_signature::SignatureLayer::new(live.clone()).clock(clock.clone());
    let mut rig = Rig::around(&clock, &layer, crate::support::Recorder::default());
    let first = signed_with(&Scheme::github(), SECRET, BODY);
    assert_eq!(rig.status(request(&first, BODY)).await, HANDLED);
    let next = KeyRing::single(id("next"), Secret::new(OTHER_SECRET).unwrap());
    live.store(live.load().with_keys(next).unwrap());
    let again = signed_with(&Scheme::github(), OTHER_SECRET, BODY);
    assert_eq!(rig.status(request(&again, BODY)).await, REPLAYED);
}

#[tokio::test]
async fn a_signed_id_is_the_message_and_a_signed_time_another_one() {
    let later = |scheme: &Scheme, body| {
        let at = NOW + Duration::from_secs(1);
        let message = Message::new(body, at).id("msg_1");
        scheme.sign(&Secret::new(SECRET).unwrap(), &message).unwrap()
    };
    // The sender tries again, a second later and with a new signature.
    let scheme = Scheme::standard_webhooks().with_secret_form(SecretForm::Text);
    let mut rig_of_id = rig(scheme.clone());
    assert_eq!(rig_of_id.status(request(&signed(&scheme, BODY), BODY)).await, HANDLED);
    assert_eq!(rig_of_id.status(request(&later(&scheme, BODY), BODY)).await, REPLAYED);
    // Without a signed id the time makes it another message.
    let mut rig_of_time = rig(Scheme::stripe());
    assert_eq!(rig_of_time.status(request(&signed(&Scheme::stripe(), BODY), BODY)).await, HANDLED);
    let later = later(&Scheme::stripe(), BODY);
    assert_eq!(rig_of_time.status(request(&later, BODY)).await, HANDLED);
}

/// An id in a body that is covered, or in one that holds the signature.
#[tokio::test]
async fn an_id_in_the_body_is_the_message_too() {
    let after = |seconds| NOW + Duration::from_secs(seconds);
    let secret = Secret::new(SECRET).unwrap();
    let scheme = Scheme::stripe().with_id_member(Member::new("id"));
    let mut covered = rig(scheme.clone());
    let bodies = [br#"{"id":"evt_1","attempt":1}"#, br#"{"id":"evt_1","attempt":2}"#];
    for (body, at, want) in
        [(bodies[0], 0, HANDLED), (bodies[0], 1, REPLAYED), (bodies[1], 2, REPLAYED)]
    {
        let headers = scheme.sign(&secret, &Message::new(body, after(at))).unwrap();
        assert_eq!(covered.status(request(&headers, body)).await, want);
    }
    let other = br#"{"id":"evt_2","attempt":1}"#;
    let headers = scheme.sign(&secret, &Message::new(other, NOW)).unwrap();
    assert_eq!(covered.status(request(&headers, other)).await, HANDLED);

    let scheme = Scheme::mailgun();
    let clock = ManualClock::at(NOW);
    let store = MemoryReplayStore::default().clock(clock.clone());
    let policy = builder(scheme.clone(), &clock).dangerously_accept_coverage(Coverage::Fields);
    let mut beside = Rig::with(&clock, policy.replay(store));
    for (at, want) in [(0, HANDLED), (1, REPLAYED)] {
        let body = scheme.sign_body(&secret, &Message::new(b"{}", after(at)).id("token")).unwrap();
        let request = post(HeaderMap::new(), Script::new().data(body));
        assert_eq!(beside.status(request).await, want, "mailgun");
    }
}

fn twilio(origin: &str, body: &[u8]) -> HeaderMap {
    let url = format!("{origin}/hooks?a=1");
    let message = Message::new(body, NOW).url(&url);
    let mut headers = Scheme::twilio().sign(&Secret::new(SECRET).unwrap(), &message).unwrap();
    let form = header("content-type", "application/x-www-form-urlencoded");
    headers.extend([(Some(form.0), form.1)]);
    headers
}

#[tokio::test]
async fn a_form_is_what_was_signed_of_it() {
    let mut rig = rig(Scheme::twilio());
    let headers = twilio("https://api.example.test", b"A=BC&D=1");
    assert_eq!(rig.status(request(&headers, b"A=BC&D=1")).await, HANDLED);
    // In another order, and cut elsewhere: the same bytes were signed, and one signature is good
    // for all of them.
    for body in [&b"D=1&A=BC"[..], b"AB=C&D=1", b"A=BC&D=1&A=BC"] {
        assert_eq!(rig.status(request(&headers, body)).await, REPLAYED);
    }
    let other = twilio("https://api.example.test", b"A=BC&D=2");
    assert_eq!(rig.status(request(&other, b"A=BC&D=2")).await, HANDLED);
}

#[tokio::test]
async fn policies_that_share_a_store_share_no_messages() {
    let clock = ManualClock::at(NOW);
    let store = Arc::new(MemoryReplayStore::default().clock(clock.clone()));
    let headers = signed(&Scheme::github(), BODY);
    for name in ["one", "two"] {
        let policy = rempart_signature::Policy::builder(name)
            .scheme(Scheme::github())
            .keys(both_keys())
            .timer(clock.clone())
            .replay(Arc::clone(&store))
            .replay_ttl(TTL);
        let layer = rempart_signature::SignatureLayer::new(policy.build().unwrap()).observer(());
        let mut rig = Rig::around(&clock, &layer, crate::support::Recorder::default());
        assert_eq!(rig.status(request(&headers, BODY)).await, HANDLED, "{name}");
        assert_eq!(rig.status(request(&headers, BODY)).await, REPLAYED, "{name}");
    }
}

#[tokio::test]
async fn nothing_is_looked_up_before_the_signature_is_found_good() {
    let clock = ManualClock::at(NOW);
    let policy = || builder(Scheme::stripe(), &clock).replay(Untouched).build().unwrap();
    let good = signed(&Scheme::stripe(), BODY);
    let wrong = signed_with(&Scheme::stripe(), OTHER_SECRET, BODY);
    let mut twice = good.clone();
    twice.append("stripe-signature", good["stripe-signature"].clone());
    let requests: Vec<(&str, Request<Script>)> = vec![
        ("unsigned", post(HeaderMap::new(), Script::new().data(BODY))),
        ("signed twice", request(&twice, BODY)),
        ("signed by another", request(&wrong, BODY)),
        ("altered", request(&good, b"another body")),
        ("cut off", post(good.clone(), Script::new().data(BODY).then(rempart_testing::Step::Cut))),
    ];
    for (why, request) in requests {
        let (layer, recorder) = layer(policy(), &clock);
        let mut rig = Rig::around(&clock, &layer, recorder);
        let (status, called) = rig.status(request).await;
        assert!(status.is_client_error() && !called, "{why}");
    }
    clock.advance(Duration::from_secs(301));
    let (layer, recorder) = layer(policy(), &clock);
    let mut rig = Rig::around(&clock, &layer, recorder);
    assert_eq!(rig.status(request(&good, BODY)).await, (StatusCode::UNAUTHORIZED, false));
}

/// One signature is good for two spellings of a path: neither makes another message of it.
#[tokio::test]
async fn a_respelled_url_is_what_was_signed() {
    for origin in ["https://api.example.test", "https://api.example.test:443"] {
        let mut rig = rig(Scheme::twilio());
        let url = format!("{origin}/hooks?q=it%27s");
        let message = Message::new(b"A=1", NOW).url(&url);
        let mut headers = Scheme::twilio().sign(&Secret::new(SECRET).unwrap(), &message).unwrap();
        let form = header("content-type", "application/x-www-form-urlencoded");
        headers.extend([(Some(form.0), form.1)]);
        let asked = |path: &str| {
            let mut request = request(&headers, b"A=1");
            *request.uri_mut() = path.parse().unwrap();
            request
        };
        assert_eq!(rig.status(asked("/hooks?q=it%27s")).await, HANDLED, "{origin}");
        assert_eq!(rig.status(asked("/hooks?q=it's")).await, REPLAYED, "{origin}");
        assert_eq!(rig.status(asked("/hooks?q=its")).await.0, StatusCode::UNAUTHORIZED);
    }
}

/// One key makes many signatures of one message, and whoever has one of them can alter some.
#[cfg(all(feature = "ecdsa", feature = "ed25519", feature = "ring"))]
#[tokio::test]
async fn another_signature_of_a_pair_makes_no_other_message() {
    use crate::public_keys::{PAIRS, scheme, secret};
    for (algorithm, private, public) in PAIRS {
        let clock = ManualClock::at(NOW);
        let store = MemoryReplayStore::default().clock(clock.clone());
        let scheme = scheme(algorithm);
        let keys = KeyRing::single(id("pair"), secret(public));
        let mut rig = Rig::with(&clock, builder(scheme.clone(), &clock).keys(keys).replay(store));
        let sign = |body| scheme.sign(&secret(private), &Message::new(body, NOW)).unwrap();
        assert_eq!(rig.status(request(&sign(BODY), BODY)).await, HANDLED, "{algorithm:?}");
        assert_eq!(rig.status(request(&sign(BODY), BODY)).await, REPLAYED, "{algorithm:?}");
        assert_eq!(rig.status(request(&sign(b"x"), b"x")).await, HANDLED, "{algorithm:?}");
    }
}
