//! [Wycheproof](https://github.com/C2SP/wycheproof)'s vectors, through `verify`.

#[cfg(all(feature = "ecdsa", feature = "ed25519", feature = "ring"))]
mod pairs;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{Algorithm, Head, Policy, Rejection, Scheme, verify};
use wycheproof::TestResult;
use wycheproof::mac::{TestName, TestSet};

use crate::support::{NOW, id};

const HEADER: HeaderName = HeaderName::from_static("x-signature");

fn policy(scheme: Scheme, key: Secret) -> Policy {
    Policy::builder("wycheproof")
        .scheme(scheme)
        .keys(KeyRing::single(id("vector"), key))
        .dangerously_short_secrets()
        .dangerously_without_read_deadline()
        .build()
        .unwrap()
}

/// What becomes of a body with a signature in this text.
fn verdict(policy: &Policy, body: &[u8], signature: &str) -> Result<(), Rejection> {
    let headers: HeaderMap =
        [(HEADER, HeaderValue::from_str(signature).unwrap())].into_iter().collect();
    let uri = Uri::from_static("/");
    verify(policy, &Head::new(&Method::POST, &uri, &headers), body, NOW).map(drop)
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap();
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15].map(digit)).collect()
}

#[test]
fn hmac() {
    let algorithms = [
        (TestName::HmacSha1, Algorithm::HmacSha1),
        (TestName::HmacSha256, Algorithm::HmacSha256),
        (TestName::HmacSha512, Algorithm::HmacSha512),
    ];
    for (name, algorithm) in algorithms {
        let (mut whole, mut truncated) = (0, 0);
        let scheme = Scheme::new("wycheproof", HEADER).with_algorithm(algorithm);
        for group in TestSet::load(name).unwrap().test_groups {
            // An empty key is no secret at all; the configuration refuses it.
            for test in group.tests.iter().filter(|test| !test.key.is_empty()) {
                let policy =
                    policy(scheme.clone(), Secret::from_binary(test.key.to_vec()).unwrap());
                let got = verdict(&policy, &test.msg, &hex(&test.tag));
                let what = format!("{algorithm:?}, {}: {}", test.tc_id, test.comment);
                if Some(test.tag.len()) == algorithm.signature_len() {
                    let good = test.result != TestResult::Invalid;
                    let want = if good { Ok(()) } else { Err(Rejection::Mismatch) };
                    assert_eq!(got, want, "{what}");
                    whole += 1;
                } else {
                    assert_eq!(got, Err(Rejection::Malformed), "{what}");
                    truncated += 1;
                }
            }
        }
        assert!(whole >= 80 && truncated >= 70, "{algorithm:?}: {whole} and {truncated}");
    }
}
