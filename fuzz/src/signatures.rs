//! Signed requests: what is forged is refused, what is signed is accepted.

use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use rempart::keys::{KeyId, KeyRing, Secret};
use rempart::signature::{
    Algorithm, Coverage, Extraction, Head, Message, Policy, Rejection, Scheme, SecretForm,
    Template, TimestampSource, verify,
};

const NOW: Duration = Duration::from_secs(1_800_000_000);
const URL: &str = "https://hooks.example.com/in?a=b";
const TEXT: &str = "made-up-for-fuzzing-0123456789abcdef";

/// Every preset as a policy, with what signs for it.
static SENDERS: LazyLock<Vec<Sender>> =
    LazyLock::new(|| Scheme::presets().map(|scheme| Sender::new(&scheme)).collect());

struct Sender {
    policy: Policy,
    signs: Secret,
}

impl Sender {
    fn new(scheme: &Scheme) -> Self {
        let (signs, verifies) = keys(scheme);
        let secret = |text: String| Secret::new(text).expect("a secret");
        let policy = Policy::builder("fuzz")
            .keys(KeyRing::single(KeyId::new("fuzz").expect("a name"), secret(verifies)))
            .dangerously_accept_coverage(Coverage::None)
            .public_url("https://hooks.example.com".parse().expect("a URL"))
            .dangerously_without_read_deadline();
        let policy = policy.scheme(scheme.clone()).build();
        let policy = policy.unwrap_or_else(|faults| panic!("{}: {faults}", scheme.name()));
        Self { policy, signs: secret(signs) }
    }

    fn scheme(&self) -> &Scheme {
        self.policy.scheme().expect("a policy of a scheme")
    }
}

/// What signs, and what verifies, in the form in which the vendor shows it.
fn keys(scheme: &Scheme) -> (String, String) {
    // `made-up-for-the-tests-only-no-01`, as a seed and as a number.
    const PRIVATE: &str = "6d6164652d75702d666f722d7468652d74657374732d6f6e6c792d6e6f2d3031";
    const ED25519: &str = "e174483f0d7c379a8250cc4cd27f0f902d7c14918d60e42901f8a2e9b53741d1";
    const P256: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEWeg8cN/uehNp4kkH2T68mmITx/WbjLsFscchLQMtb4\
                        XtRWKd1rUyXNclVbMX6/IDnwBhs5DQ8NeOAxIgS358Cw==";
    let shared = match scheme.secret_form() {
        SecretForm::Base64 { prefix } | SecretForm::Base64List { prefix } => {
            format!("{prefix}{}", STANDARD.encode(TEXT))
        }
        SecretForm::Basic => format!("fuzz:{TEXT}"),
        SecretForm::Hex { prefix } => format!("{prefix}{PRIVATE}"),
        SecretForm::PublicKey if scheme.algorithm() == Algorithm::Ed25519 => {
            return (PRIVATE.to_owned(), ED25519.to_owned());
        }
        SecretForm::PublicKey => return (PRIVATE.to_owned(), P256.to_owned()),
        _ => TEXT.to_owned(),
    };
    (shared.clone(), shared)
}

/// Headers, a line each (`name: value`), an empty line, and what is after it.
pub(crate) fn headers_and_body(data: &[u8]) -> (HeaderMap, &[u8]) {
    let (mut headers, mut rest) = (HeaderMap::new(), data);
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let line = &rest[..end];
        rest = &rest[end + 1..];
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { break };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    (headers, rest)
}

/// Headers and a body: nobody signed them.
pub(crate) fn forged(data: &[u8]) {
    let (headers, body) = headers_and_body(data);
    let uri = Uri::from_static("/in?a=b");
    for Sender { policy, .. } in SENDERS.iter() {
        let head = Head::new(&Method::POST, &uri, &headers);
        assert!(verify(policy, &head, body, NOW).is_err(), "{policy:?}");
    }
}

/// What a scheme signs it accepts, and with one byte more, or another bit, it does not.
pub(crate) fn round_trip(data: &[u8]) {
    let uri = Uri::from_static("/in?a=b");
    let is_pair = |sender: &&Sender| *sender.scheme().secret_form() == SecretForm::PublicKey;
    // Pairs of keys take a thousand times as long: one of them for each input, by its length.
    let pairs = SENDERS.iter().filter(is_pair).count();
    let pair = SENDERS.iter().filter(is_pair).nth(data.len() % pairs);
    let shared = SENDERS.iter().filter(|sender| !is_pair(sender));
    for sender in shared.chain(pair) {
        let (scheme, policy) = (sender.scheme(), &sender.policy);
        let message = Message::new(data, NOW).url(URL).id("msg_fuzz");
        let signed = if matches!(scheme.extraction(), Extraction::Member(_)) {
            scheme.sign_body(&sender.signs, &message).map(|body| (HeaderMap::new(), body))
        } else {
            scheme.sign(&sender.signs, &message).map(|headers| (headers, data.to_vec()))
        };
        let Ok((mut headers, mut body)) = signed else { continue };
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert("content-type", form);
        let head = Head::new(&Method::POST, &uri, &headers);
        let verified = match verify(policy, &head, &body, NOW) {
            Ok(verified) => verified,
            Err(rejection) => {
                // A body that no form is signed all the same, and refused when it is read; and so is
                // one that says another time than now.
                let is_timed = scheme
                    .timestamp()
                    .is_some_and(|time| matches!(time.source(), TimestampSource::Member(_)));
                let is_late =
                    matches!(rejection, Rejection::StaleTimestamp | Rejection::FutureTimestamp);
                let is_refused = scheme.name().starts_with("twilio") || is_timed && is_late;
                assert!(is_refused, "{}: {rejection}", scheme.name());
                continue;
            }
        };
        assert_eq!(verified.scheme(), scheme.name());
        // A parameter that is there already is signed once.
        if scheme.coverage() == Coverage::Body && !scheme.name().starts_with("twilio") {
            let longer = [&body, &b"&x=1"[..]].concat();
            assert!(verify(policy, &head, &longer, NOW).is_err(), "{}", scheme.name());
            let middle = body.len() / 2;
            if let Some(byte) = body.get_mut(middle) {
                *byte ^= 1;
                assert!(verify(policy, &head, &body, NOW).is_err(), "{}", scheme.name());
            }
        }
    }
}

/// A template that is read is written so that it reads the same.
pub(crate) fn template(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(template) = text.parse::<Template>() {
        assert_eq!(template.to_string(), text);
        assert_eq!(template.to_string().parse(), Ok(template));
    }
}
