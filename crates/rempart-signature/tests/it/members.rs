//! A time or an id in the body counts once it is known who wrote the body.

use std::time::Duration;

use http::HeaderName;
use rempart_core::{ManualClock, Reason};
use rempart_keys::Secret;
use rempart_signature::{Member, Message, Scheme, SignError};
use rempart_testing::Script;

use crate::support::{NOW, SECRET, builder, header, post, send, signed};

fn at(millis: u128) -> String {
    format!(r#"{{"webhookTimestamp":{millis},"data":{{"webhookTimestamp":1}}}}"#)
}

#[tokio::test]
async fn a_time_in_the_body_is_judged_by_its_window() {
    let clock = ManualClock::at(NOW);
    let policy = builder(Scheme::linear(), &clock).build().unwrap();
    let now = NOW.as_millis();
    #[rustfmt::skip]
    let rows = [
        (at(now),                                 None),
        (at(now - 60_000),                        None),
        (at(now - 60_001),                        Some(Reason::StaleTimestamp)),
        (at(now + 60_000),                        None),
        (at(now + 60_001),                        Some(Reason::FutureTimestamp)),
        (format!(r#"{{"webhookTimestamp":"{now}"}}"#), None),
        (format!(r#"{{"webhookTimestamp":{now}.0}}"#), Some(Reason::Malformed)),
        (format!(r#"{{"webhookTimestamp":-{now}}}"#), Some(Reason::Malformed)),
        (format!(r#"{{"data":{{"webhookTimestamp":{now}}}}}"#), Some(Reason::Missing)),
        (format!(r#"{{"webhookTimestamp":1,"webhookTimestamp":{now}}}"#), Some(Reason::Duplicated)),
        ("[]".to_owned(),                         Some(Reason::Malformed)),
        (String::new(),                           Some(Reason::Malformed)),
    ];
    for (body, want) in rows {
        // Signed by somebody who has the key, whatever it holds.
        let headers = signed(&Scheme::linear().body_only(), body.as_bytes());
        let outcome = send(policy.clone(), post(headers, Script::new().data(body.clone()))).await;
        assert_eq!(outcome.reason(), want, "{body}");
    }
}

#[tokio::test]
async fn a_forger_learns_nothing_of_the_time() {
    let clock = ManualClock::at(NOW);
    let policy = builder(Scheme::linear(), &clock).build().unwrap();
    let headers = || [header("linear-signature", &"0".repeat(64))].into_iter().collect();
    for body in [at(0), at(NOW.as_millis()), "no JSON".to_owned()] {
        let outcome = send(policy.clone(), post(headers(), Script::new().data(body))).await;
        assert_eq!(outcome.reason(), Some(Reason::Mismatch));
    }
}

#[tokio::test]
async fn a_body_in_pieces_is_read_as_one_and_passed_on_in_pieces() {
    let clock = ManualClock::at(NOW);
    let scheme = Scheme::linear().with_id_member(Member::new("data.id"));
    let policy = builder(scheme, &clock).build().unwrap();
    let body = format!(r#"{{"webhookTimestamp":{},"data":{{"id":"made-up-1"}}}}"#, NOW.as_millis());
    let headers = signed(&Scheme::linear().body_only(), body.as_bytes());
    let (front, back) = body.split_at(24);
    let script = Script::new().data(front.to_owned()).data(back.to_owned());
    let outcome = send(policy, post(headers, script)).await;
    assert_eq!(outcome.verified().timestamp(), Some(NOW));
    assert_eq!(outcome.verified().signed_id(), Some("made-up-1"));
    assert_eq!(outcome.handled.unwrap().frames, [front, back]);
}

#[test]
fn signing_asks_for_what_verifying_will_read() {
    let secret = Secret::new(SECRET).unwrap();
    let linear = Scheme::linear();
    let unfit = |path: &'static str| SignError::Member { member: Member::new(path) };
    let sign = |body: &str| linear.sign(&secret, &Message::new(body.as_bytes(), NOW)).map(drop);
    assert_eq!(sign(&at(1_700_000_000_000)), Ok(()));
    assert_eq!(sign("{}"), Err(unfit("webhookTimestamp")));

    let mailgun = Scheme::mailgun();
    let message = |body: &'static str| Message::new(body.as_bytes(), NOW).id("token");
    let sign = |body| {
        mailgun.sign_body(&secret, &message(body)).map(|body| String::from_utf8(body).unwrap())
    };
    let written = |body: &str| sign_of(&secret, body);
    assert_eq!(sign("{}"), Ok(written("}")));
    assert_eq!(sign(r#" { "a": 1 }"#), Ok(written(r#", "a": 1 }"#)));
    for body in ["", "[]", r#"{"signature":{}}"#, r#"{"a":1"#, "{} {}"] {
        assert_eq!(sign(body), Err(unfit("signature.timestamp")), "{body}");
    }
    assert_eq!(mailgun.sign(&secret, &message("{}")), Err(SignError::InBody));
    let quote = Message::new(b"{}", NOW).id("a\"b");
    assert_eq!(mailgun.sign_body(&secret, &quote), Err(unfit("signature.token")));
    assert_eq!(Scheme::vapi().sign_body(&secret, &message("{}")), Err(SignError::InHeaders));
    let missing = Message::new(b"{}", NOW);
    assert_eq!(mailgun.sign_body(&secret, &missing), Err(SignError::IdMissing));
}

/// Mailgun's three members, and what follows them. The MAC is that of time and token.
fn sign_of(secret: &Secret, rest: &str) -> String {
    let fields = Scheme::vapi().with_template("1700000000token{body}".parse().unwrap());
    let headers = fields.sign(secret, &Message::new(b"", Duration::ZERO)).unwrap();
    let signature = headers[HeaderName::from_static("x-vapi-signature")].to_str().unwrap();
    format!(
        r#"{{"signature":{{"timestamp":"1700000000","token":"token","signature":"{signature}"}}{rest}"#
    )
}
