//! Keys of a pair: the private one signs, the public one verifies, and neither does the other.

use rempart::signature::{Algorithm, Scheme};
use rempart_testing::canary;
use rempart_testing::vectors::Signed;

use crate::tool::run;
use crate::vectors;

macro_rules! key {
    ($name:literal) => {
        include_str!(concat!("../../../rempart-signature/tests/keys/", $name)).trim_ascii()
    };
}

pub(crate) const ED25519: &str = key!("ed25519.pem");
pub(crate) const ED25519_PUBLIC: &str = key!("ed25519.pub.pem");
pub(crate) const P256: &str = key!("p256.pem");
pub(crate) const P256_PUBLIC: &str = key!("p256.pub.pem");
pub(crate) const P384: &str = key!("p384.pem");
pub(crate) const P384_PUBLIC: &str = key!("p384.pub.pem");
#[cfg(feature = "ring")]
pub(crate) const RSA: &str = key!("rsa.pem");
#[cfg(feature = "ring")]
pub(crate) const RSA_PUBLIC: &str = key!("rsa.pub.pem");

/// The published keys of an example: of nobody here.
const OTHER_ED25519: &str = "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=";
const OTHER_P256: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEWeg8cN/uehNp4kkH2T68mmITx/WbjLsFscchLQMtb4XtRWKd1rUyXNclVbMX6/IDnwBhs5DQ8NeOAxIgS358Cw==";

const AT: &str = "1800000000";
const ACCEPTED: &str = "{\"verdict\":\"accepted\",\"key\":\"KEY\"}\n";

/// Private, public, and a stranger's public one.
fn keys(scheme: &Scheme) -> [&'static str; 3] {
    match scheme.algorithm() {
        Algorithm::Ed25519 => [ED25519, ED25519_PUBLIC, OTHER_ED25519],
        Algorithm::EcdsaP256Sha256 => [P256, P256_PUBLIC, OTHER_P256],
        algorithm => panic!("{algorithm:?}"),
    }
}

fn asked<'a>(verb: &'a str, scheme: &'a Scheme, headers: &'a [String]) -> Vec<&'a str> {
    let mut arguments = vec![verb, "--scheme", scheme.name(), "--secret-env", "KEY", "--at", AT];
    arguments.extend(headers.iter().flat_map(|header| ["-H", header]));
    arguments
}

#[test]
fn what_sign_prints_is_what_verify_accepts_in_every_scheme_with_pairs() {
    let pairs: Vec<_> = Scheme::presets().filter(|scheme| !scheme.algorithm().is_mac()).collect();
    assert_eq!(pairs.len(), 4);
    for scheme in pairs {
        let name = scheme.name();
        let [private, public, stranger] = keys(&scheme);
        let mut headers: Vec<_> =
            scheme.id().map(|id| format!("{id}: msg_1")).into_iter().collect();
        let signed = run(&asked("sign", &scheme, &headers), &[("KEY", private)], b"{}");
        assert_eq!((signed.code, &*signed.stderr), (0, ""), "{name}");
        headers = signed.stdout.lines().map(str::to_owned).collect();
        let verify = asked("verify", &scheme, &headers);

        let rows: [(&str, &[u8], &str, i32); 3] = [
            (public, b"{}", ACCEPTED, 0),
            (public, b"{} ", "{\"verdict\":\"refused\",\"reason\":\"mismatch\"}\n", 1),
            (stranger, b"{}", "{\"verdict\":\"refused\",\"reason\":\"mismatch\"}\n", 1),
        ];
        for (key, body, want, code) in rows {
            let verified = run(&verify, &[("KEY", key)], body);
            assert_eq!((&*verified.stdout, verified.code), (want, code), "{name}");
            assert_eq!(verified.stderr, "", "{name}");
        }

        let verified = run(&verify, &[("KEY", private)], b"{}");
        let want = "rempart: keys.0: is a private key, and only its public half is needed here\n";
        assert_eq!((&*verified.stderr, verified.code), (want, 2), "{name}");
        canary::assert_absent(&verified.stderr, private);
        let signed = run(&asked("sign", &scheme, &headers[..0]), &[("KEY", public)], b"{}");
        assert_eq!((&*signed.stdout, signed.code), ("", 2), "{name}");
    }
}

#[test]
fn every_vector_of_a_pair_gets_its_verdict() {
    for case in ["sendgrid", "standard-webhooks-v1a"].iter().flat_map(|file| Signed::of(file)) {
        assert_eq!(vectors::verify(&case, None), vectors::want(&case), "{}", case.id);
    }
}

#[test]
fn a_pair_is_read_however_it_is_written() {
    // The key of the example of Standard Webhooks.
    let private = "whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=";
    let case = Signed::of("standard-webhooks-v1a").remove(0);
    let at = case.at.to_string();
    let sign = ["sign", "--scheme", "standard-webhooks-v1a", "--secret-env", "KEY", "--at", &at];
    let id = case.headers.iter().find(|(name, _)| name == "webhook-id").unwrap();
    let id = format!("webhook-id: {}", id.1);
    let bare = private.strip_prefix("whsk_").unwrap();
    for private in [private, bare] {
        let signed = run(&[&sign[..], &["-H", &id]].concat(), &[("KEY", private)], &case.body);
        let (_, signature) =
            case.headers.iter().find(|(name, _)| name == "webhook-signature").unwrap();
        let line = format!("webhook-signature: {signature}");
        assert!(signed.stdout.lines().any(|printed| printed == line), "{}", signed.stdout);
    }
}

#[test]
fn verify_takes_keys_of_files_and_says_which_matched() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("{text}\n")).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (private, public) = (write("private.pem", ED25519), write("public.pem", ED25519_PUBLIC));
    let sign = ["sign", "--scheme", "telnyx", "--secret-file", &private];
    let signed = run(&sign, &[], b"{}").stdout;
    let headers: Vec<_> = signed.lines().flat_map(|line| ["-H", line]).collect();
    let verify = ["verify", "--scheme", "telnyx", "--secret-env", "KEY", "--secret-file", &public];
    let verified = run(&[&verify[..], &headers].concat(), &[("KEY", OTHER_ED25519)], b"{}");
    let want = format!("{{\"verdict\":\"accepted\",\"key\":\"{public}\"}}\n");
    assert_eq!((verified.stdout, verified.code), (want, 0), "{}", verified.stderr);
}
