//! Tokens by public keys, as Plaid sends them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use rempart_core::Reason;
use rempart_keys::{Key, KeyRing, Secret};
use rempart_signature::{BodyToken, ConfigError, Message, Policy};

use super::building;
use super::by_hand::{base64url, headers, hex, hs256, send_body, signed_part};
use super::hostile::unread;
use crate::support::{BODY, NOW};

const PRIVATE: &str = include_str!("../../keys/p256.pem");
const PUBLIC: &str = include_str!("../../keys/p256.pub.pem");
const KID: &str = "bfbd5111-8e33-4643-8ced-b2e642a72f3c";

fn der(pem: &str) -> Vec<u8> {
    let lines: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(lines).unwrap()
}

/// The number of the private key, which follows its tag and length.
fn number() -> Vec<u8> {
    let der = der(PRIVATE);
    let place = der.windows(2).position(|pair| pair == [4, 32]).unwrap();
    der[place + 2..place + 34].to_vec()
}

/// As `/webhook_verification_key/get` gives it.
fn jwk() -> String {
    let der = der(PUBLIC);
    let (x, y) = der[der.len() - 64..].split_at(32);
    let (x, y) = (base64url(x), base64url(y));
    format!(
        r#"{{"alg":"ES256","created_at":1560466143,"crv":"P-256","expired_at":null,"kid":"{KID}","kty":"EC","use":"sig","x":"{x}","y":"{y}"}}"#
    )
}

/// The key with its two numbers cut apart in another place.
fn cut_at(place: usize) -> String {
    let der = der(PUBLIC);
    let (x, y) = der[der.len() - 64..].split_at(place);
    format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, base64url(x), base64url(y))
}

fn ring(public: &str) -> KeyRing {
    KeyRing::single(BodyToken::key_id(KID).unwrap(), Secret::new(public.trim()).unwrap())
}

fn policy() -> Policy {
    building(BodyToken::plaid()).keys(ring(&jwk())).build().unwrap()
}

fn signed(header: &str) -> String {
    let claims = format!(r#"{{"iat":1700000000,"request_body_sha256":"{}"}}"#, hex(BODY));
    signed_part(header, &claims)
}

fn es256(signed: &str) -> String {
    let key = SigningKey::from_slice(&number()).unwrap();
    let signature: Signature = key.sign(signed.as_bytes());
    format!("{signed}.{}", base64url(signature.to_bytes()))
}

fn header() -> String {
    format!(r#"{{"alg":"ES256","kid":"{KID}","typ":"JWT"}}"#)
}

fn sent(token: &str) -> HeaderMap {
    headers(BodyToken::plaid().header(), &[token])
}

#[tokio::test]
async fn what_plaid_sends_is_let_through_with_its_key_in_any_form() {
    let token = es256(&signed(&header()));
    for public in [jwk(), PUBLIC.to_owned(), STANDARD.encode(der(PUBLIC))] {
        let policy = building(BodyToken::plaid()).keys(ring(&public)).build().unwrap();
        let outcome = send_body(&policy, sent(&token), BODY).await;
        assert_eq!(outcome.status, StatusCode::OK, "{public}");
        assert_eq!(outcome.verified().scheme(), "plaid");
        assert_eq!(outcome.verified().timestamp(), Some(NOW));
        let other = send_body(&policy, sent(&token), b"another").await;
        assert_eq!(other.reason(), Some(Reason::DigestMismatch));
    }
}

/// The oldest forgery of tokens: what everybody may know, taken for a secret.
#[tokio::test]
async fn a_public_key_is_no_secret() {
    let mac = header().replace("ES256", "HS256");
    for secret in [PUBLIC, PUBLIC.trim(), &jwk(), &STANDARD.encode(der(PUBLIC))] {
        let refused = unread(policy(), sent(&hs256(&signed(&mac), secret))).await;
        assert_eq!(refused, (StatusCode::UNAUTHORIZED, Some(Reason::WrongAlgorithm)));
        let refused = unread(policy(), sent(&hs256(&signed(&header()), secret))).await;
        assert_eq!(refused, (StatusCode::UNAUTHORIZED, Some(Reason::Malformed)));
    }
    let wanted = BodyToken::vonage();
    let as_secret = building(wanted).keys(ring(&jwk())).build().unwrap_err();
    let key = BodyToken::key_id(KID).unwrap();
    assert!(as_secret.iter().eq([&ConfigError::SecretOfPair { key }]));
}

#[tokio::test]
async fn what_plaid_did_not_sign_is_refused_unread() {
    use Reason::{Malformed, Mismatch, Missing, StaleTimestamp, UnknownKey};
    let good = es256(&signed(&header()));
    let (part, signature) = good.rsplit_once('.').unwrap();
    let zeros = base64url([0; 64]);
    let other = signed(&header().replace("JWT", "JOT"));
    let stale = format!(r#"{{"iat":1699999699,"request_body_sha256":"{}"}}"#, hex(BODY));
    #[rustfmt::skip]
    let rows = [
        ("two zeros",            format!("{part}.{zeros}"),                            Mismatch),
        ("another header",       format!("{other}.{signature}"),                       Mismatch),
        ("in DER",               format!("{part}.{}", base64url([0x30; 70])),          Malformed),
        ("no name of a key",     es256(&signed(r#"{"alg":"ES256"}"#)),                 Missing),
        ("a name of no key",     es256(&signed(&header().replace("bfbd", "cfbd"))),    UnknownKey),
        ("301 seconds ago",      es256(&signed_part(&header(), &stale)),               StaleTimestamp),
    ];
    for (row, token, reason) in rows {
        let refused = unread(policy(), sent(&token)).await;
        assert_eq!(refused, (StatusCode::UNAUTHORIZED, Some(reason)), "{row}");
    }
}

#[test]
fn a_jwk_is_a_key_of_its_curve_and_of_one_half() {
    let (jwk, key) = (jwk(), BodyToken::key_id(KID).unwrap());
    let private = jwk.replace(r#""use""#, &format!(r#""d":"{}","use""#, base64url(number())));
    let form = ConfigError::PublicKeyForm { key };
    #[rustfmt::skip]
    let rows = [
        ("as it is",          jwk.clone(),                                     None),
        ("with the other half", private,                                       Some(ConfigError::PublicKeyIsPrivate { key })),
        ("of another curve",  jwk.replace("P-256", "P-384"),                   Some(form.clone())),
        ("of no curve",       jwk.replace("P-256", "P-521"),                   Some(form.clone())),
        ("of another kind",   jwk.replace(r#""EC""#, r#""RSA""#),              Some(form.clone())),
        ("without a number",  jwk.replace(r#""y":"#, r#""z":"#),               Some(form.clone())),
        ("a number too short", jwk.replace(r#""y":""#, r#""y":"AA","z":""#),   Some(form.clone())),
        // Both together are as long as they should be.
        ("a byte of one number in the other", cut_at(31),                      Some(form.clone())),
        ("no point",          jwk.replace(r#""x":""#, r#""x":"AA"#),           Some(form.clone())),
        ("a member twice",    jwk.replace(r#""use""#, r#""x":"AA","use""#),    Some(form)),
    ];
    for (row, jwk, fault) in rows {
        let built = building(BodyToken::plaid()).keys(ring(&jwk)).build();
        let faults = built.err().map(|faults| faults.into_iter().collect::<Vec<_>>());
        assert_eq!(faults.unwrap_or_default(), fault.into_iter().collect::<Vec<_>>(), "{row}");
    }
}

#[tokio::test]
async fn what_is_signed_here_verifies() {
    let name = BodyToken::key_id(KID).unwrap();
    let key = Key::new(name, Secret::new(PRIVATE.trim()).unwrap());
    let headers = BodyToken::plaid().sign(&key, &Message::new(BODY, NOW)).unwrap();
    assert_eq!(send_body(&policy(), headers, BODY).await.status, StatusCode::OK);
}
