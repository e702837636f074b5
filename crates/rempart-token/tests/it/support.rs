//! Tokens as anybody could write them, and policies to judge them.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue, header};
use rempart_keys::{Key, KeyId, KeyRing, Secret};
use rempart_token::{Claims, Policy, PolicyBuilder, Rejection};
use sha2::Sha256;

pub(crate) const NOW: Duration = Duration::from_secs(1_800_000_000);
pub(crate) const SECRET: &str = "made-up-secret-of-the-tests-0001";
pub(crate) const OTHER_SECRET: &str = "made-up-secret-of-the-tests-0002";

/// The head and the claims of a good token.
pub(crate) const HEAD: &str = r#"{"alg":"HS256","kid":"k1","typ":"JWT"}"#;
pub(crate) const CLAIMS: &str =
    r#"{"iss":"auth","aud":"api","sub":"ada","role":"agent","iat":1800000000,"exp":1800000900}"#;

pub(crate) fn id(name: &str) -> KeyId {
    KeyId::new(name).unwrap()
}

pub(crate) fn key(name: &str, secret: &str) -> Key {
    Key::new(id(name), Secret::new(secret).unwrap())
}

pub(crate) fn ring() -> KeyRing {
    KeyRing::single(id("k1"), Secret::new(SECRET).unwrap())
}

pub(crate) fn builder() -> PolicyBuilder {
    Policy::builder("api").hs256(ring()).issuer("auth").audience("api")
}

pub(crate) fn policy() -> Policy {
    builder().build().unwrap()
}

/// Any policy but for the claims that a test is about.
pub(crate) fn lenient() -> Policy {
    let open = Policy::builder("api").hs256(ring());
    open.dangerously_any_issuer().dangerously_any_audience().build().unwrap()
}

pub(crate) fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Signs a head and claims, whatever they are.
pub(crate) fn token(head: &str, claims: &str) -> String {
    token_by(SECRET, head, claims)
}

pub(crate) fn token_by(secret: &str, head: &str, claims: &str) -> String {
    sealed(secret, &format!("{}.{}", base64(head), base64(claims)))
}

/// Signs what is encoded already.
pub(crate) fn sealed(secret: &str, signed: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let tag = mac.chain_update(signed).finalize().into_bytes();
    format!("{signed}.{}", base64(tag))
}

pub(crate) fn good() -> String {
    token(HEAD, CLAIMS)
}

pub(crate) fn with_claims(claims: &str) -> String {
    token(HEAD, claims)
}

pub(crate) fn verdict(token: &str) -> Result<Claims, Rejection> {
    policy().verify(token, NOW)
}

pub(crate) fn headers(token: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
    headers.insert(header::AUTHORIZATION, value);
    headers
}
