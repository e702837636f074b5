//! HTTP message signatures: `--scheme message`.

mod faults;
mod refusals;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rempart::signature::Algorithm;
use rempart_testing::canary;
use rempart_testing::vectors::SignedMessage;

use crate::pairs::{ED25519, ED25519_PUBLIC, P256, P256_PUBLIC, P384, P384_PUBLIC};
#[cfg(feature = "ring")]
use crate::pairs::{RSA, RSA_PUBLIC};
use crate::tool::{Run, run};

const SECRET: &str = "made-up-secret-for-tests-only";
const AT: &str = "1800000000";
const URL: &str = "https://api.example.com/in?a=1";
const HMAC: &str = "hmac-sha256";
const BODY: &[u8] = b"{\"a\":1}";

/// Algorithm, what signs, what verifies.
const KEYS: &[(&str, &str, &str)] = &[
    (HMAC, SECRET, SECRET),
    ("ed25519", ED25519, ED25519_PUBLIC),
    ("ecdsa-p256-sha256", P256, P256_PUBLIC),
    ("ecdsa-p384-sha384", P384, P384_PUBLIC),
    #[cfg(feature = "ring")]
    ("rsa-v1_5-sha256", RSA, RSA_PUBLIC),
    #[cfg(feature = "ring")]
    ("rsa-pss-sha512", RSA, RSA_PUBLIC),
];

/// The arguments of both verbs, in which later ones are added.
fn arguments<'a>(verb: &'a str, algorithm: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let common = ["--scheme", "message", "--algorithm", algorithm, "--keyid", "partner/1"];
    let mut arguments = vec![verb];
    arguments.extend(common);
    arguments.extend(["--url", URL, "--secret-env", "KEY", "--at", AT]);
    arguments.extend(more);
    arguments
}

fn sign(algorithm: &str, key: &str, more: &[&str]) -> Run {
    run(&arguments("sign", algorithm, more), &[("KEY", key)], BODY)
}

/// Verifies the lines that `sign` printed.
fn verify(algorithm: &str, key: &str, lines: &str, more: &[&str]) -> Run {
    let mut arguments = arguments("verify", algorithm, more);
    arguments.extend(lines.lines().flat_map(|line| ["-H", line]));
    run(&arguments, &[("KEY", key)], BODY)
}

fn accepted(label: &str, components: &str) -> String {
    format!(
        "{{\"verdict\":\"accepted\",\"key\":\"KEY\",\"label\":\"{label}\",\"components\":[{components}]}}\n"
    )
}

#[test]
fn what_sign_prints_is_what_verify_accepts_by_every_algorithm() {
    let registered = Algorithm::ALL.iter().filter(|algorithm| {
        use Algorithm::{HmacSha1, HmacSha512, SharedSecret};
        !matches!(algorithm, HmacSha1 | HmacSha512 | SharedSecret)
    });
    assert_eq!(registered.count(), KEYS.len());
    for (algorithm, private, public) in KEYS {
        let signed = sign(algorithm, private, &[]);
        assert_eq!((signed.code, &*signed.stderr), (0, ""), "{algorithm}");
        let names: Vec<_> =
            signed.stdout.lines().filter_map(|line| Some(line.split_once(": ")?.0)).collect();
        assert_eq!(names, ["content-digest", "signature-input", "signature"], "{algorithm}");
        canary::assert_absent(&signed.stdout, private);
        let verified = verify(algorithm, public, &signed.stdout, &[]);
        let want = accepted("sig", r#""@method","@target-uri","content-digest""#);
        assert_eq!((&*verified.stdout, verified.code), (&*want, 0), "{}", verified.stderr);
        assert_eq!(verified.stderr, "", "{algorithm}");
    }
}

#[test]
fn a_signature_says_what_it_is_told_to_say() {
    let options = [
        "--label",
        "a-1",
        "--tag",
        "app",
        "--nonce",
        "n 1",
        "--lifetime",
        "60",
        "--say-algorithm",
        "--digest",
        "sha-512",
        "--component",
        "@method",
        "--component",
        "\"@query-param\";name=\"a\"",
        "--component",
        "content-digest",
        "-H",
        "content-type: text/plain",
        "--component",
        "content-type",
    ];
    let signed = sign(HMAC, SECRET, &options);
    assert_eq!(signed.stderr, "");
    let input = "signature-input: a-1=(\"@method\" \"@query-param\";name=\"a\" \"content-digest\" \
                 \"content-type\");created=1800000000;keyid=\"partner/1\";nonce=\"n 1\";\
                 alg=\"hmac-sha256\";expires=1800000060;tag=\"app\"";
    assert_eq!(signed.stdout.lines().nth(1), Some(input));
    assert!(signed.stdout.starts_with("content-digest: sha-512=:"), "{}", signed.stdout);

    let asks = [
        "--label",
        "a-1",
        "--tag",
        "app",
        "--component",
        "content-type",
        "-H",
        "content-type: text/plain",
    ];
    let verified = verify(HMAC, SECRET, &signed.stdout, &asks);
    let components = r#""@method","\"@query-param\";name=\"a\"","content-digest","content-type""#;
    assert_eq!(verified.stdout, accepted("a-1", components));
}

#[test]
fn a_signature_is_put_beside_those_of_others() {
    let first = sign(HMAC, SECRET, &["--label", "first"]).stdout;
    let lines: Vec<_> = first.lines().skip(1).flat_map(|line| ["-H", line]).collect();
    let second = sign(HMAC, SECRET, &[&["--label", "second"], &lines[..]].concat());
    assert_eq!((second.stdout.lines().count(), &*second.stderr), (3, ""));
    assert!(!second.stdout.contains("first"), "{}", second.stdout);
    let (_, both) = first.split_once('\n').unwrap();
    let both = format!("{both}{}", second.stdout);
    let verified = verify(HMAC, SECRET, &both, &["--label", "second"]);
    assert!(verified.stdout.contains("\"label\":\"second\""), "{}", verified.stdout);

    // The digest of another is signed as it came, where it is not this one that is made.
    let digest = first.lines().next().unwrap();
    let member = ["--component", "\"content-digest\";key=\"sha-256\"", "-H", digest];
    let signed = sign(HMAC, SECRET, &member);
    assert_eq!((signed.code, &*signed.stderr), (0, ""));

    let taken = sign(HMAC, SECRET, &[&["--label", "first"], &lines[..]].concat());
    let want = "rempart: --label: the message has a signature of this label\n";
    assert_eq!((&*taken.stderr, &*taken.stdout, taken.code), (want, "", 2));
}

#[test]
fn the_origin_is_the_one_under_which_senders_know_the_service() {
    let signed = sign(HMAC, SECRET, &[]).stdout;
    let digest = signed.lines().flat_map(|line| ["-H", line]).collect::<Vec<_>>();
    let ask = |url: &'static str, origin: Option<&'static str>| {
        let mut ask = arguments("verify", HMAC, &digest);
        let place = ask.iter().position(|argument| *argument == URL).unwrap();
        ask[place] = url;
        ask.extend(origin.iter().flat_map(|origin| ["--origin", origin]));
        run(&ask, &[("KEY", SECRET)], BODY).code
    };
    #[rustfmt::skip]
    let rows = [
        (URL,                                    None,                                 0),
        ("https://api.example.com:443/in?a=1",   None,                                 0),
        ("https://API.example.com/in?a=1",       None,                                 0),
        ("http://127.0.0.1:8080/in?a=1",         Some("https://api.example.com"),      0),
        ("/in?a=1",                              Some("https://api.example.com"),      0),
        ("/?a=1",                                Some("https://api.example.com/in"),   1),
        ("http://api.example.com/in?a=1",        None,                                 1),
        ("https://api.example.org/in?a=1",       None,                                 1),
        ("https://api.example.com/in?a=2",       None,                                 1),
        (URL,                                    Some("https://api.example.org"),      1),
    ];
    for (url, origin, code) in rows {
        assert_eq!(ask(url, origin), code, "{url} {origin:?}");
    }
    for called in ["/in?a=1", "http://127.0.0.1:8080/in?a=1"] {
        let mut other = arguments("sign", HMAC, &["--origin", "https://api.example.com"]);
        let place = other.iter().position(|argument| *argument == URL).unwrap();
        other[place] = called;
        assert_eq!(run(&other, &[("KEY", SECRET)], BODY).stdout, signed, "{called}");
    }
}

#[test]
fn a_short_secret_is_used_with_a_warning_and_one_in_base64_is_decoded() {
    let signed = sign(HMAC, "made-up", &[]);
    let warning = "rempart: warning: the secret has 7 bytes, a service asks for 16\n";
    assert_eq!((signed.code, &*signed.stderr), (0, warning));
    let verified = verify(HMAC, "made-up", &signed.stdout, &[]);
    assert_eq!((verified.code, &*verified.stderr), (0, warning));
    let written = STANDARD.encode(SECRET);
    let base64 = sign(HMAC, &written, &["--secret-form", "base64"]);
    assert_eq!(base64.stdout, sign(HMAC, SECRET, &[]).stdout);
    let verified = verify(HMAC, &written, &base64.stdout, &["--secret-form", "base64"]);
    assert_eq!(verified.code, 0, "{}", verified.stderr);
}

/// Asks about an example of RFC 9421 as its reader would.
fn example(case: &SignedMessage, verb: &str, more: &[&str]) -> Run {
    let at = case.at.to_string();
    let is_mac = case.algorithm == HMAC;
    let key = if is_mac { STANDARD.encode(&case.key) } else { text(&case.key) };
    let mut arguments = vec![verb, "--scheme", "message", "--algorithm", &case.algorithm];
    arguments.extend(["--keyid", &case.keyid, "--label", &case.label, "--url", &case.url]);
    arguments.extend(["--method", &case.method, "--at", &at, "--secret-env", "KEY"]);
    arguments.extend(if is_mac { &["--secret-form", "base64"][..] } else { &[] });
    arguments.extend(more);
    run(&arguments, &[("KEY", key.trim())], &case.body)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Its requests, where this build has the algorithm.
fn examples() -> Vec<SignedMessage> {
    let requests = SignedMessage::all().into_iter().filter(|case| case.status.is_none());
    requests.filter(|case| Algorithm::named(&case.algorithm).is_some()).collect()
}

#[test]
fn every_signed_request_of_rfc_9421_gets_its_verdict() {
    let cases = examples();
    for case in &cases {
        let headers: Vec<_> = case
            .headers()
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        let mut more = vec!["--any-component", "--without-content-digest"];
        more.extend(case.tag.iter().flat_map(|tag| ["--tag", tag]));
        more.extend(headers.iter().flat_map(|header| ["-H", header]));
        let verified = example(case, "verify", &more);
        match &case.reason {
            None => {
                assert_eq!(verified.code, 0, "{}: {}{}", case.id, verified.stdout, verified.stderr);
                let label = format!("\"label\":\"{}\"", case.label);
                assert!(verified.stdout.contains(&label), "{}", verified.stdout);
            }
            Some(reason) => {
                let want = format!("{{\"verdict\":\"refused\",\"reason\":\"{reason}\"}}\n");
                assert_eq!((verified.stdout, verified.code), (want, 1), "{}", case.id);
            }
        }
    }
    assert!(cases.len() >= if cfg!(feature = "ring") { 16 } else { 11 }, "{}", cases.len());
}

#[test]
fn signs_as_rfc_9421_has_it() {
    // Appendices B.2.5 and B.2.6: no chance is in them.
    for id in ["b-2-5", "b-2-6"] {
        let mut case = examples().into_iter().find(|case| case.id == id).unwrap();
        let own = ["signature", "signature-input", "content-digest"];
        let mut headers = case.headers();
        let digest = headers["content-digest"].clone();
        let [signature, input, _] = own.map(|name| headers.remove(name).unwrap());
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        let covered = case.base.lines().filter(|line| !line.starts_with("\"@signature-params\""));
        let covered: Vec<_> =
            covered.map(|line| line.split_once(": ").unwrap().0.to_owned()).collect();
        let mut more: Vec<_> = covered.iter().flat_map(|name| ["--component", name]).collect();
        more.extend(headers.iter().flat_map(|header| ["-H", header]));
        if id == "b-2-6" {
            // The published test key of appendix B.1.4.
            case.key = b"n4Ni+HpISpVObnQMW0wOhCKROaIKqKtW/2ZYb2p9KcU=".to_vec();
        }
        if digest.to_str().unwrap().starts_with("sha-512") {
            more.extend(["--digest", "sha-512"]);
        }
        let signed = example(&case, "sign", &more);
        assert_eq!(signed.stderr, "", "{id}");
        for (name, value) in [("signature-input", input), ("signature", signature)] {
            let line = format!("{name}: {}", value.to_str().unwrap());
            assert!(signed.stdout.lines().any(|own| own == line), "{id}: {}", signed.stdout);
        }
    }
}
