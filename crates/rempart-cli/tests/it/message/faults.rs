use rempart_testing::canary;

use crate::tool::run;

const CANARY: &str = "made-up-canary-of-an-argument";

#[test]
fn every_fault_is_told_at_once_and_none_repeats_what_was_given() {
    let long = format!("{CANARY}{}", "a".repeat(1024));
    let faulty = [
        "--scheme",
        "message",
        "--algorithm",
        CANARY,
        "--keyid",
        &long,
        "--component",
        "@method",
        "--component",
        "@made-up-canary",
        "--component",
        "@method",
        "--component",
        "Made-Up-Canary",
        "--label",
        "Made-Up-Canary",
        "--tag",
        "made-up-canary-é",
        "--method",
        "MADE UP",
        "--origin",
        CANARY,
        "-H",
        CANARY,
    ];
    let common = "--keyid: is not 1 to 1024 printable ASCII characters
--component: number 2 names neither a field in lower case nor a derived component
--component: number 3 is there twice
--component: number 4 names neither a field in lower case nor a derived component
--label: is not of `[a-z*][a-z0-9_.*-]*`
--tag: is not of printable ASCII characters
--method: not a method
--url: not given, and a signature covers it
--origin: a public URL begins with `https://` and a host
header 1 is not of the form `Name: value`
";
    let sign = "--nonce: is not of printable ASCII characters
--id: a signature has a --nonce
--secret-env: no such environment variable is set\n";
    let verify = "--secret-env: no such environment variable is set
--secret-file: entity not found\n";
    #[rustfmt::skip]
    let rows: [(&str, &[&str], &str); 2] = [
        ("sign",   &["--nonce", "made-up-canary-é", "--id", CANARY, "--secret-env", "NONE"], sign),
        ("verify", &["--secret-env", "NONE", "--secret-file", CANARY],                       verify),
    ];
    for (verb, more, own) in rows {
        let run = run(&[&[verb], &faulty[..], more].concat(), &[], b"{}");
        let (first, rest) = run.stderr.split_once('\n').unwrap();
        assert!(first.starts_with("rempart: --algorithm: one of ecdsa-p256-sha256, "), "{first}");
        assert!(!first.contains("hmac-sha1") && !first.contains("shared-secret"), "{first}");
        assert_eq!((rest, run.code, &*run.stdout), (&*format!("{common}{own}"), 2, ""), "{verb}");
        canary::assert_absent(&run.stderr, "canary");
    }
}

#[test]
fn options_of_the_one_kind_are_refused_with_the_other() {
    #[rustfmt::skip]
    let rows: [(&[&str], &str); 8] = [
        (&["sign", "--keyid", "a", "--component", "@method"],  "--keyid, --component: only with `--scheme message`"),
        (&["sign", "--algorithm", "ed25519", "--label", "a"],  "--algorithm, --label: only with `--scheme message`"),
        (&["sign", "--origin", "https://a.example", "--secret-form", "text"], "--origin, --secret-form: only with `--scheme message`"),
        (&["sign", "--tag", "a", "--nonce", "b"],              "--tag, --nonce: only with `--scheme message`"),
        (&["sign", "--lifetime", "1", "--digest", "sha-512", "--say-algorithm"], "--lifetime, --digest, --say-algorithm: only with `--scheme message`"),
        (&["verify", "--any-component"],                       "--any-component: only with `--scheme message`"),
        (&["verify", "--without-content-digest"],              "--without-content-digest: only with `--scheme message`"),
        (&["verify", "--any-component", "--component", "@method"], "--any-component"),
    ];
    for (arguments, want) in rows {
        let scheme = ["--scheme", "vapi", "--secret-env", "S"];
        let run = run(&[arguments, &scheme].concat(), &[("S", "made-up-secret")], b"{}");
        assert_eq!((run.code, &*run.stdout), (2, ""), "{arguments:?}");
        assert!(run.stderr.contains(want), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn what_cannot_be_signed_or_asked_is_told_by_its_option() {
    let with = |verb: &'static str, algorithm: &'static str, more: &[&'static str]| {
        let common = ["--scheme", "message", "--keyid", "a", "--url", "https://a.example/in"];
        let own = ["--secret-env", "S", "--algorithm", algorithm];
        [&[verb], &common[..], &own, more].concat()
    };
    let pair = crate::pairs::ED25519_PUBLIC;
    let secret = "made-up-secret-for-tests-only";
    #[rustfmt::skip]
    let rows: [(Vec<&str>, &str, &str); 17] = [
        (with("sign",   "hmac-sha256", &["--component", "content-type"]),  secret, "--component: a component cannot be signed: missing"),
        (with("sign",   "hmac-sha256", &["--component", "@status"]),       secret, "--component: number 1 is one of responses"),
        (with("verify", "hmac-sha256", &["--component", "@method;req"]),   secret, "--component: number 1 is one of responses"),
        (with("sign",   "hmac-sha256", &["--component", r#""@query-param";name=";req""#]), secret, "--component: a component cannot be signed: missing"),
        (with("sign",   "hmac-sha256", &["-H", "content-digest: a"]),      secret, "-H: `content-digest` is what this verb writes"),
        (with("sign",   "hmac-sha256", &["-H", "content-digest: a", "--component", "content-digest;sf"]), secret, "-H: `content-digest` is what this verb writes"),
        (with("sign",   "hmac-sha256", &["--secret-form", "base64"]),      secret, "--secret-form: the secret is no Base64"),
        (with("verify", "hmac-sha256", &["--secret-form", "base64"]),      secret, "--secret-form: the secret is no Base64"),
        (with("verify", "ed25519",     &["--secret-form", "base64"]),      pair,   "--secret-form: only for hmac-sha256, keys of pairs say their form"),
        (with("sign",   "hmac-sha256", &[]),                               pair,   "the secret is no signing key of the algorithm"),
        (with("verify", "hmac-sha256", &[]),                               pair,   "is half of a pair of keys"),
        (with("sign",   "ed25519",     &[]),                               pair,   "the secret is no signing key of the algorithm"),
        (with("sign",   "ed25519",     &[]),                               secret, "the secret is no signing key of the algorithm"),
        (with("verify", "ed25519",     &[]),                               secret, "is no public key of the scheme's algorithm"),
        (with("verify", "ecdsa-p256-sha256", &[]),                         pair,   "is no public key of the scheme's algorithm"),
        (with("sign",   "hmac-sha512", &[]),                               secret, "--algorithm: one of "),
        (with("sign",   "hmac-sha256", &["--lifetime", "0"]),              secret, "--lifetime <SECONDS>"),
    ];
    for (arguments, secret, want) in rows {
        let run = run(&arguments, &[("S", secret)], b"{}");
        assert_eq!((run.code, &*run.stdout), (2, ""), "{arguments:?}");
        assert!(run.stderr.contains(want), "{arguments:?}: {}", run.stderr);
        canary::assert_absent(&run.stderr, secret);
    }
    let without_url = ["sign", "--scheme", "message", "--keyid", "a", "--algorithm", "hmac-sha256"];
    for (url, want) in
        [("/in", "--url: a public URL begins with"), ("https://a b", "--url: not a URL")]
    {
        let arguments = [&without_url[..], &["--secret-env", "S", "--url", url]].concat();
        let run = run(&arguments, &[("S", secret)], b"{}");
        assert!(run.stderr.contains(want) && run.code == 2, "{url}: {}", run.stderr);
    }
}

#[test]
fn a_body_that_is_too_long_is_not_signed() {
    let sign = [
        "sign",
        "--scheme",
        "message",
        "--keyid",
        "a",
        "--url",
        "https://a.example/in",
        "--secret-env",
        "S",
        "--algorithm",
        "hmac-sha256",
    ];
    for (length, code) in [(1 << 20, 0), ((1 << 20) + 1, 2)] {
        let run = run(&sign, &[("S", "made-up-secret-for-tests-only")], &vec![b'a'; length]);
        assert_eq!(run.code, code, "{length}: {}", run.stderr);
    }
}
