//! Tokens that nothing of the service would make.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use rempart_keys::Secret;
use serde_json::Value;
use sha2::Sha256;

/// A token of these claims, signed well; empty if it cannot be made.
pub(super) fn sign(secret: &Secret, claims: &Value) -> String {
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.expose()) else { return String::new() };
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let signed = format!("{}.{}", part(HEADER), part(&claims.to_string()));
    let tag = mac.chain_update(&signed).finalize().into_bytes();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT","kid":"env"}"#;
