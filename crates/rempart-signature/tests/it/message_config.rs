//! Every fault of a configuration of message signatures, at once and by name.

use std::time::Duration;

use rempart_core::ManualClock;
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{
    Algorithm, Component, ConfigError, MessageFault, MessageSignError, MessageSignatures,
    MessageSigner, Policy, PolicyBuilder, Scheme, Window,
};

use crate::support::{SECRET, id, ring};

fn wanted() -> MessageSignatures {
    MessageSignatures::new(Algorithm::HmacSha256)
}

fn building(wanted: MessageSignatures) -> PolicyBuilder {
    Policy::builder("test")
        .message_signatures(wanted)
        .keys(ring())
        .public_url("https://api.example.test".parse().unwrap())
        .timer(ManualClock::default())
}

fn faults(builder: PolicyBuilder) -> Vec<ConfigError> {
    builder.build().err().map(|faults| faults.into_iter().collect()).unwrap_or_default()
}

fn components(names: &[&str]) -> Vec<Component> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

#[test]
fn keys_are_the_rings_or_a_senders() {
    let revoked = || ring().revoke_all();
    assert_eq!(faults(building(wanted()).keys(revoked())), [ConfigError::NoKeys]);
    let senders = wanted().with_sender("a", Algorithm::HmacSha256, ring());
    assert_eq!(faults(building(senders).keys(revoked())), []);
}

/// One that is revoked would live on under the other's name.
#[test]
fn no_two_senders_name_a_key_alike() {
    let builder = |wanted: MessageSignatures| {
        Policy::builder("test")
            .message_signatures(wanted)
            .public_url("https://api.example.test".parse().unwrap())
            .timer(ManualClock::default())
    };
    let named = |name: &str| KeyRing::single(id(name), Secret::new(SECRET).unwrap());
    let one = || wanted().with_sender("a", Algorithm::HmacSha256, named("first"));
    let fault = MessageFault::KeyTwice { key: id("first") };
    let twice = one().with_sender("b", Algorithm::HmacSha256, named("first"));
    assert_eq!(faults(builder(twice)), [ConfigError::MessageSignatures(fault)]);
    let apart = one().with_sender("b", Algorithm::HmacSha256, named("second"));
    assert_eq!(faults(builder(apart)), []);
}

#[test]
fn message_signatures_fit_together_or_are_refused() {
    let window = |past, future| Window::new(Duration::from_secs(past), Duration::from_secs(future));
    let theirs = |name: &str| KeyRing::single(id(name), Secret::new(SECRET).unwrap());
    let sender = |keyid: &str| wanted().with_sender(keyid, Algorithm::HmacSha256, theirs("a"));
    let many: Vec<_> = (0..33).map(|nth| format!("x-{nth}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let keyid = |keyid: &str| vec![MessageFault::Keyid { keyid: keyid.into() }];
    #[rustfmt::skip]
    let rows = [
        ("the simplest",                wanted(),                                            vec![]),
        ("a sender",                    sender("https://a.example.test/#1"),                 vec![]),
        ("a secret that is sent",       MessageSignatures::new(Algorithm::SharedSecret),     vec![MessageFault::Algorithm { algorithm: Algorithm::SharedSecret }]),
        ("a MAC of no registry",        MessageSignatures::new(Algorithm::HmacSha1),         vec![MessageFault::Algorithm { algorithm: Algorithm::HmacSha1 }]),
        ("one of a sender",             wanted().with_sender("a", Algorithm::HmacSha512, theirs("a")), vec![MessageFault::Algorithm { algorithm: Algorithm::HmacSha512 }]),
        ("a sender without a name",     sender(""),                                          keyid("")),
        ("a sender of two lines",       sender("a\nb"),                                      keyid("a\nb")),
        ("a sender twice",              sender("a").with_sender("a", Algorithm::HmacSha256, theirs("b")), vec![MessageFault::KeyidTwice { keyid: "a".into() }]),
        ("a name of two keys",          wanted().with_sender("a", Algorithm::HmacSha256, ring()), vec![MessageFault::KeyTwice { key: id("current") }]),
        ("a sender whose keys are gone", wanted().with_sender("a", Algorithm::HmacSha256, ring().revoke_all()), vec![MessageFault::SenderWithoutKeys { keyid: "a".into() }]),
        ("no past",                     wanted().with_window(window(0, 60)),                 vec![MessageFault::WindowEmpty]),
        ("more than a day",             wanted().with_window(window(86_401, 0)),             vec![MessageFault::WindowTooWide { widest: Duration::from_secs(86_401) }]),
        ("a label in upper case",       wanted().with_label("Sig"),                          vec![MessageFault::Label]),
        ("an empty label",              wanted().with_label(""),                             vec![MessageFault::Label]),
        ("a tag with a tab",            wanted().with_tag("a\tb"),                           vec![MessageFault::Tag]),
        ("no component",                wanted().with_required([]),                          vec![MessageFault::NothingRequired]),
        ("none, and it is meant",       wanted().dangerously_without_required_components(),  vec![]),
        ("32 components",               wanted().with_required(components(&many[..32])),     vec![]),
        ("33 components",               wanted().with_required(components(&many)),           vec![MessageFault::TooManyComponents]),
        ("a status and a method",       wanted().with_required(components(&["@status", "@method"])), vec![MessageFault::ComponentsOfBoth]),
        ("a status and its method",     wanted().with_required(components(&["@status", "@method;req"])), vec![]),
    ];
    for (row, wanted, want) in rows {
        let want: Vec<_> = want.into_iter().map(ConfigError::MessageSignatures).collect();
        assert_eq!(faults(building(wanted)), want, "{row}");
    }
}

#[test]
fn an_origin_is_told_from_the_others() {
    let faults = |second: &str| {
        let urls = ["https://api.example.test", second].map(|url| url.parse().unwrap());
        faults(building(wanted()).public_urls(urls))
    };
    let authority = "api.example.test".to_owned();
    let twice = ConfigError::MessageSignatures(MessageFault::OriginTwice { authority });
    assert_eq!(faults("https://b.example.test"), []);
    assert_eq!(faults("https://api.example.test:8443"), []);
    assert_eq!(faults("https://API.example.test:443"), std::slice::from_ref(&twice));
    // A request does not say by which scheme it came.
    assert_eq!(faults("http://api.example.test"), [twice]);
}

#[test]
fn every_fault_is_told_at_once() {
    let short = KeyRing::single(id("short"), Secret::new("12345").unwrap());
    let wanted = wanted()
        .with_sender("", Algorithm::HmacSha256, short.clone())
        .with_label("")
        .with_window(Window::symmetric(Duration::ZERO));
    let builder = Policy::builder("Test").message_signatures(wanted).keys(short);
    let faults = builder.build().unwrap_err();
    assert_eq!(faults.len(), 8, "{faults}");
    assert!(faults.to_string().contains("message_signatures.window: reaches no time"), "{faults}");
    assert!(faults.iter().any(|fault| *fault == ConfigError::PublicUrlMissing));
}

#[test]
fn a_policy_has_a_scheme_or_message_signatures() {
    let both = building(wanted()).scheme(Scheme::vapi());
    assert_eq!(faults(both), [ConfigError::SeveralSchemes]);
    let policy = building(wanted()).build().unwrap();
    assert!(policy.scheme().is_none());
    assert!(policy.message_signatures().is_some());
    assert!(format!("{policy:?}").contains("HmacSha256"));
    rempart_testing::canary::assert_absent(format!("{policy:?}"), SECRET);
}

#[test]
fn a_secret_has_its_length() {
    let short = KeyRing::single(id("short"), Secret::new("15-bytes-secret").unwrap());
    let fault = ConfigError::SecretTooShort { key: id("short"), length: 15, minimum: 16 };
    assert_eq!(faults(building(wanted()).keys(short.clone())), std::slice::from_ref(&fault));
    let sender = wanted().with_sender("a", Algorithm::HmacSha256, short.clone());
    assert_eq!(faults(building(sender)), [fault]);
    assert_eq!(faults(building(wanted()).keys(short.clone()).dangerously_short_secrets()), []);
    // One byte could be guessed, whoever asks for it.
    let low = ConfigError::MinSecretTooLow { minimum: 15 };
    assert_eq!(faults(building(wanted().with_min_secret(15)).keys(short)), [low]);
}

#[test]
fn a_signer_that_cannot_sign_is_none() {
    let secret = Secret::new(SECRET).unwrap();
    let signer = |keyid: &str, algorithm| MessageSigner::new(keyid, algorithm, &secret).err();
    assert_eq!(signer("a", Algorithm::HmacSha256), None);
    assert_eq!(signer("a\u{e9}", Algorithm::HmacSha256), Some(MessageSignError::Text));
    assert_eq!(signer("a", Algorithm::HmacSha1), Some(MessageSignError::Algorithm));
    #[cfg(feature = "ed25519")]
    assert_eq!(signer("a", Algorithm::Ed25519), Some(MessageSignError::Key));
}
