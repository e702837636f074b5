use rempart::signature::{Coverage, Scheme, SecretForm};
use rempart_testing::canary;

use crate::tool::run;

/// Long enough for every scheme, and Base64 for those that want it.
const SECRET: &str = "bWFkZS11cC1zZWNyZXQtZm9yLXRlc3RzLW9ubHkhISE=";
const OTHER: &str = "b3RoZXItc2VjcmV0LW9mLXRoZS10ZXN0cy0wMDAwMDE=";
const URL: &str = "https://hooks.example.com/in?from=tests";
const AT: &str = "1800000000";
const COVERS_LESS: &str =
    "rempart: warning: the credential of this scheme does not cover the body\n";

fn arguments<'a>(verb: &'a str, scheme: &'a str, headers: &'a [String]) -> Vec<&'a str> {
    let mut arguments =
        vec![verb, "--scheme", scheme, "--secret-env", "SECRET", "--url", URL, "--at", AT];
    arguments.extend(headers.iter().flat_map(|header| ["-H", header]));
    arguments
}

/// The headers that a sender of this scheme adds by itself.
fn own_headers(scheme: &Scheme) -> Vec<String> {
    let mut headers = vec!["Content-Type: application/x-www-form-urlencoded".to_owned()];
    headers.extend(scheme.id().map(|name| format!("{name}: msg_1")));
    headers
}

/// Of the form that the scheme asks for.
fn of_form(scheme: &Scheme, secret: &str) -> String {
    match scheme.secret_form() {
        SecretForm::Basic => format!("made-up-user:{secret}"),
        _ => secret.to_owned(),
    }
}

#[test]
fn what_sign_prints_is_what_verify_accepts_in_every_scheme() {
    let message = br#"b=2&a=1&{"webhookTimestamp":1}"#;
    for scheme in Scheme::presets().filter(|scheme| scheme.algorithm().is_mac()) {
        let name = scheme.name();
        let own = own_headers(&scheme);
        let (secret, other) = (of_form(&scheme, SECRET), of_form(&scheme, OTHER));
        let (environment, others) = ([("SECRET", &*secret)], [("SECRET", &*other)]);
        let body = match name {
            "linear" => br#"{"webhookTimestamp":1800000000000}"#.to_vec(),
            "mailgun" => br#"{"event-data":{}}"#.to_vec(),
            _ => message.to_vec(),
        };
        let mut arguments_of_sign = arguments("sign", name, &own);
        if scheme.id_member().is_some() {
            arguments_of_sign.extend(["--id", "made-up-token"]);
        }
        let signed = run(&arguments_of_sign, &environment, &body);
        assert_eq!((signed.code, &*signed.stderr), (0, ""), "{name}");
        let is_shared = scheme.coverage() == Coverage::None;
        if !is_shared {
            canary::assert_absent(&signed.stdout, &secret);
        }

        let mut headers = own.clone();
        let body = if scheme.header().is_none() {
            signed.stdout.into_bytes()
        } else {
            assert!(signed.stdout.ends_with('\n'), "{name}");
            let is_id = |line: &str| scheme.id().is_some_and(|id| line.starts_with(id.as_str()));
            headers.extend(signed.stdout.lines().filter(|line| !is_id(line)).map(str::to_owned));
            body
        };
        let verify = arguments("verify", name, &headers);
        let verified = run(&verify, &environment, &body);
        let want = "{\"verdict\":\"accepted\",\"key\":\"SECRET\"}\n";
        assert_eq!((verified.code, &*verified.stdout), (0, want), "{name}: {}", verified.stderr);
        let covers_body = scheme.coverage() == Coverage::Body;
        assert_eq!(verified.stderr, if covers_body { "" } else { COVERS_LESS }, "{name}");

        let refusal = "{\"verdict\":\"refused\",\"reason\":\"mismatch\"}\n";
        let refused = run(&verify, &others, &body);
        assert_eq!((refused.code, &*refused.stdout), (1, refusal), "{name}");
        let longer = [&body[..], b" "].concat();
        let altered = run(&verify, &environment, &longer);
        let want = if covers_body { refusal } else { want };
        assert_eq!(altered.stdout, want, "{name}");
    }
}

#[test]
fn a_signature_in_the_body_is_written_there_or_it_is_said_why_not() {
    let sign = |id: &[&'static str], body: &[u8]| {
        let sign = ["sign", "--scheme", "mailgun", "--secret-env", "SECRET", "--at", AT];
        run(&[&sign, id].concat(), &[("SECRET", SECRET)], body)
    };
    let signed = sign(&["--id", "made-up-token"], b"{}");
    let start = r#"{"signature":{"timestamp":"1800000000","token":"made-up-token","signature":""#;
    assert!(
        signed.stdout.starts_with(start) && signed.stdout.ends_with("\"}}"),
        "{}",
        signed.stdout
    );
    let rows: [(&[&str], &[u8], &str); 2] = [
        (&[], b"{}", "rempart: --id: the scheme signs a message id, and none was given\n"),
        (
            &["--id", "a"],
            b"a=1",
            "rempart: standard input: the body is no JSON object with signature.timestamp once\n",
        ),
    ];
    for (id, body, want) in rows {
        let signed = sign(id, body);
        assert_eq!((&*signed.stderr, &*signed.stdout, signed.code), (want, "", 2));
    }
}

#[test]
fn signs_as_vendors_document_it() {
    // GitHub's documentation, “Testing the webhook payload validation”.
    let environment = [("S", "It's a Secret to Everybody")];
    let github = ["sign", "--scheme", "github", "--secret-env", "S"];
    let signed = run(&github, &environment, b"Hello, World!");
    let want = "x-hub-signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17\n";
    assert_eq!((&*signed.stdout, signed.code), (want, 0));
}

#[test]
fn verify_names_the_reason_for_each_refusal() {
    let signature = |digits: &str| format!("x-vapi-signature: {digits}");
    let good = "f".repeat(64);
    let far = "x-timestamp: 1799990000".to_owned();
    let ahead = "x-timestamp: 1800009000".to_owned();
    let stamped = |time: &str| vec![time.to_owned(), format!("x-signature: {good}")];
    let rows: [(&str, &str, Vec<String>); 11] = [
        ("missing", "vapi", vec![]),
        ("malformed", "vapi", vec![signature("")]),
        ("malformed", "vapi", vec![signature(&good[1..])]),
        ("malformed", "vapi", vec![signature(&good.to_uppercase())]),
        ("malformed", "vapi", vec![signature(&"g".repeat(64))]),
        ("duplicated", "vapi", vec![signature(&good), signature(&good)]),
        ("mismatch", "vapi", vec![signature(&good)]),
        ("encoded", "vapi", vec![signature(&good), "content-encoding: gzip".to_owned()]),
        ("stale_timestamp", "vapi-timestamped", stamped(&far)),
        ("future_timestamp", "vapi-timestamped", stamped(&ahead)),
        ("missing", "vapi-timestamped", vec![far]),
    ];
    for (reason, scheme, headers) in rows {
        let verified = run(&arguments("verify", scheme, &headers), &[("SECRET", SECRET)], b"{}");
        let want = format!("{{\"verdict\":\"refused\",\"reason\":\"{reason}\"}}\n");
        assert_eq!((&*verified.stdout, verified.code), (&*want, 1), "{scheme} {headers:?}");
    }
}

#[test]
fn verify_says_which_of_several_keys_matched() {
    let environment = [
        ("OLD", "made-up-secret-of-the-first-quarter"),
        ("NEW", "made-up-secret-of-the-second-quarter"),
    ];
    for name in ["OLD", "NEW"] {
        let signed = run(&["sign", "--scheme", "vapi", "--secret-env", name], &environment, b"{}");
        let header = signed.stdout.trim_end();
        let verify = [
            "verify",
            "--scheme",
            "vapi",
            "--secret-env",
            "OLD",
            "--secret-env",
            "NEW",
            "-H",
            header,
        ];
        let verified = run(&verify, &environment, b"{}");
        assert_eq!(verified.stdout, format!("{{\"verdict\":\"accepted\",\"key\":\"{name}\"}}\n"));
    }
}

#[test]
fn a_body_of_any_bytes_is_signed_and_one_that_is_too_long_is_not() {
    let environment = [("SECRET", SECRET)];
    let limit = usize::try_from(Scheme::vapi().body_limit()).unwrap();
    let rows = [
        (vec![], 0),
        (b"\xff\xfe\0\x80 not UTF-8".to_vec(), 0),
        (vec![b'a'; limit], 0),
        (vec![b'a'; limit + 1], 2),
    ];
    for (body, code) in rows {
        let signed = run(&arguments("sign", "vapi", &[]), &environment, &body);
        assert_eq!(signed.code, code, "{} bytes: {}", body.len(), signed.stderr);
        if code == 0 {
            let headers = [signed.stdout.trim_end().to_owned()];
            let verified = run(&arguments("verify", "vapi", &headers), &environment, &body);
            assert_eq!(verified.code, 0, "{}", verified.stdout);
        }
    }
    let headers = [format!("x-vapi-signature: {}", "f".repeat(64))];
    let verified =
        run(&arguments("verify", "vapi", &headers), &environment, &vec![b'a'; limit * 8]);
    assert_eq!(verified.stdout, "{\"verdict\":\"refused\",\"reason\":\"too_large\"}\n");
}

#[test]
fn a_short_secret_is_used_with_a_warning() {
    let sign = ["sign", "--scheme", "vapi", "--secret-env", "S"];
    let signed = run(&sign, &[("S", "short")], b"{}");
    assert_eq!(signed.code, 0);
    assert_eq!(signed.stderr, "rempart: warning: the secret has 5 bytes, a service asks for 16\n");
}

#[test]
fn sign_takes_the_time_and_the_id_from_where_they_belong() {
    let environment = [("SECRET", SECRET)];
    let id = ["webhook-id: msg_made-up".to_owned()];
    let signed = run(&arguments("sign", "standard-webhooks", &id), &environment, b"{}");
    let lines: Vec<_> = signed.stdout.lines().collect();
    assert!(lines.contains(&"webhook-id: msg_made-up"), "{lines:?}");
    assert!(lines.contains(&"webhook-timestamp: 1800000000"), "{lines:?}");

    let rows = [
        (
            "standard-webhooks",
            vec![],
            "rempart: -H 'webhook-id: …': the scheme signs a message id, and none was given\n",
        ),
        (
            "vapi",
            vec!["X-Vapi-Signature: 00".to_owned()],
            "rempart: -H: `x-vapi-signature` is what this verb writes\n",
        ),
        (
            "slack",
            vec!["X-Slack-Request-Timestamp: 1".to_owned()],
            "rempart: -H: `x-slack-request-timestamp` is what this verb writes\n",
        ),
    ];
    for (scheme, headers, want) in rows {
        let signed = run(&arguments("sign", scheme, &headers), &environment, b"{}");
        assert_eq!((&*signed.stderr, &*signed.stdout, signed.code), (want, "", 2));
    }
    let sign = ["sign", "--scheme", "twilio", "--secret-env", "SECRET"];
    let signed = run(&sign, &environment, b"a=1");
    assert_eq!(signed.stderr, "rempart: --url: the scheme signs the URL, and none was given\n");
}

#[test]
fn without_a_time_it_is_now() {
    let environment = [("SECRET", SECRET)];
    let sign = ["sign", "--scheme", "stripe", "--secret-env", "SECRET"];
    let header = run(&sign, &environment, b"{}").stdout.trim_end().to_owned();
    let verify = ["verify", "--scheme", "stripe", "--secret-env", "SECRET", "-H", &header];
    assert_eq!(run(&verify, &environment, b"{}").code, 0);
}

#[test]
fn a_secret_may_be_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("made-up.key");
    std::fs::write(&file, "made-up-secret-of-a-file\n").unwrap();
    let sign = ["sign", "--scheme", "vapi", "--secret-file", file.to_str().unwrap()];
    let by_file = run(&sign, &[], b"{}");
    let sign = ["sign", "--scheme", "vapi", "--secret-env", "S"];
    let by_variable = run(&sign, &[("S", "made-up-secret-of-a-file")], b"{}");
    assert_eq!((by_file.code, by_file.stdout), (0, by_variable.stdout));
}

#[test]
fn verify_explains_what_it_refuses_if_it_is_asked_to() {
    let secret = "bWFkZS11cC1mb3ItdGVzdHMtb25seSE=";
    let environment = [("S", secret), ("DECODED", "made-up-for-tests-only!")];
    let sign = |name| {
        let sign = ["sign", "--scheme", "github", "--secret-env", name];
        run(&sign, &environment, b"{}").stdout.trim_end().to_owned()
    };
    let (own, decoded) = (sign("S"), sign("DECODED"));
    let bare = own.replace("sha256=", "");
    #[rustfmt::skip]
    let rows: [(&str, &[u8], &str); 5] = [
        (&own,             b"{}\n",  r#""mismatch","explanation":"the body is not the one that was signed: a line end was added""#),
        (&decoded,         b"{}",    r#""mismatch","explanation":"the sender decodes the secret from Base64 (without `whsec_`)""#),
        (&bare,            b"{}",    r#""malformed","explanation":"the signature is written without the text that the scheme has before it""#),
        ("x-other: 1",     b"{}",    r#""missing","explanation":"there is no header with a signature""#),
        (&own,             b"other", r#""mismatch","explanation":"none of the usual mistakes""#),
    ];
    for (header, body, want) in rows {
        let verify =
            ["verify", "--explain", "--scheme", "github", "--secret-env", "S", "-H", header];
        let verified = run(&verify, &environment, body);
        let want = format!("{{\"verdict\":\"refused\",\"reason\":{want}}}\n");
        assert_eq!((&*verified.stdout, verified.code), (&*want, 1), "{header}");
        canary::assert_absent(&verified.stdout, secret);
    }
    let verify = ["verify", "--explain", "--scheme", "github", "--secret-env", "S", "-H", &own];
    let verified = run(&verify, &environment, b"{}");
    assert_eq!(verified.stdout, "{\"verdict\":\"accepted\",\"key\":\"S\"}\n");
}
