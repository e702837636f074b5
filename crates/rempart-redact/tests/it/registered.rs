use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use rempart_keys::Secret;
use rempart_redact::{ConfigError, Policy, Redactor};
use rempart_testing::canary;

use crate::{CANARY, with_canary};

const MARKER: &str = "[REDACTED:secret/CANARY]";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn percent(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
}

/// The form, and a text that holds it.
fn forms() -> Vec<(&'static str, String)> {
    let json = serde_json::to_string(CANARY).unwrap();
    let form = CANARY.replace('+', "%2B").replace('/', "%2F").replace('"', "%22");
    vec![
        ("as it is", CANARY.to_owned()),
        ("in another case", CANARY.to_uppercase()),
        ("in JSON", json.clone()),
        ("in JSON in JSON", serde_json::to_string(&json).unwrap()),
        ("in JSON with escaped slashes", json.replace('/', "\\/")),
        ("in Debug", format!("{CANARY:?}")),
        ("percent-encoded", percent(CANARY.as_bytes())),
        ("percent-encoded, small letters", percent(CANARY.as_bytes()).to_lowercase()),
        ("in a form", form.replace('\\', "%5C").replace(' ', "+")),
        ("in a URL", form.replace('\\', "%5C").replace(' ', "%20")),
        ("in a URL in a URL", form.replace('\\', "%5C").replace(' ', "%20").replace('%', "%25")),
        ("in Base64", STANDARD.encode(CANARY)),
        ("in Base64 after one byte", STANDARD.encode(format!("a{CANARY}"))),
        ("in Base64 after two bytes", STANDARD.encode(format!("ab{CANARY}c"))),
        ("in Base64 for URLs", URL_SAFE.encode(format!("user:{CANARY}"))),
        ("in Base64 without padding", URL_SAFE_NO_PAD.encode(CANARY)),
        ("in hexadecimal", hex(CANARY.as_bytes())),
        ("in capital hexadecimal", hex(CANARY.as_bytes()).to_uppercase()),
        ("as numbers", format!("{:?}", CANARY.as_bytes())),
        ("as numbers in JSON", serde_json::to_string(CANARY.as_bytes()).unwrap()),
        ("as a byte string", CANARY.as_bytes().escape_ascii().to_string()),
    ]
}

#[test]
fn finds_a_secret_that_only_some_of_its_marks_were_escaped_of() {
    let secret = "made-up/of+marks&with<odd>\"ones\"";
    let policy = Policy::builder("logs").secret("CANARY", &Secret::new(secret).unwrap());
    let redactor = Redactor::new(policy.build().unwrap());
    for text in [
        r#"made-up/of+marks\u0026with\u003codd\u003e\"ones\""#,
        r#"made-up/of+marks\u0026with\u003Codd\u003E\"ones\""#,
        "made-up/of+marks&with%3Codd%3E%22ones%22",
    ] {
        assert_eq!(redactor.redact(&format!("<{text}>")), format!("<{MARKER}>"));
    }
}

#[test]
fn finds_a_secret_in_every_form() {
    for (form, text) in forms() {
        let redacted = with_canary().redact(&format!("left <{text}> right")).into_owned();
        assert!(redacted.contains(MARKER), "{form}: {redacted}");
        assert!(
            redacted.starts_with("left ") && redacted.ends_with(" right"),
            "{form}: {redacted}"
        );
        canary::assert_absent(&redacted, CANARY);
    }
}

#[test]
fn a_planted_leak_is_seen_by_the_test_that_looks_for_it() {
    let blind = Redactor::new(Policy::builder("blind").build().unwrap());
    for (form, text) in forms() {
        if form.contains("another case")
            || form.contains("small")
            || form.contains("URL")
            || form.contains("form")
        {
            continue;
        }
        let leaked = blind.redact(&text).into_owned();
        assert!(
            canary::found(leaked.as_bytes(), CANARY.as_bytes()).is_some()
                || form.contains("JSON")
                || form == "in Debug",
            "{form}: {leaked}"
        );
    }
}

#[test]
fn finds_each_line_of_a_secret_of_several() {
    let lines = [
        "-----BEGIN PRIVATE KEY-----",
        "bWFkZSB1cCBmb3IgdGhlIHRlc3Rz",
        "YW5kIG5vIGtleSBvZiBhbnl0aGlu",
        "-----END PRIVATE KEY-----",
    ];
    let secret = Secret::new(lines.join("\n")).unwrap();
    let redactor = Redactor::new(Policy::builder("logs").secret("KEY", &secret).build().unwrap());
    assert_eq!(redactor.redact(&format!("a {} b", lines[1])), "a [REDACTED:secret/KEY] b");
    assert_eq!(redactor.redact(&format!("a {} b", lines[2])), "a [REDACTED:secret/KEY] b");
}

#[test]
fn finds_a_binary_secret_where_it_was_written_as_text() {
    let bytes: Vec<u8> = (0..32).map(|n: u8| n.wrapping_mul(7).wrapping_add(129)).collect();
    let secret = Secret::from_binary(bytes.clone()).unwrap();
    let redactor = Redactor::new(Policy::builder("logs").secret("BIN", &secret).build().unwrap());
    for text in [hex(&bytes), STANDARD.encode(&bytes), format!("{bytes:?}"), percent(&bytes)] {
        let redacted = redactor.redact(&text);
        assert!(redacted.contains("[REDACTED:secret/BIN]"), "{text}");
    }
}

#[test]
fn tells_many_secrets_apart() {
    let secrets: Vec<_> =
        (0..1000).map(|n| format!("made-up-{n:04}-secret-{}", n * 7919)).collect();
    let mut builder = Policy::builder("logs");
    for (n, text) in secrets.iter().enumerate() {
        builder = builder.secret(&format!("S{n}"), &Secret::new(text.as_bytes()).unwrap());
    }
    let redactor = Redactor::new(builder.build().unwrap());
    for (n, text) in secrets.iter().enumerate() {
        assert_eq!(redactor.redact(&format!("a {text} b")), format!("a [REDACTED:secret/S{n}] b"));
    }
}

#[test]
fn refuses_what_stands_in_innocent_texts() {
    let build = |text: &str| {
        let secret = Secret::new(text).unwrap();
        Policy::builder("logs").secret("S", &secret).build().map(drop).unwrap_err()
    };
    let name = || "S".to_owned();
    let rows = [
        ("abcde", ConfigError::ShortSecret { name: name(), length: 5 }),
        ("Password", ConfigError::CommonplaceSecret { name: name() }),
        ("REDACTED", ConfigError::CommonplaceSecret { name: name() }),
        ("vapi_api_key", ConfigError::CommonplaceSecret { name: name() }),
        ("TRUNCATED", ConfigError::CommonplaceSecret { name: name() }),
    ];
    for (text, want) in rows {
        let errors = build(text);
        assert!(errors.iter().eq([&want]), "{text}: {errors}");
    }
    let long = "x7".repeat(5000);
    assert!(build(&long).iter().eq([&ConfigError::LongSecret { name: name(), length: 10_000 }]));
}
