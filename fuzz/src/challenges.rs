//! Questions by which senders ask whose endpoint this is: an answer is a word that was asked for, and
//! nothing that a browser or a key would take for something else.

use std::sync::LazyLock;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue, Method, Uri};
use rempart::keys::{KeyId, KeyRing, Secret};
use rempart::signature::{Answer, Challenge, Head, Message, Policy, Scheme, verify};
use serde_json::Value;
use sha2::Sha256;

const NOW: Duration = Duration::from_secs(1_800_000_000);
const SECRET: &str = "made-up-for-fuzzing-0123456789abcdef";
const VERIFY_TOKEN: &str = "made-up-verify-token";
/// `made-up-for-the-tests-only-no-01`, and the public half.
const PRIVATE: &str = "6d6164652d75702d666f722d7468652d74657374732d6f6e6c792d6e6f2d3031";
const PUBLIC: &str = "e174483f0d7c379a8250cc4cd27f0f902d7c14918d60e42901f8a2e9b53741d1";

static POLICIES: LazyLock<[Policy; 6]> = LazyLock::new(|| {
    let token = Secret::new(VERIFY_TOKEN).expect("a token");
    [
        policy(Scheme::discord(), Challenge::discord(), PUBLIC),
        policy(Scheme::dropbox(), Challenge::dropbox(), SECRET),
        policy(Scheme::meta(), Challenge::meta(token), SECRET),
        policy(Scheme::slack(), Challenge::slack(), SECRET),
        policy(Scheme::twitch(), Challenge::twitch(), SECRET),
        policy(Scheme::zoom(), Challenge::zoom(), SECRET),
    ]
});

fn policy(scheme: Scheme, challenge: Challenge, secret: &str) -> Policy {
    let id = KeyId::new("fuzz").expect("a name");
    Policy::builder("fuzz")
        .scheme(scheme)
        .challenge(challenge)
        .keys(KeyRing::single(id, Secret::new(secret).expect("a secret")))
        .dangerously_without_read_deadline()
        .build()
        .expect("a policy")
}

/// A target for a `GET`, and a body that is signed, a line's end between them.
pub(crate) fn challenge(data: &[u8]) {
    let (target, body) = match data.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (data, data),
    };
    if let Ok(uri) = std::str::from_utf8(target).unwrap_or_default().parse() {
        POLICIES.iter().for_each(|policy| handshake(policy, &uri));
    }
    POLICIES.iter().for_each(|policy| question(policy, body));
}

/// What nobody signed is answered with a word of its own, and Meta's only to who knows the token.
fn handshake(policy: &Policy, uri: &Uri) {
    let headers = HeaderMap::new();
    let head = Head::new(&Method::GET, uri, &headers);
    let Ok(Some(answer)) = policy.handshake(&head) else { return };
    let sender = policy.challenge().expect("a challenge").sender();
    assert!(matches!(sender, "dropbox" | "meta"), "{sender}");
    let text = word(&answer, 128, "_-");
    let pairs: Vec<_> =
        form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).collect();
    let only = |wanted: &str| {
        let mut values = pairs.iter().filter(|(name, _)| name == wanted).map(|(_, value)| &**value);
        values.next().filter(|_| values.next().is_none())
    };
    if sender == "meta" {
        assert_eq!(only("hub.challenge"), Some(&*text));
        assert_eq!(only("hub.verify_token"), Some(VERIFY_TOKEN));
        assert_eq!(only("hub.mode"), Some("subscribe"));
    } else {
        assert_eq!(only("challenge"), Some(&*text));
    }
}

/// What was signed is answered with what it asks for, as another reader of JSON finds it.
fn question(policy: &Policy, body: &[u8]) {
    let scheme = policy.scheme().expect("a scheme");
    let private = if scheme.name() == "discord" { PRIVATE } else { SECRET };
    let message = Message::new(body, NOW).id("fuzz");
    let signed = scheme.sign(&Secret::new(private).expect("a secret"), &message);
    let mut headers = signed.expect("headers");
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    let uri = Uri::from_static("/in");
    let head = Head::new(&Method::POST, &uri, &headers);
    let verified = verify(policy, &head, body, NOW).expect("what was signed");
    let Ok(Some(answer)) = policy.answer(&verified, &head, body) else { return };
    assert!(body.len() <= Challenge::MAX_BODY);
    // Not every question is a tree of theirs: numbers that have no room, depths that are too deep.
    let asked: Option<Value> = serde_json::from_slice(body).ok();
    match scheme.name() {
        "discord" => {
            let no_content = answer.status() == 204 && answer.body().is_empty();
            assert!(no_content || answer.body() == &br#"{"type":1}"#[..]);
        }
        "slack" | "twitch" => {
            let text = word(&answer, 256, "_-.~+/=");
            assert!(asked.is_none_or(|asked| asked["challenge"] == *text));
        }
        "zoom" => {
            let said: Value = serde_json::from_slice(answer.body()).expect("JSON");
            let token = said["plainToken"].as_str().expect("a token");
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
            assert!((1..=64).contains(&token.len()) && token.bytes().all(plain), "{token}");
            assert!(asked.is_none_or(|asked| asked["payload"]["plainToken"] == *token));
            let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length");
            mac.update(token.as_bytes());
            let tag = mac.finalize().into_bytes();
            let digits: Vec<_> = tag.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(said["encryptedToken"], *digits.concat());
        }
        other => panic!("{other} asks nothing in a body"),
    }
}

/// A word of this alphabet, as plain text.
fn word(answer: &Answer, longest: usize, marks: &str) -> String {
    assert_eq!(answer.content_type(), "text/plain");
    let text = std::str::from_utf8(answer.body()).expect("ASCII");
    assert!((1..=longest).contains(&text.len()), "{text}");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || marks.as_bytes().contains(&byte);
    assert!(text.bytes().all(plain), "{text}");
    text.to_owned()
}
