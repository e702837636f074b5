//! Tokens, written and signed without this crate.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use rempart_signature::{BodyToken, Policy, Scheme};
use rempart_testing::Script;
use sha2::{Digest, Sha256};

use crate::support::{BODY, Outcomes, SECRET, post, send};

pub(crate) const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

pub(crate) fn base64url(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

pub(crate) fn hex(body: &[u8]) -> String {
    Scheme::digest_of(body)
}

pub(crate) fn base64(body: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(body))
}

/// What a token of these two texts begins with.
pub(crate) fn signed_part(header: &str, claims: &str) -> String {
    format!("{}.{}", base64url(header), base64url(claims))
}

pub(crate) fn hs256(signed: &str, secret: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", base64url(mac.finalize().into_bytes()))
}

/// A token by the current key.
pub(crate) fn token(header: &str, claims: &str) -> String {
    hs256(&signed_part(header, claims), SECRET)
}

/// What Vonage says of [`BODY`].
pub(crate) fn claims() -> String {
    claims_of(BODY)
}

pub(crate) fn claims_of(body: &[u8]) -> String {
    format!(
        r#"{{"iat":1700000000,"jti":"made-up-1","iss":"Vonage","payload_hash":"{}","api_key":"a1b2c3d"}}"#,
        hex(body)
    )
}

pub(crate) fn headers(name: &HeaderName, values: &[&str]) -> HeaderMap {
    let value = |value: &&str| (name.clone(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
    let mut headers = HeaderMap::new();
    values.iter().map(value).for_each(|(name, value)| _ = headers.append(name, value));
    headers
}

/// As Vonage sends it.
pub(crate) fn bearer(token: &str) -> HeaderMap {
    headers(BodyToken::vonage().header(), &[&format!("Bearer {token}")])
}

pub(crate) async fn send_body(policy: &Policy, headers: HeaderMap, body: &[u8]) -> Outcomes {
    send(policy.clone(), post(headers, Script::new().data(body.to_vec()))).await
}
