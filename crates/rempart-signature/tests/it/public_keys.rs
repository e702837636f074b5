//! Keys of a pair: how they are written, and what they verify.

mod misuse;
mod vendors;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use rempart_core::{ManualClock, Reason};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{
    Algorithm, ConfigError, Elements, Encoding, Extraction, Head, HexCase, Message, Policy,
    Rejection, Scheme, SecretForm, Timestamp, verify,
};
use rempart_testing::Script;

use crate::support::{BODY, NOW, builder, id, key, post, send};

const ED25519: &str = include_str!("../keys/ed25519.pem");
const ED25519_PUBLIC: &str = include_str!("../keys/ed25519.pub.pem");
const P256: &str = include_str!("../keys/p256.pem");
const P256_PUBLIC: &str = include_str!("../keys/p256.pub.pem");
const P384: &str = include_str!("../keys/p384.pem");
const P384_PUBLIC: &str = include_str!("../keys/p384.pub.pem");
const RSA: &str = include_str!("../keys/rsa.pem");
const RSA_PUBLIC: &str = include_str!("../keys/rsa.pub.pem");
const RSA_PSS: &str = include_str!("../keys/rsa-pss.pem");
const RSA_PSS_PUBLIC: &str = include_str!("../keys/rsa-pss.pub.pem");

/// Algorithm, private key, public key.
pub(crate) const PAIRS: [(Algorithm, &str, &str); 6] = [
    (Algorithm::Ed25519, ED25519, ED25519_PUBLIC),
    (Algorithm::EcdsaP256Sha256, P256, P256_PUBLIC),
    (Algorithm::EcdsaP384Sha384, P384, P384_PUBLIC),
    (Algorithm::RsaPkcs1Sha256, RSA, RSA_PUBLIC),
    (Algorithm::RsaPssSha512, RSA, RSA_PUBLIC),
    (Algorithm::RsaPssSha512, RSA_PSS, RSA_PSS_PUBLIC),
];

const HEADER: &str = "x-acme-signature";

pub(crate) fn scheme(algorithm: Algorithm) -> Scheme {
    Scheme::new("acme", HeaderName::from_static(HEADER))
        .with_algorithm(algorithm)
        .with_encoding(Encoding::Base64)
        .with_secret_form(SecretForm::PublicKey)
        .with_template("{timestamp}|{body}".parse().unwrap())
        .with_timestamp(Timestamp::header(HeaderName::from_static("x-acme-time")))
}

pub(crate) fn secret(text: &str) -> Secret {
    Secret::new(text.trim()).unwrap()
}

fn sign(scheme: &Scheme, private: &str, body: &[u8]) -> HeaderMap {
    scheme.sign(&secret(private), &Message::new(body, NOW)).unwrap()
}

fn policy(scheme: Scheme, public: &str) -> Policy {
    let ring = KeyRing::single(id("pair"), secret(public));
    builder(scheme, &ManualClock::at(NOW)).keys(ring).build().unwrap()
}

fn fault(scheme: Scheme, text: &str) -> ConfigError {
    let ring = KeyRing::single(id("pair"), secret(text));
    let policy = builder(scheme, &ManualClock::at(NOW)).keys(ring).build();
    let faults = policy.unwrap_err();
    assert_eq!(faults.len(), 1, "{faults}");
    faults.into_iter().next().unwrap()
}

fn verdict(policy: &Policy, headers: &HeaderMap, body: &[u8]) -> Result<(), Rejection> {
    let uri = Uri::from_static("/hooks");
    verify(policy, &Head::new(&Method::POST, &uri, headers), body, NOW).map(drop)
}

fn signature(headers: &HeaderMap) -> Vec<u8> {
    STANDARD.decode(headers[HEADER].as_bytes()).unwrap()
}

fn with_signature(headers: &HeaderMap, signature: &[u8]) -> HeaderMap {
    let mut headers = headers.clone();
    headers.insert(HEADER, HeaderValue::try_from(STANDARD.encode(signature)).unwrap());
    headers
}

/// The Base64 between the lines of a PEM text.
fn base64_of(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with("-----")).collect()
}

#[test]
fn each_algorithm_verifies_what_it_signed_and_nothing_else() {
    for (algorithm, private, public) in PAIRS {
        for encoding in [Encoding::Base64, Encoding::Hex(HexCase::Lower), Encoding::Base64Der] {
            let ecdsa = algorithm.name().starts_with("ecdsa");
            if encoding == Encoding::Base64Der && !ecdsa {
                continue;
            }
            let scheme = scheme(algorithm).with_encoding(encoding);
            let policy = policy(scheme.clone(), public);
            for body in [BODY, b"", &vec![0xff; 70_000]] {
                let headers = sign(&scheme, private, body);
                let name = format!("{} {encoding:?}", algorithm.name());
                assert_eq!(verdict(&policy, &headers, body), Ok(()), "{name}");
                let longer = [body, b"x"].concat();
                assert_eq!(verdict(&policy, &headers, &longer), Err(Rejection::Mismatch), "{name}");
                let mut other_time = headers.clone();
                other_time.insert("x-acme-time", HeaderValue::from(NOW.as_secs() + 1));
                let moved = verdict(&policy, &other_time, body);
                assert_eq!(moved, Err(Rejection::Mismatch), "{name}");
            }
        }
    }
}

#[test]
fn a_signature_with_any_byte_changed_is_refused() {
    for (algorithm, private, public) in PAIRS {
        let scheme = scheme(algorithm);
        let policy = policy(scheme.clone(), public);
        let headers = sign(&scheme, private, BODY);
        let good = signature(&headers);
        for place in (0..good.len()).step_by(5) {
            let mut bad = good.clone();
            bad[place] ^= 1;
            let verdict = verdict(&policy, &with_signature(&headers, &bad), BODY);
            assert_eq!(verdict, Err(Rejection::Mismatch), "{} {place}", algorithm.name());
        }
        // Too long, too short: not of the algorithm, and no byte of the body is asked for.
        for bad in [&good[1..], &[&good[..], b"x"].concat(), b""] {
            let verdict = verdict(&policy, &with_signature(&headers, bad), BODY);
            let rsa = algorithm.name().starts_with("rsa") && bad.len() > good.len();
            let want = if rsa { Rejection::Mismatch } else { Rejection::Malformed };
            assert_eq!(verdict, Err(want), "{} {}", algorithm.name(), bad.len());
        }
    }
}

#[test]
fn keys_are_read_however_they_are_written() {
    let ed25519 = STANDARD.decode(base64_of(ED25519_PUBLIC)).unwrap()[12..].to_vec();
    let seed = STANDARD.decode(base64_of(ED25519)).unwrap()[16..].to_vec();
    let point = STANDARD.decode(base64_of(P256_PUBLIC)).unwrap()[26..].to_vec();
    let compressed = [&[2 + (point[64] & 1)], &point[1..33]].concat();
    let number = STANDARD.decode(base64_of(P256)).unwrap()[36..68].to_vec();
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap();
    let hex = |bytes: &[u8]| -> String {
        bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
    };
    let rows: [(Algorithm, Vec<String>, Vec<String>); 3] = [
        (
            Algorithm::Ed25519,
            vec![
                ED25519.to_owned(),
                base64_of(ED25519),
                hex(&seed),
                STANDARD.encode(&seed),
                format!("whsk_{}", STANDARD.encode(&seed)),
                format!("whsk_{}", STANDARD.encode([&seed[..], &ed25519].concat())),
            ],
            vec![
                ED25519_PUBLIC.to_owned(),
                ED25519_PUBLIC.replace('\n', "\r\n"),
                base64_of(ED25519_PUBLIC),
                hex(&ed25519),
                hex(&ed25519).to_uppercase(),
                STANDARD.encode(&ed25519),
                format!("whpk_{}", STANDARD.encode(&ed25519)),
            ],
        ),
        (
            Algorithm::EcdsaP256Sha256,
            vec![
                P256.to_owned(),
                base64_of(P256),
                include_str!("../keys/p256.sec1.pem").to_owned(),
                hex(&number),
                STANDARD.encode(&number),
            ],
            vec![
                P256_PUBLIC.to_owned(),
                base64_of(P256_PUBLIC),
                hex(&point),
                STANDARD.encode(&point),
                hex(&compressed),
                STANDARD.encode(&compressed),
            ],
        ),
        (
            Algorithm::RsaPkcs1Sha256,
            vec![RSA.to_owned(), base64_of(RSA), include_str!("../keys/rsa.pkcs1.pem").to_owned()],
            vec![
                RSA_PUBLIC.to_owned(),
                base64_of(RSA_PUBLIC),
                include_str!("../keys/rsa.pkcs1.pub.pem").to_owned(),
            ],
        ),
    ];
    for (algorithm, privates, publics) in rows {
        for (nth, private) in privates.iter().enumerate() {
            let headers = sign(&scheme(algorithm), private, BODY);
            for (mth, public) in publics.iter().enumerate() {
                let policy = policy(scheme(algorithm), public);
                let name = format!("{} {nth} {mth}", algorithm.name());
                assert_eq!(verdict(&policy, &headers, BODY), Ok(()), "{name}");
            }
        }
    }
}

/// The order of P-256.
const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

fn order() -> [u8; 32] {
    std::array::from_fn(|nth| u8::from_str_radix(&ORDER[nth * 2..nth * 2 + 2], 16).unwrap())
}

/// `left - right`, most significant byte first.
fn minus(left: [u8; 32], right: &[u8]) -> [u8; 32] {
    let mut borrow = 0;
    let mut difference = [0; 32];
    for place in (0..32).rev() {
        let step = i32::from(left[place]) - i32::from(right[place]) - borrow;
        borrow = i32::from(step < 0);
        difference[place] = u8::try_from(step.rem_euclid(256)).unwrap();
    }
    difference
}

#[test]
fn an_ecdsa_signature_is_two_numbers_of_the_curves_range() {
    let scheme = scheme(Algorithm::EcdsaP256Sha256);
    let policy = policy(scheme.clone(), P256_PUBLIC);
    let headers = sign(&scheme, P256, BODY);
    let good = signature(&headers);
    let (r, s) = good.split_at(32);
    let (zero, one) = ([0; 32], minus(order(), &minus(order(), &[&[0; 31][..], &[1]].concat())));
    let rows: [(&str, Vec<u8>, bool); 9] = [
        ("as it was signed", good.clone(), true),
        ("the other s", [r, &minus(order(), s)].concat(), true),
        ("(0, 0)", [zero, zero].concat(), false),
        ("(0, s)", [&zero[..], s].concat(), false),
        ("(r, 0)", [r, &zero].concat(), false),
        ("(1, 1)", [one, one].concat(), false),
        ("(n, s)", [&order()[..], s].concat(), false),
        ("(r, n)", [r, &order()].concat(), false),
        ("(2^256 - 1, s)", [&[0xff; 32][..], s].concat(), false),
    ];
    for (name, bytes, valid) in rows {
        let want = if valid { Ok(()) } else { Err(Rejection::Mismatch) };
        assert_eq!(verdict(&policy, &with_signature(&headers, &bytes), BODY), want, "{name}");
    }
}

#[test]
fn an_asn1_signature_is_written_in_one_way() {
    let scheme = scheme(Algorithm::EcdsaP256Sha256).with_encoding(Encoding::Base64Der);
    let policy = policy(scheme.clone(), P256_PUBLIC);
    let headers = sign(&scheme, P256, BODY);
    let good = signature(&headers);
    let mut long = good.clone();
    long.insert(1, 0x81);
    let zeros = vec![0x30, 6, 2, 1, 0, 2, 1, 0];
    let rows = [
        ("as it was signed", good.clone(), Ok(())),
        ("a byte after it", [&good[..], &[0]].concat(), Err(Rejection::Malformed)),
        ("a length with a detour", long, Err(Rejection::Malformed)),
        ("cut short", good[..good.len() - 1].to_vec(), Err(Rejection::Malformed)),
        ("(0, 0)", zeros, Err(Rejection::Mismatch)),
        ("one number after the other", vec![7; 64], Err(Rejection::Malformed)),
    ];
    for (name, bytes, want) in rows {
        assert_eq!(verdict(&policy, &with_signature(&headers, &bytes), BODY), want, "{name}");
    }
}

#[test]
fn at_most_four_signatures_are_tried() {
    let elements = Elements::new(b' ', b',', "v1a");
    for (algorithm, private, public) in PAIRS {
        let scheme = scheme(algorithm).with_extraction(Extraction::Elements(elements.clone()));
        let policy = policy(scheme.clone(), public);
        let headers = sign(&scheme, private, BODY);
        let good = headers[HEADER].to_str().unwrap();
        let bytes = STANDARD.decode(good.strip_prefix("v1a,").unwrap()).unwrap();
        let bad = format!("v1a,{}", STANDARD.encode(vec![1; bytes.len()]));
        // RSA has long ones: five of them are longer than a header may be.
        for (before, want) in [(3, Ok(())), (4, Err(Rejection::Malformed))] {
            let value = [vec![bad.as_str(); before], vec![good]].concat().join(" ");
            let mut headers = headers.clone();
            headers.insert(HEADER, HeaderValue::from_str(&value).unwrap());
            assert_eq!(verdict(&policy, &headers, BODY), want, "{} {before}", algorithm.name());
        }
    }
}

#[test]
fn the_key_that_matched_is_named_and_a_retired_one_matches_no_more() {
    let other = format!("whpk_{}", STANDARD.encode([0x0b; 32]));
    let until = NOW + Duration::from_secs(1);
    let ring = KeyRing::single(id("old"), secret(ED25519_PUBLIC));
    let ring = ring.add(key("new", &other)).unwrap();
    let scheme = scheme(Algorithm::Ed25519);
    let headers = sign(&scheme, ED25519, BODY);
    let uri = Uri::from_static("/hooks");
    let head = Head::new(&Method::POST, &uri, &headers);
    let clock = ManualClock::at(NOW);
    let policy = builder(scheme, &clock).keys(ring.promote(id("new"), until).unwrap());
    let policy = policy.build().unwrap();
    assert_eq!(verify(&policy, &head, BODY, NOW).unwrap().key(), id("old"));
    assert_eq!(verify(&policy, &head, BODY, until), Err(Rejection::Mismatch));
    let revoked = policy.with_keys(ring.revoke(id("old")).unwrap()).unwrap();
    assert_eq!(verify(&revoked, &head, BODY, NOW), Err(Rejection::Mismatch));
    let signer = rempart_signature::revoked_signer(&revoked, &head, BODY, NOW);
    assert_eq!(signer, Some(id("old")));
}

#[tokio::test]
async fn the_layer_gives_a_body_in_pieces_to_any_algorithm() {
    for (algorithm, private, public) in PAIRS {
        let scheme = scheme(algorithm);
        let headers = sign(&scheme, private, b"one two three");
        let policy = policy(scheme, public);
        let frames = [&b"one "[..], b"two ", b"three"];
        let script = frames.iter().fold(Script::new(), |script, frame| script.data(*frame));
        let outcome = send(policy.clone(), post(headers.clone(), script)).await;
        assert_eq!(outcome.status, StatusCode::OK, "{}", algorithm.name());
        let handled = outcome.handled.unwrap();
        assert_eq!(handled.frames, frames.map(Bytes::from_static), "{}", algorithm.name());
        let forged = Script::new().data("one ").data("two threE");
        let outcome = send(policy, post(headers, forged)).await;
        assert_eq!(outcome.status, StatusCode::UNAUTHORIZED, "{}", algorithm.name());
        assert_eq!(outcome.reason(), Some(Reason::Mismatch));
    }
}

#[test]
fn hmac_sha512_is_a_mac_like_the_others() {
    // RFC 4231, test case 2.
    let want = "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
                9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737";
    let scheme = Scheme::vapi().with_algorithm(Algorithm::HmacSha512);
    let body = b"what do ya want for nothing?";
    let headers = scheme.sign(&secret("Jefe"), &Message::new(body, NOW)).unwrap();
    assert_eq!(headers["x-vapi-signature"], want);
    let ring = KeyRing::single(id("pair"), secret("Jefe"));
    let clock = ManualClock::at(NOW);
    let policy = builder(scheme, &clock).keys(ring).dangerously_short_secrets().build().unwrap();
    assert_eq!(verdict(&policy, &headers, body), Ok(()));
    assert_eq!(verdict(&policy, &headers, b"else"), Err(Rejection::Mismatch));
    for bad in [&want[..64], &"0".repeat(128), &format!("{want}00")] {
        let mut headers = HeaderMap::new();
        headers.insert("x-vapi-signature", HeaderValue::from_str(bad).unwrap());
        assert!(verdict(&policy, &headers, body).is_err(), "{bad}");
    }
}
