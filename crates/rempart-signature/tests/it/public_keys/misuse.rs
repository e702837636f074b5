//! One half of a pair taken for the other, for a secret, or for a key of another algorithm.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rempart_core::ManualClock;
use rempart_keys::{KeyRing, Secret};
use rempart_signature::{Algorithm, ConfigError, Encoding, Message, Scheme, SecretForm, SignError};

use super::{
    ED25519, ED25519_PUBLIC, P256, P256_PUBLIC, PAIRS, RSA, RSA_PUBLIC, base64_of, fault, scheme,
    secret,
};
use crate::support::{BODY, NOW, SECRET, builder, id};

#[test]
fn a_mac_takes_no_half_of_a_pair_for_its_secret() {
    let mac = || Scheme::vapi();
    let halves = [
        ED25519,
        ED25519_PUBLIC,
        P256,
        P256_PUBLIC,
        RSA,
        RSA_PUBLIC,
        include_str!("../../keys/p256.sec1.pem"),
        include_str!("../../keys/rsa.pkcs1.pub.pem"),
        "-----BEGIN WHATEVER-----",
    ];
    let encoded = halves[..6].iter().map(|half| base64_of(half));
    let prefixed = ["whpk_made-up".to_owned(), "whsk_made-up".to_owned()];
    let all = halves.iter().map(|half| (*half).to_owned()).chain(encoded).chain(prefixed);
    for text in all {
        assert_eq!(fault(mac(), &text), ConfigError::SecretOfPair { key: id("pair") }, "{text}");
        let signed = mac().sign(&secret(&text), &Message::new(BODY, NOW));
        assert_eq!(signed, Err(SignError::SecretForm), "{text}");
    }
    // What a prefix hides, and what is no text.
    let scheme = mac().with_secret_form(SecretForm::base64("whsec_"));
    let hidden = format!("whsec_{}", base64_of(P256_PUBLIC));
    assert_eq!(fault(scheme.clone(), &hidden), ConfigError::SecretOfPair { key: id("pair") });
    // Told for what it is, not for what it is not.
    assert_eq!(fault(scheme, P256_PUBLIC), ConfigError::SecretOfPair { key: id("pair") });
    let raw = Secret::from_binary(STANDARD.decode(base64_of(P256_PUBLIC)).unwrap()).unwrap();
    let ring = KeyRing::single(id("pair"), raw);
    let built = builder(mac(), &ManualClock::at(NOW)).keys(ring).build();
    let want = ConfigError::SecretOfPair { key: id("pair") };
    assert!(built.unwrap_err().iter().eq([&want]));
}

#[test]
fn a_public_key_is_one_of_the_algorithm_or_a_fault() {
    for (algorithm, private, _) in PAIRS {
        let want = ConfigError::PublicKeyIsPrivate { key: id("pair") };
        assert_eq!(fault(scheme(algorithm), private), want, "{}", algorithm.name());
        assert_eq!(fault(scheme(algorithm), &base64_of(private)), want, "{}", algorithm.name());
        for (other, _, public) in PAIRS {
            // A key that is good for both ways of RSA.
            if other == algorithm || public == RSA_PUBLIC && algorithm.name().starts_with("rsa") {
                continue;
            }
            let want = ConfigError::PublicKeyForm { key: id("pair") };
            assert_eq!(fault(scheme(algorithm), public), want, "{}", algorithm.name());
        }
        let truncated = base64_of(PAIRS[1].2).replace("A==", "").replace("Q==", "");
        for text in [SECRET, "00", &"ab".repeat(31), &"0".repeat(63), &truncated[..60]] {
            let fault = fault(scheme(algorithm), text);
            let kin = [
                ConfigError::PublicKeyForm { key: id("pair") },
                ConfigError::PublicKeyWeak { key: id("pair") },
            ];
            assert!(kin.contains(&fault), "{} {text}: {fault}", algorithm.name());
        }
    }
}

#[test]
fn weak_public_keys_are_refused_when_the_policy_is_built() {
    let weak = ConfigError::PublicKeyWeak { key: id("pair") };
    // The points of small order, as they are written canonically.
    let small = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    ];
    for point in small {
        assert_eq!(fault(scheme(Algorithm::Ed25519), point), weak, "{point}");
    }
    let short = include_str!("../../keys/rsa-1024.pub.pem");
    for algorithm in [Algorithm::RsaPkcs1Sha256, Algorithm::RsaPssSha512] {
        assert_eq!(fault(scheme(algorithm), short), weak);
    }
    // A point that is not on the curve.
    let off = format!("04{}", "07".repeat(64));
    let unfit = ConfigError::PublicKeyForm { key: id("pair") };
    assert_eq!(fault(scheme(Algorithm::EcdsaP256Sha256), &off), unfit);
}

#[test]
fn an_algorithm_a_form_and_an_encoding_fit_together() {
    let mac = Scheme::vapi();
    let unfit = |scheme: Scheme, text: &str| fault(scheme, text);
    let form = ConfigError::SecretFormUnfit;
    let public = scheme(Algorithm::Ed25519);
    assert_eq!(unfit(public.clone().with_secret_form(SecretForm::Text), ED25519_PUBLIC), form);
    let der = public.with_encoding(Encoding::Base64Der);
    assert_eq!(unfit(der, ED25519_PUBLIC), ConfigError::EncodingUnfit);
    assert_eq!(unfit(mac.with_encoding(Encoding::Base64Der), SECRET), ConfigError::EncodingUnfit);
}
