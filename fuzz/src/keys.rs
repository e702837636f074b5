//! Keys as operators paste them: PEM, DER in Base64, JSON Web Keys, digits.

use std::time::Duration;

use http::HeaderName;
use rempart::keys::{KeyId, KeyRing, Secret};
use rempart::signature::{Algorithm, Encoding, Message, Policy, Scheme, SecretForm};

const NOW: Duration = Duration::from_secs(1_800_000_000);

const PAIRS: [Algorithm; 5] = [
    Algorithm::Ed25519,
    Algorithm::EcdsaP256Sha256,
    Algorithm::EcdsaP384Sha384,
    Algorithm::RsaPkcs1Sha256,
    Algorithm::RsaPssSha512,
];

fn scheme(algorithm: Algorithm, form: SecretForm) -> Scheme {
    Scheme::new("fuzz", HeaderName::from_static("x-fuzz"))
        .with_algorithm(algorithm)
        .with_encoding(Encoding::Base64)
        .with_secret_form(form)
}

fn builds(scheme: Scheme, secret: &Secret) -> bool {
    let keys = KeyRing::single(KeyId::new("fuzz").expect("a name"), secret.clone());
    let policy = Policy::builder("fuzz").scheme(scheme).keys(keys);
    policy.dangerously_without_read_deadline().build().is_ok()
}

/// A text that says what it is is one thing: a public key that verifies, a private one that signs, or
/// a secret.
pub(crate) fn key_text(data: &[u8]) {
    let Ok(secret) = Secret::new(data) else { return };
    let message = Message::new(b"{}", NOW);
    // What begins so says itself what it is.
    let says = ["-----BEGIN ", "{", "whpk_", "whsk_"]
        .iter()
        .any(|start| data.starts_with(start.as_bytes()));
    let verifies = PAIRS.map(|pair| builds(scheme(pair, SecretForm::PublicKey), &secret));
    let signs =
        PAIRS.map(|pair| scheme(pair, SecretForm::PublicKey).sign(&secret, &message).is_ok());
    if says {
        for (verifies, signs) in verifies.iter().zip(&signs) {
            assert!(!(*verifies && *signs), "both halves of a pair");
        }
        // RSA's have two algorithms, the others one.
        let [ed25519, p256, p384, rsa, pss] = verifies;
        let kinds = [ed25519, p256, p384, rsa || pss];
        assert!(kinds.iter().filter(|kind| **kind).count() <= 1, "{kinds:?}");
    }
    let mac = builds(scheme(Algorithm::HmacSha256, SecretForm::Text), &secret);
    if says && (verifies.contains(&true) || signs.contains(&true)) {
        assert!(!mac, "half of a pair is taken for a secret");
    }
    if mac {
        assert!(scheme(Algorithm::HmacSha256, SecretForm::Text).sign(&secret, &message).is_ok());
    }
    // The other forms of secrets.
    let base64 = SecretForm::base64("whsec_");
    let list = SecretForm::base64_list("v1,whsec_");
    for form in [base64, list, SecretForm::hex("")] {
        let scheme = scheme(Algorithm::HmacSha256, form);
        if builds(scheme.clone(), &secret) {
            assert!(scheme.sign(&secret, &message).is_ok(), "{scheme:?}");
        }
    }
}
