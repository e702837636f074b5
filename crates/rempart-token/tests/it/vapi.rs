//! Tokens for Vapi, as its documentation writes them.

use std::time::Duration;

use rempart_keys::{KeyRing, Secret};
use rempart_token::{
    AllowedOrigin, AssistantId, ConfigError, Lifetime, MintError, Minter, Policy, PublicScope,
    ScopeError, VapiMinter,
};
use serde_json::json;

use crate::minting::part;
use crate::support::*;

fn scope() -> PublicScope {
    let assistant = "1cbf8c70-5fd7-4f61-0000-000000000000".parse().unwrap();
    PublicScope::new("https://app.example.test".parse().unwrap(), assistant)
}

#[test]
fn a_public_token_names_origins_and_assistants_and_ends() {
    let minter = Minter::vapi("made-up-organisation", ring()).unwrap();
    let wider = scope().origin("https://www.example.test:8443".parse().unwrap());
    let wider = wider.assistant("other".parse().unwrap());
    let token = minter.public(&wider, VapiMinter::DEFAULT_LIFE, NOW).unwrap();
    assert_eq!(part(token.as_str(), 0), json!({ "alg": "HS256", "typ": "JWT" }));
    let expected = json!({
        "orgId": "made-up-organisation",
        "token": {
            "tag": "public",
            "restrictions": {
                "enabled": true,
                "allowedOrigins": ["https://app.example.test", "https://www.example.test:8443"],
                "allowedAssistantIds": ["1cbf8c70-5fd7-4f61-0000-000000000000", "other"],
                "allowTransientAssistant": false,
            },
        },
        "iat": 1_800_000_000,
        "exp": 1_800_000_900,
    });
    assert_eq!(part(token.as_str(), 1), expected);
    assert_eq!(token.expires_at(), NOW + Duration::from_secs(900));
    let open = scope().dangerously_allow_transient_assistant();
    let token = minter.public(&open, VapiMinter::DEFAULT_LIFE, NOW).unwrap();
    let restrictions = &part(token.as_str(), 1)["token"]["restrictions"];
    assert_eq!(restrictions["allowTransientAssistant"], true);
}

#[test]
fn a_private_token_is_verified_by_whoever_has_the_key() {
    let minter = Minter::vapi("made-up-organisation", ring()).unwrap();
    let token = minter.private(Lifetime::hours::<1>(), NOW).unwrap();
    assert_eq!(part(token.as_str(), 1)["token"], json!({ "tag": "private" }));
    let verifier = Policy::builder("vapi").hs256(ring()).require("orgId");
    let verifier = verifier.dangerously_any_issuer().dangerously_any_audience().build().unwrap();
    let claims = verifier.verify(token.as_str(), NOW).unwrap();
    assert_eq!(claims.text("orgId"), Some("made-up-organisation"));
    assert_eq!(claims.expires_at() - NOW, Lifetime::<3600>::MAX);
}

#[test]
fn what_is_no_origin_and_no_assistant_is_refused() {
    for origin in [
        "*",
        "https://*",
        "https://*.example.test",
        "http://example.test",
        "example.test",
        "",
        "https://",
        "https://example.test/",
        "https://example.test/path",
        "https://a b",
        "https://user@example.test",
        "https://example.test:",
        "https://example.test:0",
        "https://example.test:65536",
        "https://example.test:+1",
        "https://example..test",
        "https://.example.test",
        "null",
        "https://example.test\n",
        "https://example.test?x",
    ] {
        assert_eq!(origin.parse::<AllowedOrigin>(), Err(ScopeError::Origin), "{origin}");
    }
    for origin in ["https://example.test", "https://a", "https://127.0.0.1:8443"] {
        assert!(origin.parse::<AllowedOrigin>().is_ok(), "{origin}");
    }
    for assistant in ["", "*", "a b", "a/b", &"a".repeat(65)] {
        assert_eq!(assistant.parse::<AssistantId>(), Err(ScopeError::Assistant), "{assistant}");
    }
}

#[test]
fn a_minter_needs_an_organisation_and_a_key() {
    let short = || KeyRing::single(id("k1"), Secret::new("short").unwrap());
    assert_eq!(Minter::vapi("", short()).unwrap_err().len(), 2);
    let faults = Minter::vapi("a b", ring()).unwrap_err();
    assert_eq!(faults.into_iter().collect::<Vec<_>>(), [ConfigError::OrgId]);
    let keys = rempart_core::Live::new(ring());
    let minter = Minter::vapi("org", keys.clone()).unwrap();
    keys.store(ring().revoke_all());
    let refused = minter.private(VapiMinter::DEFAULT_LIFE, NOW);
    assert_eq!(refused.unwrap_err(), MintError::NoSigningKey);
}

#[test]
fn a_scope_longer_than_a_token_is_refused() {
    let many = (0..200).fold(scope(), |scope, n| {
        scope.origin(format!("https://{n}.a-rather-long-name.example.test").parse().unwrap())
    });
    let minter = Minter::vapi("org", ring()).unwrap();
    let refused = minter.public(&many, VapiMinter::DEFAULT_LIFE, NOW);
    assert!(matches!(refused, Err(MintError::TooLarge { .. })));
}
