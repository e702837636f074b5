//! Every fault of a token, at once and by name.

use std::time::Duration;

use http::HeaderName;
use rempart_core::ManualClock;
use rempart_keys::KeyRing;
use rempart_signature::{
    Algorithm, BodyToken, Challenge, ConfigError, Encoding, HexCase, MessageSignatures, Policy,
    PolicyBuilder, Scheme, SecretForm, TokenFault, TokenTime, Window,
};
use rempart_testing::canary;

use super::building;
use crate::support::{SECRET, id, key};

fn token() -> BodyToken {
    BodyToken::new("acme", HeaderName::from_static("x-acme-token"), "digest")
}

fn faults(builder: PolicyBuilder) -> Vec<ConfigError> {
    builder.build().err().map(|faults| faults.into_iter().collect()).unwrap_or_default()
}

#[test]
fn tokens_fit_together_or_are_refused() {
    let seconds = Duration::from_secs;
    let claim = |claim: &str| TokenFault::Digest { claim: claim.into() };
    let of = |digest: &'static str| {
        BodyToken::new("acme", HeaderName::from_static("x-acme-token"), digest)
    };
    let issued = |past, future| TokenTime::Issued(Window::new(seconds(past), seconds(future)));
    let widest = seconds(86_401);
    #[rustfmt::skip]
    let rows = [
        ("the simplest",            token(),                                            vec![]),
        ("a prefix",                token().with_prefix("Bearer "),                     vec![]),
        ("a prefix of two lines",   token().with_prefix("a\r\n"),                       vec![TokenFault::Prefix]),
        ("no claim",                of(""),                                             vec![claim("")]),
        ("the claim of a time",     of("exp"),                                          vec![claim("exp")]),
        ("the claim of an id",      of("jti"),                                          vec![claim("jti")]),
        ("a MAC of no token",       token().with_algorithm(Algorithm::HmacSha1),        vec![TokenFault::Algorithm { algorithm: Algorithm::HmacSha1 }]),
        ("no MAC",                  token().with_algorithm(Algorithm::SharedSecret),    vec![TokenFault::Algorithm { algorithm: Algorithm::SharedSecret }]),
        ("the longer MAC",          token().with_algorithm(Algorithm::HmacSha512),      vec![]),
        ("a digest as it is",       token().with_encoding(Encoding::Plain),             vec![TokenFault::Encoding]),
        ("a digest in DER",         token().with_encoding(Encoding::Base64Der),         vec![TokenFault::Encoding]),
        ("any hexadecimal",         token().with_encoding(Encoding::Hex(HexCase::Any)), vec![]),
        ("an empty issuer",         token().with_issuer("a").with_issuer(""),           vec![TokenFault::Issuer]),
        ("no past",                 token().with_time(issued(0, 60)),                   vec![TokenFault::WindowEmpty]),
        ("more than a day",         token().with_time(issued(86_401, 0)),               vec![TokenFault::WindowTooWide { widest }]),
        ("no time",                 token().with_time(TokenTime::Unsaid),               vec![]),
    ];
    for (row, token, want) in rows {
        let want: Vec<_> = want.into_iter().map(ConfigError::BodyToken).collect();
        assert_eq!(faults(building(token)), want, "{row}");
    }
    let unfit = faults(building(token().with_secret_form(SecretForm::PublicKey)));
    assert_eq!(unfit[0], ConfigError::BodyToken(TokenFault::SecretForm));
}

/// What is a public key to one algorithm is none to another; what is a secret stays one, in its form.
#[test]
fn the_form_of_keys_follows_the_algorithm() {
    let longer = |token: BodyToken| token.with_algorithm(Algorithm::HmacSha512);
    let of_pair = || token().with_secret_form(SecretForm::PublicKey);
    assert_eq!(longer(of_pair()), longer(token()));
    let hex = || token().with_secret_form(SecretForm::hex(""));
    assert_eq!(longer(hex()).with_algorithm(Algorithm::HmacSha256), hex());
    assert_ne!(longer(hex()), longer(token()));
    #[cfg(feature = "ecdsa")]
    for start in [token(), hex(), of_pair()] {
        let by_pair = start.with_algorithm(Algorithm::EcdsaP256Sha256);
        assert_eq!(by_pair, token().with_algorithm(Algorithm::EcdsaP256Sha256));
        assert_eq!(by_pair.with_algorithm(Algorithm::HmacSha256), token());
    }
}

#[test]
fn every_fault_is_told_at_once() {
    let short = KeyRing::single(id("short"), key("short", "12345").secret().clone());
    let token = token().with_prefix("\u{e9}").with_issuer("").with_encoding(Encoding::Plain);
    let builder = Policy::builder("Test").body_token(token).keys(short);
    let faults = builder.challenge(Challenge::slack()).body_limit(0).build().unwrap_err();
    assert_eq!(faults.len(), 8, "{faults}");
    assert!(faults.to_string().contains("body_token.issuer: is empty"), "{faults}");
}

#[test]
fn a_policy_verifies_one_thing() {
    let messages = || MessageSignatures::new(Algorithm::HmacSha256);
    for builder in [
        building(token()).scheme(Scheme::vapi()),
        building(token()).message_signatures(messages()),
        building(token()).scheme(Scheme::vapi()).message_signatures(messages()),
    ] {
        assert_eq!(faults(builder), [ConfigError::SeveralSchemes]);
    }
    let policy = building(token()).build().unwrap();
    assert!(policy.scheme().is_none() && policy.message_signatures().is_none());
    assert_eq!(policy.body_token(), Some(&token()));
    let challenged = faults(building(token()).challenge(Challenge::zoom()));
    let foreign = ConfigError::ForeignChallenge { challenge: "zoom", scheme: "acme".into() };
    assert_eq!(challenged, [foreign]);
}

#[test]
fn a_secret_has_its_length_and_is_no_half_of_a_pair() {
    let short = KeyRing::single(id("short"), key("short", "15-bytes-secret").secret().clone());
    let fault = ConfigError::SecretTooShort { key: id("short"), length: 15, minimum: 16 };
    assert_eq!(faults(building(token()).keys(short.clone())), [fault]);
    let low = ConfigError::MinSecretTooLow { minimum: 15 };
    assert_eq!(faults(building(token().with_min_secret(15)).keys(short)), [low]);
    // What everybody knows would sign for everybody.
    for half in [include_str!("../../keys/p256.pub.pem"), include_str!("../../keys/rsa.pub.pem")] {
        let ring = KeyRing::single(id("half"), key("half", half.trim()).secret().clone());
        let fault = ConfigError::SecretOfPair { key: id("half") };
        assert_eq!(faults(building(token()).keys(ring)), [fault]);
    }
}

#[test]
fn a_token_says_what_it_is_and_prints_no_secret() {
    let printed = BodyToken::livekit("APImadeup").with_issuer("APIother").to_string();
    let want = "\
livekit
  signs a token by HS256, the key as text of at least 16 bytes
  in authorization
  digest of the body in the claim `sha256`, Base64
  issued by `APImadeup` or `APIother`
  time in the claim `exp`, 360s ahead at most
  covers the body, of at most 1048576 bytes";
    assert_eq!(printed, want);
    let policy = building(token()).timer(ManualClock::default()).build().unwrap();
    canary::assert_absent(format!("{policy:?} {policy:#?}"), SECRET);
    assert!(format!("{policy:?}").contains("x-acme-token"));
}
