use rempart_testing::canary;

use crate::tool::run;

const CANARY: &str = "made-up-canary-of-an-argument";

#[test]
fn bad_usage_exits_2_and_says_what_without_repeating_it() {
    let vapi = ["--scheme", "vapi", "--secret-env", "S"];
    let with = |verb: &'static str, more: &[&'static str]| [&[verb], &vapi[..], more].concat();
    let rows: [(Vec<&str>, &str); 36] = [
        (vec![], "Usage: rempart"),
        (vec!["nonsense"], "unrecognized subcommand"),
        (vec![CANARY], "unrecognized subcommand (try --help)"),
        (vec!["cors"], "Usage: rempart cors"),
        (vec!["cors", CANARY], "unrecognized subcommand (try --help)"),
        (vec!["sign"], "--scheme <NAME>, <--secret-env <VAR>|--secret-file <FILE>>"),
        (vec!["verify", "--scheme", "vapi"], "--secret-env <VAR>"),
        (with("sign", &[CANARY]), "unexpected argument found (try --help)"),
        (with("sign", &["--secret", CANARY]), "unexpected argument found (try --help)"),
        (
            with("sign", &["--secret=made-up-canary-of-an-argument"]),
            "unexpected argument found (try --help)",
        ),
        (with("sign", &["--secret-file", CANARY]), "(try --help)"),
        (
            vec!["sign", "--scheme", "vapi", "--secret-file", CANARY],
            "--secret-file: entity not found",
        ),
        (vec!["keys"], "Usage: rempart keys"),
        (vec!["keys", CANARY], "unrecognized subcommand (try --help)"),
        (
            vec!["keys", "revoke", "webhook", CANARY, CANARY],
            "unexpected argument found (try --help)",
        ),
        (vec!["keys", "status", "--idle", CANARY], "--idle <SPAN> (try --help)"),
        (vec!["limit"], "Usage: rempart limit"),
        (vec!["limit", CANARY], "unrecognized subcommand (try --help)"),
        (vec!["limit", "simulate"], "--quota <QUOTA> (try --help)"),
        (
            vec!["limit", "simulate", "--quota", CANARY, "--honest", CANARY, "--hostile", CANARY],
            "--hostile 1: byte 0",
        ),
        (
            vec!["limit", "simulate", "--quota", "1/s", "--seed", CANARY],
            "--seed <NUMBER> (try --help)",
        ),
        (with("sign", &["--at", CANARY]), "--at <UNIX> (try --help)"),
        (with("sign", &["--at", "-1"]), "(try --help)"),
        (with("sign", &["--at", "1.5"]), "--at <UNIX>"),
        (with("sign", &["--at", "99999999999999999999"]), "--at <UNIX>"),
        (with("sign", &["--method", "PO ST"]), "--method: not a method"),
        (with("sign", &["-H", CANARY]), "header 1 is not of the form `Name: value`"),
        (
            with("verify", &["-H", "a: 1", "-H", "made up: canary"]),
            "header 2 has no name that a header has",
        ),
        (with("verify", &["-H", "a: 1\nb: 2"]), "header 1 holds a byte that no header may"),
        (
            with("verify", &["--url", CANARY]),
            "--url: a public URL begins with `https://` and a host",
        ),
        (with("verify", &["--url", "https://a b"]), "--url: not a URL"),
        (
            with("verify", &["--url", "https://user:word@a.example/"]),
            "--url: a public URL holds no user name",
        ),
        (
            vec!["sign", "--scheme", CANARY, "--secret-env", "S"],
            "--scheme: one of asana, bitbucket, box",
        ),
        (
            vec!["sign", "--scheme", "vapi", "--secret-env", "made-up-canary"],
            "--secret-env: takes the name of an environment variable, never a secret itself",
        ),
        (
            vec!["sign", "--scheme", "vapi", "--secret-env", "MADE_UP_CANARY"],
            "--secret-env: no such environment variable is set",
        ),
        (vec!["sign", "--scheme", "vapi", "--secret-env", ""], "--secret-env"),
    ];
    let environment = [("S", "made-up-secret-of-the-environment")];
    for (arguments, want) in rows {
        let run = run(&arguments, &environment, b"{}");
        assert_eq!((run.code, &*run.stdout), (2, ""), "{arguments:?}");
        assert!(run.stderr.contains(want), "{arguments:?}: {}", run.stderr);
        for secret in [CANARY, "canary", environment[0].1] {
            canary::assert_absent(&run.stderr, secret);
        }
    }
}

#[test]
fn a_secret_that_cannot_be_meant_is_refused_without_being_shown() {
    for (value, want) in [
        ("", "the variable's value is empty"),
        (" made-up-canary", "the variable's value begins or ends with a blank"),
        ("made-up-canary\n", "the variable's value begins or ends with a blank"),
    ] {
        let sign = ["sign", "--scheme", "vapi", "--secret-env", "S"];
        let run = run(&sign, &[("S", value)], b"{}");
        assert_eq!((run.code, run.stderr), (2, format!("rempart: --secret-env: {want}\n")));
    }
    let sign = ["sign", "--scheme", "svix", "--secret-env", "S", "-H", "svix-id: 1"];
    let run = run(&sign, &[("S", "made-up-canary, not Base64")], b"{}");
    assert_eq!(run.stderr, "rempart: the secret is not of the form that the scheme asks for\n");
}

#[test]
fn verify_takes_eight_secrets_and_each_once() {
    let environment = [("A", "made-up-secret-1"), ("B", "made-up-secret-1")];
    let verify = ["verify", "--scheme", "vapi", "--secret-env", "A", "--secret-env", "B"];
    let run = run(&verify, &environment, b"{}");
    let want = "rempart: --secret-env: at most 8, each with its own secret\n";
    assert_eq!((run.code, &*run.stderr), (2, want));
}

#[test]
fn help_and_version_are_no_failure() {
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["sign", "--help"],
        &["verify", "-h"],
        &["cors", "--help"],
        &["cors", "decide", "--help"],
        &["scrub", "--help"],
        &["keys", "--help"],
        &["keys", "add", "--help"],
        &["keys", "revoke", "-h"],
        &["keys", "test", "--help"],
        &["limit", "--help"],
        &["limit", "simulate", "--help"],
    ] {
        let run = run(arguments, &[], b"");
        assert_eq!((run.code, &*run.stderr), (0, ""), "{arguments:?}");
        assert!(run.stdout.to_lowercase().contains("rempart"), "{}", run.stdout);
    }
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_no_text_is_bad_usage() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let mut command = crate::tool::command(&["sign", "--scheme"], &[]);
    command.arg(OsStr::from_bytes(b"vapi\xff"));
    let output = crate::tool::output(command, b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("UTF-8"));
}
