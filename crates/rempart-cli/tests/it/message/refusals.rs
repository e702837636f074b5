use super::{AT, BODY, HMAC, SECRET, arguments, sign, verify};
use crate::tool::run;

const COVERS_LESS: &str =
    "rempart: warning: the credential of this scheme does not cover the body\n";

fn refused(reason: &str) -> String {
    format!("{{\"verdict\":\"refused\",\"reason\":\"{reason}\"}}\n")
}

#[test]
fn each_refusal_has_its_reason() {
    let late = ["--at", "1799999000"];
    let plain: [&str; 0] = [];
    let said = ["--say-algorithm"];
    let method = ["--component", "@method", "--component", "content-digest"];
    let bodiless = ["--component", "@method", "--component", "@target-uri"];
    let tagged = ["--tag", "app"];
    let short = ["--lifetime", "1", "--at", "1799999990"];
    // What is signed, and what is asked.
    #[rustfmt::skip]
    let rows: [(&str, &[&str], &[&str]); 12] = [
        ("stale_timestamp",       &late,     &[]),
        ("future_timestamp",      &[],       &late),
        ("expired",               &short,    &[]),
        ("insufficient_coverage", &method,   &[]),
        ("insufficient_coverage", &bodiless, &[]),
        ("insufficient_coverage", &plain,    &["--component", "content-type"]),
        ("missing",               &plain,    &["--label", "other"]),
        ("missing",               &tagged,   &[]),
        ("missing",               &plain,    &tagged),
        ("unknown_key",           &plain,    &["--keyid", "partner/2"]),
        ("mismatch",              &plain,    &["--method", "PUT"]),
        ("wrong_algorithm",       &said,     &["--algorithm", "ed25519"]),
    ];
    for (reason, signs, asks) in rows {
        let own = replaced("sign", signs);
        let signed = run(&own, &[("KEY", SECRET)], BODY);
        assert_eq!(signed.stderr, "", "{reason}");
        let mut ask = replaced("verify", asks);
        ask.extend(signed.stdout.lines().flat_map(|line| ["-H", line]));
        let key = if reason == "wrong_algorithm" { crate::pairs::ED25519_PUBLIC } else { SECRET };
        let verified = run(&ask, &[("KEY", key)], BODY);
        assert_eq!((verified.stdout, verified.code), (refused(reason), 1), "{signs:?} {asks:?}");
    }
}

/// The usual arguments, those aside that are given otherwise.
fn replaced<'a>(verb: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut all = arguments(verb, HMAC, &[]);
    for option in ["--at", "--keyid", "--algorithm"] {
        if more.contains(&option) {
            let place = all.iter().position(|argument| *argument == option).unwrap();
            all.drain(place..place + 2);
        }
    }
    all.extend(more);
    all
}

#[test]
fn a_body_that_is_another_is_refused_and_one_that_is_left_out_is_told_of() {
    let signed = sign(HMAC, SECRET, &[]).stdout;
    let headers: Vec<_> = signed.lines().flat_map(|line| ["-H", line]).collect();
    let verified = run(&arguments("verify", HMAC, &headers), &[("KEY", SECRET)], b"{\"a\":2}");
    assert_eq!((&*verified.stdout, verified.code), (&*refused("digest_mismatch"), 1));

    let bodiless = ["--component", "@method", "--component", "@target-uri"];
    let signed = sign(HMAC, SECRET, &bodiless).stdout;
    assert_eq!(signed.lines().count(), 2, "{signed}");
    let verified = verify(HMAC, SECRET, &signed, &["--without-content-digest"]);
    assert_eq!((verified.code, &*verified.stderr), (0, COVERS_LESS));
    let signed = sign(HMAC, SECRET, &[]).stdout;
    let verified = verify(HMAC, SECRET, &signed, &["--without-content-digest"]);
    assert_eq!((verified.code, &*verified.stderr), (0, ""));
}

#[test]
fn headers_that_are_none_are_refused_each_for_its_reason() {
    let rows: [(&str, &str); 5] = [
        ("missing", ""),
        ("missing", "signature: sig=:AAAA:"),
        ("malformed", "signature-input: sig\nsignature: sig=:AAAA:"),
        ("malformed", "signature-input: sig=(\nsignature: sig=:AAAA:"),
        ("malformed", "signature-input: sig=(\"@method\");created=\"a\"\nsignature: sig=:AAAA:"),
    ];
    for (reason, lines) in rows {
        let verified = verify(HMAC, SECRET, lines, &[]);
        assert_eq!((verified.stdout, verified.code), (refused(reason), 1), "{lines}");
    }
}

#[test]
fn explain_has_nothing_to_guess_at() {
    let signed = sign(HMAC, SECRET, &[]).stdout;
    let verified = verify(HMAC, "another-made-up-secret", &signed, &["--explain"]);
    let want = "{\"verdict\":\"refused\",\"reason\":\"mismatch\",\
                \"explanation\":\"none of the usual mistakes\"}\n";
    assert_eq!((&*verified.stdout, verified.code), (want, 1));
    let verified = verify(HMAC, SECRET, &signed, &["--explain", "--at", AT][..1]);
    assert_eq!(verified.code, 0);
}
