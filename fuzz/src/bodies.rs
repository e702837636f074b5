//! What covers a body otherwise than by a scheme: tokens, and items that are signed one by one.

use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use rempart::keys::{KeyId, KeyRing, Secret};
use rempart::signature::{
    BodyToken, Coverage, Head, ItemSignatures, Policy, PolicyBuilder, Rejection, Scheme, verify,
};
use serde_json::{Map, Value};
use sha2::Sha256;

const NOW: Duration = Duration::from_secs(1_700_000_000);
const SECRET: &str = "made-up-for-fuzzing-0123456789abcdef";
const HEX: &str = "6d6164652d75702d666f722d66757a7a696e67";

static TOKENS: LazyLock<Policy> =
    LazyLock::new(|| policy(Policy::builder("fuzz").body_token(BodyToken::vonage()), SECRET));

static ITEMS: LazyLock<Policy> = LazyLock::new(|| {
    let builder = Policy::builder("fuzz").item_signatures(ItemSignatures::adyen());
    policy(builder.dangerously_accept_coverage(Coverage::Fields), HEX)
});

fn policy(builder: PolicyBuilder, secret: &str) -> Policy {
    let id = KeyId::new("fuzz").expect("a name");
    let keys = KeyRing::single(id, Secret::new(secret).expect("a secret"));
    builder.keys(keys).dangerously_without_read_deadline().build().expect("a policy")
}

fn verified(policy: &Policy, headers: &HeaderMap, body: &[u8]) -> Result<(), Rejection> {
    let uri = Uri::from_static("/in");
    verify(policy, &Head::new(&Method::POST, &uri, headers), body, NOW).map(drop)
}

fn bearer(token: &str) -> Option<HeaderMap> {
    let value = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
    Some(HeaderMap::from_iter([(header::AUTHORIZATION, value)]))
}

/// A header, claims and a body, a line each: as a token that nobody signed, which is refused; then
/// signed, and if it is let through, another reader agrees that it says so.
pub(crate) fn token(data: &[u8]) {
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let [head, claims, body] = [(); 3].map(|()| parts.next().unwrap_or_default());
    if let Some(headers) = std::str::from_utf8(head).ok().and_then(bearer) {
        assert!(verified(&TOKENS, &headers, body).is_err());
    }
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length");
    mac.update(signed.as_bytes());
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
    let headers = bearer(&token).expect("a value");
    if verified(&TOKENS, &headers, body).is_err() {
        return;
    }
    // It has no room for some numbers, and less depth.
    let object = |text: &[u8]| serde_json::from_slice::<Map<String, Value>>(text).ok();
    let (Some(head), Some(claims)) = (object(head), object(claims)) else { return };
    assert_eq!(head["alg"], "HS256");
    assert!(!head.contains_key("crit"));
    assert_eq!(claims["payload_hash"], Scheme::digest_of(body));
    assert!(
        (NOW.as_secs() - 300..=NOW.as_secs() + 60).contains(&claims["iat"].as_u64().expect("iat"))
    );
    let longer = [body, b" "].concat();
    assert_eq!(verified(&TOKENS, &headers, &longer), Err(Rejection::DigestMismatch));
}

/// A body as it arrives, which nobody signed; then signed, and let through unless it is one that no
/// sender makes.
pub(crate) fn items(data: &[u8]) {
    let headers = HeaderMap::new();
    assert!(verified(&ITEMS, &headers, data).is_err());
    let secret = Secret::new(HEX).expect("a secret");
    let Ok(signed) = ItemSignatures::adyen().sign_body(&secret, data) else { return };
    match verified(&ITEMS, &headers, &signed) {
        // Other readers find items as well, unless a number or a depth is too much for them.
        Ok(()) => {
            let Ok(value) = serde_json::from_slice::<Value>(&signed) else { return };
            assert!(!value["notificationItems"].as_array().expect("items").is_empty());
        }
        // None, one twice, or too many of them.
        Err(Rejection::Duplicated | Rejection::Missing | Rejection::TooLarge) => {}
        Err(other) => panic!("{other}"),
    }
}
