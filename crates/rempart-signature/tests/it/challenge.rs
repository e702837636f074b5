//! The questions by which senders ask whose endpoint this is.

mod config;
mod handshake;
mod signed;
mod zoom;

use http::{HeaderMap, HeaderName, Method, Request, StatusCode, Uri, header};
use rempart_core::{EventKind, ManualClock, Outcome, Reason};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{Challenge, Head, Message, Policy, Scheme, verify};
use rempart_testing::{Script, canary};

use crate::support::{NOW, Outcomes, builder, header as pair, id, secrets_of, send};

/// Made up.
const VERIFY_TOKEN: &str = "a-made-up/verify token";

fn policy(scheme: &Scheme, challenge: Challenge) -> Policy {
    let (_, verifies) = secrets_of(scheme).unwrap();
    let builder = builder(scheme.clone(), &ManualClock::at(NOW)).challenge(challenge);
    builder.keys(KeyRing::single(id("current"), verifies)).build().unwrap()
}

/// Each sender that signs, with its scheme.
fn signing() -> Vec<(Scheme, Challenge)> {
    vec![
        #[cfg(all(feature = "ecdsa", feature = "ed25519", feature = "ring"))]
        (Scheme::discord(), Challenge::discord()),
        (Scheme::slack(), Challenge::slack()),
        (twitch(), Challenge::twitch()),
        (Scheme::zoom(), Challenge::zoom()),
    ]
}

fn twitch() -> Scheme {
    let header = HeaderName::from_static("twitch-eventsub-message-signature");
    Scheme::preset("twitch").unwrap_or_else(|| Scheme::new("twitch", header))
}

/// The headers of JSON as the sender would sign it.
fn signed(scheme: &Scheme, body: &[u8]) -> HeaderMap {
    let (signs, _) = secrets_of(scheme).unwrap();
    let mut headers = scheme.sign(&signs, &Message::new(body, NOW).id("msg_1")).unwrap();
    let (name, value) = pair("content-type", "application/json; charset=utf-8");
    headers.insert(name, value);
    headers
}

/// A `POST` of JSON as the sender would make it.
fn asks(scheme: &Scheme, body: &str) -> Request<Script> {
    let headers = signed(scheme, body.as_bytes());
    request(Method::POST, "/hooks?a=1", headers, Script::new().data(body.to_owned()))
}

fn request(method: Method, uri: &str, headers: HeaderMap, body: Script) -> Request<Script> {
    let mut request = Request::builder().method(method).uri(uri).body(body).unwrap();
    *request.headers_mut() = headers;
    request
}

async fn ask(scheme: &Scheme, challenge: Challenge, body: &str) -> Outcomes {
    send(policy(scheme, challenge), asks(scheme, body)).await
}

/// The layer has answered, has told so once, and the service was not called.
#[track_caller]
fn assert_answered(got: &Outcomes, status: StatusCode, content_type: &str, body: &str) {
    assert_eq!((got.status, &*got.body), (status, body.as_bytes()));
    let wanted = [
        (header::CONTENT_TYPE, content_type),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in wanted {
        assert_eq!(got.headers[&name], value, "{name}");
    }
    assert!(got.handled.is_none());
    let [told] = got.told[..] else { panic!("{:?}", got.told) };
    assert_eq!((told.kind, told.outcome), (EventKind::Signature, Outcome::Allowed));
    assert_eq!(told.reason, Some(Reason::Challenge));
    assert!(told.elapsed.is_some());
}

#[test]
fn prints_no_token_and_no_answer() {
    let challenge = Challenge::meta(Secret::new(VERIFY_TOKEN).unwrap());
    let policy = policy(&Scheme::meta(), challenge.clone());
    assert_eq!(challenge.to_string(), "meta");
    for text in [format!("{challenge:?}"), format!("{policy:?}"), format!("{policy:#?}")] {
        canary::assert_absent(&text, VERIFY_TOKEN);
    }
    let (scheme, uri) = (Scheme::zoom(), Uri::from_static("/"));
    let policy = self::policy(&scheme, Challenge::zoom());
    let body = br#"{"payload":{"plainToken":"abc"},"event":"endpoint.url_validation"}"#;
    let headers = signed(&scheme, body);
    let head = Head::new(&Method::POST, &uri, &headers);
    let verified = verify(&policy, &head, body, NOW).unwrap();
    let answer = policy.answer(&verified, &head, body).unwrap().unwrap();
    let signed: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
    canary::assert_absent(format!("{answer:?}"), signed["encryptedToken"].as_str().unwrap());
    // Another policy's word is none of this one's.
    let other = Policy::builder("other").scheme(scheme).keys(crate::support::ring());
    let other = other.challenge(Challenge::zoom()).dangerously_without_read_deadline();
    assert_eq!(other.build().unwrap().answer(&verified, &head, body), Ok(None));
}

#[tokio::test]
async fn names_the_key_of_what_was_signed_and_none_of_what_was_not() {
    let body = r#"{"type":"url_verification","challenge":"abc"}"#;
    let got = ask(&Scheme::slack(), Challenge::slack(), body).await;
    assert_eq!(got.told[0].key, Some(id("current")));
    let get = request(Method::GET, "/?challenge=abc", HeaderMap::new(), Script::new());
    let got = send(policy(&Scheme::dropbox(), Challenge::dropbox()), get).await;
    assert_answered(&got, StatusCode::OK, "text/plain", "abc");
    assert_eq!(got.told[0].key, None);
}
