//! Wycheproof's signed tokens (`conformance/jose/`), through the verification of a token's
//! signature. Their payloads are `foo` and the like: no claims, which [`Policy::verify`] wants.

use std::collections::BTreeMap;

use rempart_keys::{KeyId, KeyRing, Secret};
use rempart_testing::vectors::{Vectors, hex, load};
use rempart_token::{Policy, Rejection};
use serde::Deserialize;

use crate::support::NOW;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    comment: String,
    /// Of the key; a token may say another.
    algorithm: String,
    kid: String,
    /// Empty for a public key.
    #[serde(deserialize_with = "hex")]
    secret: Vec<u8>,
    token: String,
    result: String,
}

/// What is in the published file, by the algorithm of the key: 401 cases. The file here has every
/// one of those that an HMAC key judges.
const PUBLISHED: [(&str, usize); 9] = [
    ("ES256", 41),
    ("ES521", 2),
    ("HS256", 40),
    ("PS256", 50),
    ("PS384", 5),
    ("PS512", 20),
    ("RS256", 235),
    ("RS384", 4),
    ("RS512", 4),
];

/// Where our verdict is not the published one, and why.
const OTHERWISE: [(&str, Result<(), Rejection>); 6] = [
    // Its key has a name of 36 characters, and ours have 16 at most.
    ("tc348", Err(Rejection::UnknownKey)),
    ("tc352", Err(Rejection::UnknownKey)),
    // Published as invalid for a padding that the published text does not have: it is, byte for
    // byte, that of tc357, which is published as valid.
    ("tc367", Ok(())),
    ("tc370", Ok(())),
    // A `?` among the digits, for decoders that skip it; RFC 7515 §2 allows no other character.
    ("tc372", Err(Rejection::Malformed)),
    ("tc373", Err(Rejection::Malformed)),
];

/// What the cases of unsupported algorithms are refused for: for the algorithm, where there is one
/// to read.
const UNSUPPORTED: [(&str, &str, usize); 12] = [
    // A head that brings its own key (tc32), and an HS256 tag made with a public key (tc31).
    ("ES256", "KeyInToken", 1),
    ("ES256", "Malformed", 7),
    ("ES256", "Mismatch", 1),
    ("ES256", "WrongAlgorithm", 31),
    ("ES521", "WrongAlgorithm", 2),
    ("PS256", "WrongAlgorithm", 3),
    ("PS384", "WrongAlgorithm", 1),
    // Four of them say `none`.
    ("PS512", "WrongAlgorithm", 5),
    ("RS256", "Malformed", 7),
    ("RS256", "WrongAlgorithm", 10),
    ("RS384", "WrongAlgorithm", 1),
    ("RS512", "WrongAlgorithm", 1),
];

fn cases() -> Vec<Case> {
    let Vectors { cases, .. } = load("jose/wycheproof-jws");
    cases
}

/// A policy with the case's key; for a public key, with one of ours under its name, so that a token
/// is not refused for the name alone.
fn policy(case: &Case) -> Policy {
    let secret = if case.secret.is_empty() {
        b"made-up-in-place-of-a-public-key".to_vec()
    } else {
        case.secret.clone()
    };
    let id = KeyId::new(&case.kid).unwrap_or(KeyId::new("another").unwrap());
    Policy::builder("wycheproof")
        .hs256(KeyRing::single(id, Secret::from_binary(secret).unwrap()))
        .dangerously_any_issuer()
        .dangerously_any_audience()
        .build()
        .unwrap()
}

fn verdict(case: &Case) -> Result<(), Rejection> {
    policy(case).dangerously_verify_signature(&case.token, NOW).map(drop)
}

#[test]
fn every_case_of_an_hmac_key_has_its_result() {
    let mut counts = BTreeMap::<_, usize>::new();
    let cases = cases();
    for case in cases.iter().filter(|case| !case.secret.is_empty()) {
        let got = verdict(case);
        let known = OTHERWISE.iter().find(|(id, _)| *id == case.id);
        match known {
            Some((_, want)) => assert_eq!(got, *want, "{}: {}", case.id, case.comment),
            None => assert_eq!(got.is_ok(), case.result == "valid", "{}: {got:?}", case.id),
        }
        *counts.entry((case.result.as_str(), got.is_ok(), known.is_some())).or_default() += 1;
    }
    let want = [
        (("invalid", false, false), 28),
        (("invalid", true, true), 2),
        (("valid", false, true), 4),
        (("valid", true, false), 6),
    ];
    // As published, against, against, as published.
    assert_eq!(counts, want.into());
}

#[test]
fn what_is_not_supported_is_refused_as_such() {
    let mut counts = BTreeMap::<_, usize>::new();
    for case in cases().iter().filter(|case| case.secret.is_empty()) {
        let rejection = verdict(case).expect_err(&case.id);
        // Of what is well made, the algorithm is the reason.
        assert!(case.result == "invalid" || rejection == Rejection::WrongAlgorithm, "{}", case.id);
        *counts.entry((case.algorithm.clone(), format!("{rejection:?}"))).or_default() += 1;
    }
    let counts: Vec<_> =
        counts.iter().map(|((key, why), count)| (key.as_str(), why.as_str(), *count)).collect();
    assert_eq!(counts, UNSUPPORTED);
}

#[test]
fn the_hmac_groups_are_whole() {
    let published: usize = PUBLISHED.iter().map(|(_, count)| count).sum();
    assert_eq!(published, 401);
    for (algorithm, published) in PUBLISHED {
        let here = cases().iter().filter(|case| case.algorithm == algorithm).count();
        assert!(here > 0 && here <= published, "{algorithm}");
        assert!(algorithm != "HS256" || here == published);
    }
}
