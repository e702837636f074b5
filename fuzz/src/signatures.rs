//! Signed requests: what is forged is refused, what is signed is accepted.

use std::sync::LazyLock;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use rempart::keys::{KeyId, KeyRing, Secret};
use rempart::signature::{Head, Message, Policy, Scheme, Template, verify};

const NOW: Duration = Duration::from_secs(1_800_000_000);
const URL: &str = "https://hooks.example.com/in?a=b";

static SECRET: LazyLock<Secret> =
    LazyLock::new(|| Secret::new("made-up-for-fuzzing-0123456789abcdef").expect("a secret"));

/// Every preset that takes a secret of that form, as a policy.
static POLICIES: LazyLock<Vec<Policy>> = LazyLock::new(|| {
    let policies = Scheme::presets().filter_map(|scheme| {
        Policy::builder("fuzz")
            .scheme(scheme)
            .keys(KeyRing::single(KeyId::new("fuzz").expect("a name"), SECRET.clone()))
            .public_url("https://hooks.example.com".parse().expect("a URL"))
            .dangerously_without_read_deadline()
            .build()
            .ok()
    });
    policies.collect()
});

/// Headers, a line each (`name: value`), an empty line, a body: nobody signed it.
pub(crate) fn forged(data: &[u8]) {
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
    let uri = Uri::from_static("/in?a=b");
    for policy in POLICIES.iter() {
        let head = Head::new(&Method::POST, &uri, &headers);
        assert!(verify(policy, &head, rest, NOW).is_err(), "{policy:?}");
    }
}

/// What a scheme signs it accepts, and with one byte more it does not.
pub(crate) fn round_trip(data: &[u8]) {
    let uri = Uri::from_static("/in?a=b");
    for policy in POLICIES.iter() {
        let Some(scheme) = policy.scheme() else { continue };
        let message = Message::new(data, NOW).url(URL).id("msg_fuzz");
        let Ok(mut headers) = scheme.sign(&SECRET, &message) else { continue };
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert("content-type", form);
        let head = Head::new(&Method::POST, &uri, &headers);
        // A body that no form is signed all the same, and refused when it is read.
        let Ok(verified) = verify(policy, &head, data, NOW) else {
            assert!(scheme.name().starts_with("twilio"), "{}", scheme.name());
            continue;
        };
        assert_eq!(verified.scheme(), scheme.name());
        let longer = [data, b"&x=1"].concat();
        // A parameter that is there already is signed once.
        if !scheme.name().starts_with("twilio") {
            assert!(verify(policy, &head, &longer, NOW).is_err(), "{}", scheme.name());
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
