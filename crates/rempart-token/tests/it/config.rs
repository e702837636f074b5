//! What a policy refuses to be, every fault at once.

use std::time::Duration;

use rempart_keys::{KeyRing, Secret};
use rempart_token::{ConfigError, Minter, Policy, PolicyBuilder, Revocations, TokenType};

use crate::support::*;

fn faults(builder: PolicyBuilder) -> Vec<ConfigError> {
    builder.build().unwrap_err().into_iter().collect()
}

#[test]
fn each_fault_is_named() {
    let long = "a".repeat(Policy::MAX_TEXT + 1);
    let day = Duration::from_secs(24 * 3600);
    let short = KeyRing::single(id("k1"), Secret::new("x".repeat(31)).unwrap());
    let hours = Revocations::new(10, Duration::from_secs(3600)).unwrap();
    let rows: Vec<(PolicyBuilder, ConfigError)> = vec![
        (builder().hs256(ring().revoke_all()), ConfigError::NoKeys),
        (
            builder().hs256(short),
            ConfigError::SecretTooShort { key: id("k1"), length: 31, minimum: 32 },
        ),
        (builder().dangerously_any_issuer(), ConfigError::IssuerContradicted),
        (builder().dangerously_any_audience(), ConfigError::AudienceContradicted),
        (builder().issuer(""), ConfigError::Issuer { issuer: String::new() }),
        (builder().issuer(long.clone()), ConfigError::Issuer { issuer: long.clone() }),
        (builder().audience(""), ConfigError::Audience { audience: String::new() }),
        (builder().audience(long.clone()), ConfigError::Audience { audience: long }),
        (builder().max_life(Duration::ZERO), ConfigError::MaxLife { life: Duration::ZERO }),
        (builder().max_life(Duration::MAX), ConfigError::MaxLife { life: Duration::MAX }),
        (builder().skew(day), ConfigError::Skew { skew: day }),
        (builder().types([]), ConfigError::NoTypes),
        (builder().realm(""), ConfigError::Realm),
        (builder().realm("a\"b"), ConfigError::Realm),
        (builder().realm("a\\b"), ConfigError::Realm),
        (builder().realm("a\nb"), ConfigError::Realm),
        (builder().realm("a".repeat(65)), ConfigError::Realm),
        (
            builder().revocations(hours),
            ConfigError::RevocationsTooShort { life: day, kept: Duration::from_secs(3600) },
        ),
        (
            (0..17).fold(builder(), |builder, n| builder.require(n.to_string())),
            ConfigError::TooManyRequired { count: 17 },
        ),
    ];
    for (builder, fault) in rows {
        assert_eq!(faults(builder), [fault]);
    }
}

#[test]
fn all_faults_come_at_once() {
    let none = Policy::builder("API").skew(Duration::MAX).types([]).realm("\"");
    assert_eq!(faults(none).len(), 7);
    let nothing = faults(Policy::builder("api"));
    let missing = [ConfigError::NoKeys, ConfigError::IssuerMissing, ConfigError::AudienceMissing];
    assert_eq!(nothing, missing);
    let text = Policy::builder("api").build().unwrap_err().to_string();
    assert_eq!(text.lines().count(), 3, "{text}");
}

#[test]
fn a_policy_says_what_it_is() {
    let policy = builder().max_life(Duration::from_secs(60)).build().unwrap();
    assert_eq!(policy.name().as_str(), "api");
    assert_eq!(policy.key_ids().collect::<Vec<_>>(), [id("k1")]);
    assert_eq!(policy.max_life(), Duration::from_secs(60));
    assert_eq!(policy.skew(), Policy::SKEW);
    assert!(policy.revocations().is_none());
}

#[test]
fn a_short_secret_is_for_published_vectors() {
    let short = || KeyRing::single(id("k1"), Secret::new("short").unwrap());
    let policy = builder().hs256(short()).dangerously_short_secrets().build().unwrap();
    assert!(policy.verify(&token_by("short", HEAD, CLAIMS), NOW).is_ok());
    let again = policy.with_keys(short()).unwrap();
    assert!(again.verify(&token_by("short", HEAD, CLAIMS), NOW).is_ok());
}

#[test]
fn a_minter_says_for_whom_and_by_whom() {
    let faults = Minter::hs256(ring().revoke_all()).build().unwrap_err();
    let missing = [ConfigError::NoKeys, ConfigError::IssuerMissing, ConfigError::AudienceMissing];
    assert_eq!(faults.into_iter().collect::<Vec<_>>(), missing);
    let contradicted = Minter::hs256(ring()).issuer("a").dangerously_without_issuer();
    let contradicted = contradicted.audience("a").dangerously_without_audience().build();
    let both = [ConfigError::IssuerContradicted, ConfigError::AudienceContradicted];
    assert_eq!(contradicted.unwrap_err().into_iter().collect::<Vec<_>>(), both);
    let short = KeyRing::single(id("k1"), Secret::new("short").unwrap());
    let short = Minter::hs256(short).issuer("a").audience("b").build().unwrap_err();
    let fault = ConfigError::SecretTooShort { key: id("k1"), length: 5, minimum: 32 };
    assert_eq!(short.into_iter().collect::<Vec<_>>(), [fault]);
    let many =
        (0..17).fold(Minter::hs256(ring()).issuer("a"), |minter, n| minter.audience(n.to_string()));
    assert_eq!(many.build().unwrap_err().len(), 1);
    let typed = Minter::hs256(ring()).issuer("a").audience("b").token_type(TokenType::AccessToken);
    assert!(typed.build().is_ok());
}
