//! The groups of keys of a pair. What is only acceptable to Wycheproof, such as a number that is
//! written otherwise than DER writes it, is refused.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rempart_keys::Secret;
use rempart_signature::{Algorithm, Encoding, Policy, Scheme, SecretForm};
use wycheproof::{TestResult, ecdsa, eddsa, rsa_pkcs1_verify, rsa_pss_verify};

use super::{HEADER, policy, verdict};

fn of_pair(algorithm: Algorithm, encoding: Encoding, pem: &str) -> Policy {
    let scheme = Scheme::new("wycheproof", HEADER)
        .with_algorithm(algorithm)
        .with_encoding(encoding)
        .with_secret_form(SecretForm::PublicKey);
    policy(scheme, Secret::new(pem.trim()).unwrap())
}

/// Counts what was taken and what was refused, each as it should be.
#[derive(Default)]
struct Count {
    taken: usize,
    refused: usize,
}

impl Count {
    fn one(
        &mut self,
        policy: &Policy,
        body: &[u8],
        signature: &[u8],
        result: TestResult,
        what: &str,
    ) {
        let text = STANDARD.encode(signature);
        // What no server lets through.
        let got = if text.is_empty() { false } else { verdict(policy, body, &text).is_ok() };
        assert_eq!(got, result == TestResult::Valid, "{what}");
        *(if got { &mut self.taken } else { &mut self.refused }) += 1;
    }
}

/// One file of one algorithm: the tests of each group with the key in its PEM.
macro_rules! each {
    ($module:ident :: $name:ident, $algorithm:ident, $encoding:ident) => {{
        let mut count = Count::default();
        for group in $module::TestSet::load($module::TestName::$name).unwrap().test_groups {
            let policy = of_pair(Algorithm::$algorithm, Encoding::$encoding, &group.pem);
            for test in &group.tests {
                let what = format!("{}, {}: {}", stringify!($name), test.tc_id, test.comment);
                count.one(&policy, &test.msg, &test.sig, test.result, &what);
            }
        }
        (count.taken, count.refused)
    }};
}

#[test]
fn ed25519() {
    let (taken, refused) = each!(eddsa::Ed25519, Ed25519, Base64);
    assert!(taken >= 80 && refused >= 60, "{taken} and {refused}");
}

#[test]
fn ecdsa_with_p256_and_sha256() {
    let (taken, refused) = each!(ecdsa::EcdsaSecp256r1Sha256, EcdsaP256Sha256, Base64Der);
    assert!(taken >= 150 && refused >= 200, "{taken} and {refused}");
    let (taken, refused) = each!(ecdsa::EcdsaSecp256r1Sha256P1363, EcdsaP256Sha256, Base64);
    assert!(taken >= 150 && refused >= 60, "{taken} and {refused}");
}

#[test]
fn rsa() {
    let (taken, refused) = each!(rsa_pkcs1_verify::Rsa2048Sha256, RsaPkcs1Sha256, Base64);
    assert!(taken >= 5 && refused >= 200, "{taken} and {refused}");
    let (taken, refused) =
        each!(rsa_pss_verify::RsaPss4096Sha512Mgf1SaltLen64, RsaPssSha512, Base64);
    assert!(taken >= 50 && refused >= 20, "{taken} and {refused}");
}
