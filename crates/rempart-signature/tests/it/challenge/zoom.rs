//! Zoom has a text of its choice signed by the key that signs its events.

use http::{HeaderName, Method, StatusCode};
use rempart_core::{ManualClock, Reason};
use rempart_keys::KeyRing;
use rempart_signature::{Challenge, Message, Scheme};
use rempart_testing::{Script, canary};

use super::{ask, asks, assert_answered, policy, request};
use crate::support::{
    NOW, OTHER_SECRET, SECRET, builder, header as pair, id, key, send, signed_with,
};

/// The hexadecimal HMAC-SHA-256 of a text: what a naive responder makes of any.
fn hmac(secret: &str, text: &str) -> String {
    let scheme = Scheme::new("naive", HeaderName::from_static("x-naive"));
    let message = Message::new(text.as_bytes(), NOW);
    let headers = scheme.sign(key("a", secret).secret(), &message).unwrap();
    headers["x-naive"].to_str().unwrap().to_owned()
}

fn question(token: &str) -> String {
    let token = serde_json::to_string(token).unwrap();
    format!(r#"{{"payload":{{"plainToken":{token}}},"event":"endpoint.url_validation"}}"#)
}

fn answer(token: &str, secret: &str) -> String {
    let signed = hmac(secret, token);
    format!(r#"{{"plainToken":"{token}","encryptedToken":"{signed}"}}"#)
}

#[tokio::test]
async fn the_token_is_signed() {
    for token in ["qgg8vlvZRS6UYooatFL8Aw", "a", &"_-".repeat(32)] {
        let got = ask(&Scheme::zoom(), Challenge::zoom(), &question(token)).await;
        assert_answered(&got, StatusCode::OK, "application/json", &answer(token, SECRET));
    }
}

/// What a naive responder signs is an event; ours signs nothing of the kind.
#[tokio::test]
async fn an_answer_is_never_the_signature_of_an_event() {
    let event = r#"{"event":"meeting.started","payload":{"account_id":"forged"}}"#;
    let token = format!("v0:{}:{event}", NOW.as_secs());

    // A responder that signs whatever it is asked to has signed this event …
    let forged = format!("v0={}", hmac(SECRET, &token));
    let time = NOW.as_secs().to_string();
    let headers = [pair("x-zm-signature", &forged), pair("x-zm-request-timestamp", &time)];
    let headers = headers.into_iter().collect();
    let forged = request(Method::POST, "/hooks", headers, Script::new().data(event));
    let got = send(policy(&Scheme::zoom(), Challenge::zoom()), forged).await;
    assert!(got.handled.is_some(), "the forgery is one");

    // … and ours refuses to, though the question itself be signed.
    let got = ask(&Scheme::zoom(), Challenge::zoom(), &question(&token)).await;
    assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(got.reason(), Some(Reason::InvalidBody));
    canary::assert_absent(&got.body, hmac(SECRET, &token));
}

#[tokio::test]
async fn no_token_holds_what_an_event_begins_with() {
    let long = "a".repeat(65);
    let tokens = ["", "v0:1:{}", "v0:", ":", "a b", "a.b", "a+b/c=", "é", "a\n", "\"", "\\", &long];
    let rows = tokens.map(question).into_iter().chain([
        r#"{"payload":{"plainToken":"a","plainToken":"b"},"event":"endpoint.url_validation"}"#
            .into(),
        r#"{"payload":{"plainToken":7},"event":"endpoint.url_validation"}"#.into(),
        r#"{"payload":{},"event":"endpoint.url_validation"}"#.into(),
        r#"{"payload":"a","event":"endpoint.url_validation"}"#.into(),
        r#"{"plainToken":"a","event":"endpoint.url_validation"}"#.into(),
        r#"{"event":"endpoint.url_validation"}"#.into(),
        r#"{"payload":{"plainToken":"a"},"payload":{},"event":"endpoint.url_validation"}"#.into(),
        r#"{"payload":{"plainToken":"a"},"event":"x","event":"endpoint.url_validation"}"#.into(),
    ]);
    for body in rows {
        let got = ask(&Scheme::zoom(), Challenge::zoom(), &body).await;
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert!(got.handled.is_none());
    }
}

#[tokio::test]
async fn the_key_that_verified_the_question_signs_the_answer() {
    let clock = ManualClock::at(NOW);
    let ring = KeyRing::single(id("old"), key("old", SECRET).secret().clone());
    let ring = ring.add(key("new", OTHER_SECRET)).unwrap();
    let zoom = builder(Scheme::zoom(), &clock).keys(ring.clone()).challenge(Challenge::zoom());
    let zoom = zoom.build().unwrap();
    let ask = |secret: &'static str| {
        let body = question("qgg8vlvZRS6UYooatFL8Aw");
        let mut asks = asks(&Scheme::zoom(), &body);
        asks.headers_mut().extend(signed_with(&Scheme::zoom(), secret, body.as_bytes()));
        asks
    };
    for secret in [SECRET, OTHER_SECRET] {
        let got = send(zoom.clone(), ask(secret)).await;
        let wanted = answer("qgg8vlvZRS6UYooatFL8Aw", secret);
        assert_answered(&got, StatusCode::OK, "application/json", &wanted);
    }
    let without = zoom.with_keys(ring.revoke(id("old")).unwrap()).unwrap();
    let got = send(without, ask(SECRET)).await;
    assert_eq!(got.status, StatusCode::UNAUTHORIZED);
}
