//! Challenges of senders that sign them.

use http::{HeaderMap, Method, StatusCode, header};
use rempart_core::{EventKind, ManualClock, Outcome, Reason};
use rempart_keys::KeyRing;
use rempart_signature::{Challenge, Scheme};
use rempart_testing::Script;

use super::{ask, asks, assert_answered, policy, request, signed, signing, twitch};
use crate::support::{NOW, builder, id, secrets_of, send};

const SLACK: &str = r#"{"token":"x","challenge":"3eZbrw1aBm2rZgRNFdxV","type":"url_verification"}"#;

const TWITCH: &str = r#"{"challenge":"pogchamp-kappa-360noscope-vohiyo","subscription":{
    "id":"f1c2a387","status":"webhook_callback_verification_pending","type":"channel.follow",
    "condition":{"broadcaster_user_id":"12826"},"cost":1,"created_at":"2019-11-16T10:11:12.634234626Z"}}"#;

const ZOOM: &str = r#"{"payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"},"event_ts":1654503849680,"event":"endpoint.url_validation"}"#;

const PING: &str = r#"{"application_id":"1","id":"2","token":"x","type":1,"version":1}"#;

fn challenge_of(scheme: &Scheme) -> &'static str {
    match scheme.name() {
        "discord" => PING,
        "slack" => SLACK,
        "twitch" => TWITCH,
        _ => ZOOM,
    }
}

#[tokio::test]
async fn each_is_answered_as_its_sender_expects() {
    let got = ask(&Scheme::slack(), Challenge::slack(), SLACK).await;
    assert_answered(&got, StatusCode::OK, "text/plain", "3eZbrw1aBm2rZgRNFdxV");
    let got = ask(&twitch(), Challenge::twitch(), TWITCH).await;
    assert_answered(&got, StatusCode::OK, "text/plain", "pogchamp-kappa-360noscope-vohiyo");
}

#[cfg(all(feature = "ecdsa", feature = "ed25519", feature = "ring"))]
#[tokio::test]
async fn a_ping_is_answered_with_a_pong() {
    let discord = Scheme::discord();
    let got = ask(&discord, Challenge::discord(), PING).await;
    assert_answered(&got, StatusCode::OK, "application/json", r#"{"type":1}"#);
    let ping = r#"{"version":1,"application_id":"1","type":0}"#;
    let got = ask(&discord, Challenge::discord(), ping).await;
    assert_answered(&got, StatusCode::NO_CONTENT, "application/json", "");
    let handled = [
        r#"{"type":2,"data":{"type":1}}"#,
        r#"{"version":1,"type":1,"event":{"type":"ENTITLEMENT_CREATE"}}"#,
        r#"{"type":"1"}"#,
        r#"{"type":1.0}"#,
        r#"{"type":-1}"#,
    ];
    for body in handled {
        let got = ask(&discord, Challenge::discord(), body).await;
        assert!(got.handled.is_some(), "{body}");
    }
    for body in [r#"{"type":1,"type":2}"#, r#"{"type":1,"type":1}"#] {
        let got = ask(&discord, Challenge::discord(), body).await;
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert!(got.handled.is_none());
    }
}

#[tokio::test]
async fn nothing_is_answered_before_its_signature_is_verified() {
    for (scheme, challenge) in signing() {
        let body = challenge_of(&scheme);
        let mut unsigned = HeaderMap::new();
        unsigned.insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        // Well formed, and of another body.
        let wrong = signed(&scheme, &body.as_bytes()[1..]);
        for (headers, reason) in [(unsigned, Reason::Missing), (wrong, Reason::Mismatch)] {
            let body = Script::new().data(body);
            let request = request(Method::POST, "/hooks", headers, body);
            let got = send(policy(&scheme, challenge.clone()), request).await;
            assert_eq!(got.status, StatusCode::UNAUTHORIZED);
            assert_eq!(got.reason(), Some(reason));
            assert!(got.handled.is_none());
        }
    }
}

#[tokio::test]
async fn what_is_no_challenge_is_handled_as_ever() {
    let long =
        format!(r#"{{"challenge":"a","type":"url_verification","x":"{}"}}"#, "x".repeat(4096));
    let (slack, twitch, zoom) = (Scheme::slack(), twitch(), Scheme::zoom());
    let refused = TWITCH.replace("webhook_callback_verification_pending", "authorization_revoked");
    let deep = format!(r#"{{"type":{}"url_verification"{}}}"#, "[".repeat(99), "]".repeat(99));
    #[rustfmt::skip]
    let rows = [
        ("an event",                   &slack,   r#"{"type":"event_callback","challenge":"a"}"#),
        ("one that quotes it",         &slack,   r#"{"event":{"type":"url_verification","challenge":"a"}}"#),
        ("in a list",                  &slack,   r#"[{"type":"url_verification","challenge":"a"}]"#),
        ("a type that is no text",     &slack,   r#"{"type":["url_verification"],"challenge":"a"}"#),
        ("no JSON",                    &slack,   r#"{"type":"url_verification","challenge":"a""#),
        ("nested too deep",            &slack,   &*deep),
        ("two in one",                 &slack,   r#"{"type":"url_verification","challenge":"a"}{}"#),
        ("a form",                     &slack,   "type=url_verification&challenge=a"),
        ("nothing",                    &slack,   ""),
        ("longer than challenges are", &slack,   &*long),
        ("a notification",             &twitch,  r#"{"subscription":{"status":"enabled"},"event":{"challenge":"a"}}"#),
        ("a revocation",               &twitch,  &*refused),
        ("a challenge of nothing",     &twitch,  r#"{"challenge":"a"}"#),
        ("another event",              &zoom,    r#"{"event":"meeting.started","payload":{"plainToken":"a"}}"#),
    ];
    for (name, scheme, body) in rows {
        let challenge = signing().into_iter().find(|(known, _)| known == scheme).unwrap().1;
        let got = ask(scheme, challenge, body).await;
        let handled = got.handled.unwrap_or_else(|| panic!("{name}: {}", got.status));
        assert_eq!(handled.frames.concat(), body.as_bytes(), "{name}");
        assert_eq!(
            (got.told[0].kind, got.told[0].outcome),
            (EventKind::Signature, Outcome::Allowed)
        );
    }
}

#[tokio::test]
async fn only_a_post_of_json_is_a_challenge() {
    let types: [&[&str]; 6] = [
        &[],
        &["text/plain"],
        &["application/x-www-form-urlencoded"],
        &["application/jsonp"],
        &["application/json", "application/json"],
        &["application/json, text/plain"],
    ];
    for types in types {
        let mut asks = asks(&Scheme::slack(), SLACK);
        asks.headers_mut().remove(header::CONTENT_TYPE);
        for value in types {
            asks.headers_mut().append(header::CONTENT_TYPE, value.parse().unwrap());
        }
        let got = send(policy(&Scheme::slack(), Challenge::slack()), asks).await;
        assert!(got.handled.is_some(), "{types:?}");
    }
    for method in [Method::PUT, Method::GET, Method::DELETE] {
        let mut asks = asks(&Scheme::slack(), SLACK);
        *asks.method_mut() = method.clone();
        let got = send(policy(&Scheme::slack(), Challenge::slack()), asks).await;
        assert_eq!(got.reason(), Some(Reason::MethodNotAllowed), "{method}");
    }
    let mut shouted = asks(&Scheme::slack(), SLACK);
    shouted.headers_mut().insert(header::CONTENT_TYPE, "Application/JSON ;a=b".parse().unwrap());
    let got = send(policy(&Scheme::slack(), Challenge::slack()), shouted).await;
    assert_eq!(got.body, "3eZbrw1aBm2rZgRNFdxV");
}

#[tokio::test]
async fn a_challenge_that_is_misshapen_reaches_nobody() {
    let (slack, twitch) = (Scheme::slack(), twitch());
    let [fits, long] = [256, 257]
        .map(|n| format!(r#"{{"type":"url_verification","challenge":"{}"}}"#, "a".repeat(n)));
    let pending = r#""subscription":{"status":"webhook_callback_verification_pending"}"#;
    let of_twitch = |rest: &str| format!("{{{pending}{rest}}}");
    let rows = [
        ("twice", &slack, r#"{"type":"url_verification","challenge":"a","challenge":"b"}"#.into()),
        (
            "twice the same",
            &slack,
            r#"{"type":"url_verification","challenge":"a","challenge":"a"}"#.into(),
        ),
        (
            "twice in two spellings",
            &slack,
            r#"{"type":"url_verification","challenge":"a","ch\u0061llenge":"b"}"#.into(),
        ),
        (
            "two types",
            &slack,
            r#"{"type":"event_callback","challenge":"a","type":"url_verification"}"#.into(),
        ),
        (
            "two types, turned",
            &slack,
            r#"{"type":"url_verification","challenge":"a","type":"event_callback"}"#.into(),
        ),
        ("an escaped type", &slack, r#"{"type":"url\u005fverification","challenge":"<b>"}"#.into()),
        ("without it", &slack, r#"{"type":"url_verification"}"#.into()),
        ("a number", &slack, r#"{"type":"url_verification","challenge":1}"#.into()),
        ("null", &slack, r#"{"type":"url_verification","challenge":null}"#.into()),
        ("empty", &slack, r#"{"type":"url_verification","challenge":""}"#.into()),
        ("a tag", &slack, r#"{"type":"url_verification","challenge":"<b>"}"#.into()),
        ("a line break", &slack, r#"{"type":"url_verification","challenge":"a\r\nb"}"#.into()),
        ("letters of elsewhere", &slack, r#"{"type":"url_verification","challenge":"é"}"#.into()),
        ("too long", &slack, long),
        ("without it", &twitch, of_twitch("")),
        ("a tag", &twitch, of_twitch(r#","challenge":"<b>""#)),
        ("two subscriptions", &twitch, of_twitch(&format!(r#","challenge":"a",{pending}"#))),
    ];
    for (name, scheme, body) in rows {
        let challenge = signing().into_iter().find(|(known, _)| known == scheme).unwrap().1;
        let got = ask(scheme, challenge, &body).await;
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(got.handled.is_none(), "{name}");
        assert_eq!(got.reason(), Some(Reason::InvalidBody));
        assert_eq!((got.told[0].kind, got.told[0].outcome), (EventKind::Body, Outcome::Refused));
    }
    let got = ask(&slack, Challenge::slack(), &fits).await;
    assert_answered(&got, StatusCode::OK, "text/plain", &"a".repeat(256));
}

#[tokio::test]
async fn a_challenge_in_many_frames_is_the_same() {
    let headers = signed(&Scheme::slack(), SLACK.as_bytes());
    let bytes = SLACK.as_bytes().iter();
    let body = bytes.fold(Script::new(), |body, byte| body.data(vec![*byte]));
    let asks = request(Method::POST, "/hooks?a=1", headers, body);
    let got = send(policy(&Scheme::slack(), Challenge::slack()), asks).await;
    assert_answered(&got, StatusCode::OK, "text/plain", "3eZbrw1aBm2rZgRNFdxV");
}

/// Whoever replays one has seen its answer, and changes nothing by it; and a signed time ends that.
#[tokio::test]
async fn a_replayed_challenge_gets_the_same_answer_while_its_time_is_good() {
    let slack = policy(&Scheme::slack(), Challenge::slack());
    let bodies = [SLACK, SLACK];
    for body in bodies {
        let got = send(slack.clone(), asks(&Scheme::slack(), body)).await;
        assert_answered(&got, StatusCode::OK, "text/plain", "3eZbrw1aBm2rZgRNFdxV");
    }
    let mut late = asks(&Scheme::slack(), SLACK);
    let old = (NOW.as_secs() - 301).to_string().parse().unwrap();
    late.headers_mut().insert("x-slack-request-timestamp", old);
    let got = send(slack, late).await;
    assert_eq!(got.reason(), Some(Reason::StaleTimestamp));
}

#[tokio::test]
async fn without_a_challenge_the_handler_is_asked() {
    for (scheme, _) in signing() {
        let (_, verifies) = secrets_of(&scheme).unwrap();
        let policy = builder(scheme.clone(), &ManualClock::at(NOW));
        let policy = policy.keys(KeyRing::single(id("current"), verifies)).build().unwrap();
        let got = send(policy, asks(&scheme, challenge_of(&scheme))).await;
        assert!(got.handled.is_some(), "{}", scheme.name());
    }
}
