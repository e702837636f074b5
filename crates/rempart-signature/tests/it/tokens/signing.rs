//! Signing tokens is the counterpart of verifying them.

use http::StatusCode;
use rempart_core::ManualClock;
use rempart_keys::{Key, KeyRing, Secret};
use rempart_signature::{
    Algorithm, BodyToken, ConfigError, Message, Scheme, SecretForm, SignError, SignPolicy,
};
use rempart_testing::canary;
use tower::ServiceExt;

use super::by_hand::{base64url, send_body};
use super::{building, policy};
use crate::client::round_trip::{client, message, start};
use crate::support::{BODY, NOW, OTHER_SECRET, SECRET, id, key};

fn current() -> Key {
    key("current", SECRET)
}

#[tokio::test]
async fn what_is_signed_verifies() {
    let tokens = [
        BodyToken::livekit("APImadeup"),
        BodyToken::netlify(),
        BodyToken::vonage(),
        BodyToken::vonage().with_issuer("a \"quoted\"\\ one\u{1}é").with_key_names(),
        BodyToken::vonage().with_algorithm(Algorithm::HmacSha512),
    ];
    for token in tokens {
        for body in [BODY, b"", &[0xff; 100]] {
            let message = Message::new(body, NOW).id("msg_1");
            let headers = token.sign(&current(), &message).unwrap();
            let outcome = send_body(&policy(token.clone()), headers, body).await;
            assert_eq!(outcome.status, StatusCode::OK, "{token}");
            assert_eq!(outcome.verified().signed_id(), Some("msg_1"));
        }
    }
}

#[test]
fn a_token_is_written_as_its_sender_writes_it() {
    let message = Message::new(BODY, NOW).id("made-up-1");
    let headers = BodyToken::vonage().with_issuer("Vonage").sign(&current(), &message).unwrap();
    let claims = format!(
        r#"{{"iss":"Vonage","iat":1700000000,"jti":"made-up-1","payload_hash":"{}"}}"#,
        Scheme::digest_of(BODY)
    );
    let want = super::by_hand::token(super::by_hand::HEADER, &claims);
    assert_eq!(headers["authorization"], format!("Bearer {want}"));
    assert!(headers["authorization"].is_sensitive());
    let bare = BodyToken::livekit("a").sign(&current(), &Message::new(BODY, NOW)).unwrap();
    let header = base64url(super::by_hand::HEADER);
    assert!(bare["authorization"].to_str().unwrap().starts_with(&header));
}

#[test]
fn what_cannot_be_signed_is_not() {
    let sign = |token: BodyToken, message: &Message<'_>| token.sign(&current(), message).err();
    let plain = Message::new(BODY, NOW);
    for id in ["", "a b", "\u{e9}", "a\n"] {
        let error = sign(BodyToken::vonage(), &plain.clone().id(id));
        assert_eq!(error, Some(SignError::IdMalformed), "{id:?}");
    }
    let hex = BodyToken::vonage().with_secret_form(SecretForm::hex(""));
    assert_eq!(sign(hex, &plain), Some(SignError::SecretForm));
    let unfit = sign(BodyToken::vonage().with_issuer(""), &plain);
    assert!(matches!(unfit, Some(SignError::Scheme(_))));
    let end_of_time = Message::new(BODY, std::time::Duration::MAX);
    assert_eq!(sign(BodyToken::livekit("a"), &end_of_time), Some(SignError::Time));
}

fn sending(token: BodyToken, ring: KeyRing) -> SignPolicy {
    let policy = SignPolicy::builder().body_token(token).keys(ring);
    policy.dangerously_without_read_deadline().build().unwrap()
}

#[tokio::test]
async fn what_one_service_sends_the_other_takes_and_keys_turn() {
    let clock = ManualClock::at(NOW);
    let token = BodyToken::vonage().with_key_names();
    let both = KeyRing::single(id("old"), key("old", SECRET).secret().clone());
    let both = both.add(key("new", OTHER_SECRET)).unwrap();
    let policy = building(token.clone()).keys(both.clone()).timer(clock.clone()).build().unwrap();
    let address = start(|_| policy.into(), &clock).await;
    let sender = sending(token, both.clone());
    let turned = sender.with_keys(both.promote(id("new"), NOW).unwrap()).unwrap();
    for (sender, key) in [(sender, "old"), (turned, "new")] {
        let client = client(sender, &clock);
        let response = client.oneshot(message(address, "{}")).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["x-key"], key);
    }
}

#[test]
fn a_sender_has_one_way_of_signing_and_prints_no_secret() {
    let builder = || SignPolicy::builder().body_token(BodyToken::vonage());
    let ring = KeyRing::single(id("a"), Secret::new(SECRET).unwrap());
    let faults = builder().scheme(Scheme::vapi()).keys(ring.clone());
    let faults = faults.dangerously_without_read_deadline().build().unwrap_err();
    assert!(faults.iter().eq([&ConfigError::SeveralSchemes]));
    let none = builder().dangerously_without_read_deadline().build().unwrap_err();
    assert!(none.iter().eq([&ConfigError::NoSigningKey]));
    let policy = sending(BodyToken::vonage(), ring);
    assert_eq!(policy.body_limit(), Scheme::BODY_LIMIT);
    canary::assert_absent(format!("{policy:?}"), SECRET);
}
