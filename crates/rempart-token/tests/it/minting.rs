//! What a minter writes.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rempart_keys::{KeyRing, Secret};
use rempart_token::{Lifetime, MintError, Minter, TokenType};
use serde_json::{Value, json};

use crate::support::*;

fn minter() -> Minter {
    Minter::hs256(ring()).issuer("auth").audience("api").build().unwrap()
}

pub(crate) fn part(token: &str, nth: usize) -> Value {
    let part = token.split('.').nth(nth).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn mint(claims: &Value) -> Result<rempart_token::Token, MintError> {
    minter().mint(claims, Lifetime::minutes::<15>(), NOW)
}

#[test]
fn a_token_says_who_made_it_for_whom_with_which_key_and_when_it_ends() {
    let token = mint(&json!({ "sub": "ada", "role": "admin" })).unwrap();
    assert_eq!(part(token.as_str(), 0), json!({ "alg": "HS256", "kid": "k1", "typ": "JWT" }));
    let mut claims = part(token.as_str(), 1);
    let id = claims.as_object_mut().unwrap().remove("jti").unwrap();
    assert_eq!(token.id(), id.as_str());
    assert_eq!(id.as_str().unwrap().len(), 22);
    let expected = json!({
        "iss": "auth", "aud": "api", "iat": 1_800_000_000, "exp": 1_800_000_900,
        "sub": "ada", "role": "admin",
    });
    assert_eq!(claims, expected);
    assert_eq!(token.expires_at(), NOW + Duration::from_secs(900));
    let verified = verdict(token.as_str()).unwrap();
    assert_eq!((verified.subject(), verified.role()), (Some("ada"), Some("admin")));
    let header = token.to_header();
    assert!(header.is_sensitive() && header.as_bytes().starts_with(b"Bearer eyJ"));
}

#[test]
fn no_two_tokens_have_one_identifier() {
    let ids: std::collections::HashSet<_> =
        (0..100).map(|_| mint(&json!({})).unwrap().id().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 100);
}

#[test]
fn claims_without_a_name_are_taken() {
    let token = mint(&json!({})).unwrap();
    assert!(verdict(token.as_str()).is_ok());
    assert_eq!(part(token.as_str(), 1).as_object().unwrap().len(), 5);
}

#[test]
fn what_the_minter_writes_itself_is_refused() {
    for name in ["iss", "aud", "exp", "nbf", "iat", "jti"] {
        let refused = mint(&json!({ "sub": "ada", name: 1 }));
        assert_eq!(refused.unwrap_err(), MintError::Reserved { name });
    }
    // However it is written: a verifier would find it twice.
    let raw: Box<serde_json::value::RawValue> =
        serde_json::from_str(r#"{"e\u0078p":9999999999}"#).unwrap();
    let refused = minter().mint(&raw, Lifetime::minutes::<15>(), NOW);
    assert_eq!(refused.unwrap_err(), MintError::Reserved { name: "exp" });
}

#[test]
fn claims_are_an_object() {
    for claims in [json!(null), json!([]), json!("sub"), json!(7), json!([{ "sub": "ada" }])] {
        assert_eq!(mint(&claims).unwrap_err(), MintError::NotAnObject, "{claims}");
    }
    let deep = (0..20).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(mint(&json!({ "x": deep })).unwrap_err(), MintError::NotAnObject);
    let twice: Box<serde_json::value::RawValue> =
        serde_json::from_str(r#"{"sub":"ada","sub":"eve"}"#).unwrap();
    let refused = minter().mint(&twice, Lifetime::minutes::<15>(), NOW);
    assert_eq!(refused.unwrap_err(), MintError::NotAnObject);
}

#[test]
fn what_no_verifier_would_read_is_not_minted() {
    let long = json!({ "x": "a".repeat(6_200) });
    assert!(matches!(mint(&long), Err(MintError::TooLarge { length }) if length > 8192));
    let fits = json!({ "x": "a".repeat(5_800) });
    assert!(verdict(mint(&fits).unwrap().as_str()).is_ok());
}

#[test]
fn nothing_is_signed_by_a_key_that_is_gone_or_short() {
    let keys = rempart_core::Live::new(ring());
    let minter = Minter::hs256(keys.clone()).issuer("auth").audience("api").build().unwrap();
    keys.store(ring().revoke_all());
    let mint = || minter.mint(&json!({}), Lifetime::minutes::<15>(), NOW);
    assert_eq!(mint().unwrap_err(), MintError::NoSigningKey);
    keys.store(KeyRing::single(id("k2"), Secret::new("short").unwrap()));
    let fault = MintError::SecretTooShort { key: id("k2"), length: 5, minimum: 32 };
    assert_eq!(mint().unwrap_err(), fault);
}

#[test]
fn a_type_and_a_list_of_audiences_can_be_written() {
    let minter = Minter::hs256(ring()).issuer("auth").audience("other").audience("api");
    let minter = minter.token_type(TokenType::AccessToken).build().unwrap();
    let token = minter.mint(&json!({}), Lifetime::seconds::<1>(), NOW).unwrap();
    assert_eq!(part(token.as_str(), 0)["typ"], "at+jwt");
    assert_eq!(part(token.as_str(), 1)["aud"], json!(["other", "api"]));
    let only = builder().types([TokenType::AccessToken]).build().unwrap();
    assert!(only.verify(token.as_str(), NOW).is_ok());

    let untyped = Minter::hs256(ring()).dangerously_without_issuer();
    let untyped = untyped.dangerously_without_audience().token_type(TokenType::Untyped);
    let token = untyped.build().unwrap().mint(&json!({}), Lifetime::seconds::<1>(), NOW).unwrap();
    assert_eq!(part(token.as_str(), 0), json!({ "alg": "HS256", "kid": "k1" }));
    assert!(lenient().verify(token.as_str(), NOW).is_ok());
}

#[test]
fn a_text_that_needs_escapes_is_written_with_them() {
    let minter = Minter::hs256(ring()).issuer("a\"b\\c").audience("é\n").build().unwrap();
    let token = minter.mint(&json!({}), Lifetime::hours::<24>(), NOW).unwrap();
    let policy = builder().issuer("a\"b\\c").audience("é\n").build().unwrap();
    assert_eq!(policy.verify(token.as_str(), NOW).unwrap().issuer(), Some("a\"b\\c"));
}

#[test]
fn a_lifetime_from_a_configuration_is_checked() {
    let life = |seconds| Lifetime::<3600>::new(Duration::from_secs_f64(seconds));
    assert!(life(0.9).is_err() && life(3601.0).is_err());
    assert_eq!(life(1.9).unwrap(), Lifetime::seconds::<1>());
    assert_eq!(life(3600.0).unwrap(), Lifetime::hours::<1>());
    assert_eq!(life(3600.0).unwrap().get(), Lifetime::<3600>::MAX);
    assert!(Lifetime::<3600>::new(Duration::MAX).is_err());
}
