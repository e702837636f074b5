//! Bearer tokens: what nobody signed is refused; what is signed is read as other readers read it.

use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use rempart::keys::{KeyId, KeyRing, Secret};
use rempart::token::{Claims, Policy};
use serde_json::{Map, Value};
use sha2::Sha256;

const NOW: Duration = Duration::from_secs(1_800_000_000);
const SECRET: &[u8] = b"made-up-for-fuzzing-0123456789abcdef";
const HEAD: &[u8] = br#"{"alg":"HS256","typ":"JWT","kid":"fuzz"}"#;
const CLAIMS: &[u8] = br#"{"iss":"fuzz","aud":"fuzz","iat":1800000000,"exp":1800000600}"#;

static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    let id = KeyId::new("fuzz").expect("a name");
    let secret = Secret::new(SECRET).expect("a secret");
    Policy::builder("fuzz")
        .hs256(KeyRing::single(id, secret))
        .issuer("fuzz")
        .audience("fuzz")
        .build()
        .expect("a policy")
});

/// A token as it arrives; then, if it has the form of one, signed with the key of the policy.
pub(crate) fn token(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if POLICY.verify(text, NOW).is_ok() {
        altered_anywhere(text);
    }
    if let [head, claims, _] = text.split('.').collect::<Vec<_>>()[..] {
        let (Ok(head), Ok(claims)) = (URL_SAFE_NO_PAD.decode(head), URL_SAFE_NO_PAD.decode(claims))
        else {
            return;
        };
        signed(&head, &claims);
    }
    signed(HEAD, data);
}

/// The head of a token whose tag is right.
pub(crate) fn head(data: &[u8]) {
    signed(data, CLAIMS);
}

/// A token with the right tag is refused, or it is good, and then it says what any reader of JSON
/// reads in it.
fn signed(head: &[u8], claims: &[u8]) {
    let token = sign(head, claims);
    let Ok(verified) = POLICY.verify(&token, NOW) else { return };
    assert_eq!(POLICY.verify(&token, NOW).ok(), Some(verified.clone()), "the same, twice");
    let head: Map<String, Value> = serde_json::from_slice(head).expect("a head that others read");
    assert_eq!(head.get("alg"), Some(&"HS256".into()));
    for name in ["crit", "b64", "jwk", "jku", "x5u", "x5c"] {
        assert!(!head.contains_key(name), "{name}");
    }
    let claims: Map<String, Value> =
        serde_json::from_slice(claims).expect("claims that others read");
    reads_the_same(&verified, &claims);
    if token.len() < 512 {
        altered_anywhere(&token);
    }
}

fn reads_the_same(verified: &Claims, claims: &Map<String, Value>) {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    assert_eq!(verified.issuer(), Some("fuzz"));
    assert_eq!(text("iss"), Some("fuzz"));
    assert_eq!(verified.subject(), text("sub"));
    assert_eq!(verified.id(), text("jti"));
    assert_eq!(verified.role(), text("role"));
    for (name, value) in claims {
        assert_eq!(verified.text(name), value.as_str(), "{name}");
    }
    let audiences: Vec<_> = verified.audiences().collect();
    match &claims["aud"] {
        Value::String(audience) => assert_eq!(audiences, [audience]),
        list => assert_eq!(Value::from(audiences.clone()), *list),
    }
    assert!(audiences.contains(&"fuzz"));
    let expires = claims["exp"].as_f64().expect("a number");
    assert!((verified.expires_at().as_secs_f64() - expires).abs() < 1e-3, "{expires}");
    assert!(verified.decode::<Map<String, Value>>().is_ok_and(|all| all == *claims));
}

/// Whatever character is changed, the token is no good any more.
fn altered_anywhere(token: &str) {
    for at in 0..token.len() {
        let mut altered = token.as_bytes().to_vec();
        // Another digit of base64url, where one bit is enough: the unused ones of a part's end too.
        altered[at] = match altered[at] {
            b'A' => b'B',
            b'.' => b'A',
            digit => DIGITS[DIGITS.iter().position(|other| *other == digit).unwrap_or(0) ^ 1],
        };
        let altered = String::from_utf8(altered).expect("ASCII");
        assert!(POLICY.verify(&altered, NOW).is_err(), "altered at {at}");
    }
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn sign(head: &[u8], claims: &[u8]) -> String {
    let [head, claims] = [head, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
    let signed = format!("{head}.{claims}");
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET).expect("any length is a key");
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}
