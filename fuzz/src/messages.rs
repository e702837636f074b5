//! HTTP message signatures: structured fields are written as they are read, and what nobody signed
//! is refused.

use std::sync::LazyLock;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use rempart::keys::{KeyId, KeyRing, Secret};
use rempart::signature::structured::{Dictionary, Item, List};
use rempart::signature::{Algorithm, Component, Head, MessageSignatures, Policy, verify};

const NOW: Duration = Duration::from_secs(1_700_000_000);

/// Asks for as little as there is to ask for.
static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    let secret = Secret::new("made-up-for-fuzzing-0123456789abcdef").expect("a secret");
    Policy::builder("fuzz")
        .message_signatures(
            MessageSignatures::new(Algorithm::HmacSha256)
                .dangerously_without_required_components()
                .dangerously_without_content_digest(),
        )
        .keys(KeyRing::single(KeyId::new("fuzz").expect("a name"), secret))
        .public_url("https://hooks.example.com".parse().expect("a URL"))
        .dangerously_without_read_deadline()
        .build()
        .expect("a policy")
});

/// What is read is written so that it reads the same, and is written so again.
pub(crate) fn sfv(data: &[u8]) {
    if let Ok(read) = Dictionary::parse(data) {
        let written = read.to_string();
        let again = Dictionary::parse(written.as_bytes()).expect("what was written");
        assert_eq!(again, read);
        assert_eq!(again.to_string(), written);
    }
    if let Ok(read) = List::parse(data) {
        let written = read.to_string();
        assert_eq!(List::parse(written.as_bytes()).as_ref(), Ok(&read));
    }
    if let Ok(read) = Item::parse(data) {
        let written = read.to_string();
        assert_eq!(Item::parse(written.as_bytes()).as_ref(), Ok(&read));
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(component) = text.parse::<Component>()
    {
        assert_eq!(component.to_string().parse().as_ref(), Ok(&component));
    }
}

/// A target, an empty line's worth of headers (`name: value`), a body: nobody signed it.
pub(crate) fn forged(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let target = lines.next().and_then(|line| std::str::from_utf8(line).ok());
    let uri = target.and_then(|text| text.parse().ok()).unwrap_or(Uri::from_static("/in?a=b"));
    let mut headers = HeaderMap::new();
    for line in lines {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { break };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    let head = Head::new(&Method::POST, &uri, &headers);
    assert!(verify(&POLICY, &head, data, NOW).is_err());
}
