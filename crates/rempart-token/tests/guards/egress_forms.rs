//! The forms that a secret is found in, and what a policy may not be.

use rempart_keys::Secret;
use rempart_testing::canary;
use rempart_token::egress::{ConfigError, Policy, PolicyBuilder};

use crate::egress::{SECRET, policy};

#[test]
fn finds_a_secret_in_each_form() {
    let policy = policy();
    #[rustfmt::skip]
    let rows = [
        ("as it is",                         "key=made-up/for+the tests=0123."),
        ("at the very end",                  "made-up/for+the tests=0123"),
        ("a form's plus for the blank",      "made-up/for+the+tests=0123"),
        ("percent-encoded, upper case",      "made-up%2Ffor%2Bthe%20tests%3D0123"),
        ("percent-encoded, lower case",      "made-up%2ffor%2bthe%20tests%3d0123"),
        ("percent-encoded as a form",        "made-up%2Ffor%2Bthe+tests%3D0123"),
        ("more encoded than needed",         "%6dade-up%2Ffor%2Bthe%20test%73=0123"),
        ("a solidus escaped in JSON",        r#"{"a":"made-up\/for+the tests=0123"}"#),
        ("a code unit in JSON",              r#""made-up\u002ffor\u002Bthe\u0020tests=0123""#),
        ("a byte in JavaScript",             r"'made-up\x2ffor+the tests=0123'"),
        ("JSON in JSON",                     r#""{\"a\":\"made-up\\/for+the tests=0123\"}""#),
        ("percent-encoded twice",            "made-up%252Ffor%252Bthe%2520tests%253D0123"),
        ("percent-encoded in JSON",          r#"{"u":"http:\/\/a\/?k=made-up%2Ffor\u0025 2Bx made-up%2Ffor\u00252Bthe%20tests=0123"}"#),
        ("hexadecimal, lower case",          "6d6164652d75702f666f722b7468652074657374733d30313233"),
        ("hexadecimal, upper case",          "6D6164652D75702F666F722B7468652074657374733D30313233"),
        ("base64",                           "bWFkZS11cC9mb3IrdGhlIHRlc3RzPTAxMjM="),
        ("base64 without padding",           "bWFkZS11cC9mb3IrdGhlIHRlc3RzPTAxMjM"),
        ("base64 behind `user:`",            "Basic dXNlcjptYWRlLXVwL2Zvcit0aGUgdGVzdHM9MDEyMw=="),
        ("base64 behind `u:`",               "dTptYWRlLXVwL2Zvcit0aGUgdGVzdHM9MDEyMw"),
        ("base64 in a query",                "?a=bWFkZS11cC9mb3IrdGhlIHRlc3RzPTAxMjM%3D"),
    ];
    for (row, text) in rows {
        assert_eq!(policy.find(text.as_bytes()), Some("SUPABASE_SERVICE_ROLE_KEY"), "{row}");
    }
}

#[test]
fn sees_all_of_a_secret_around_one_escape_that_is_escaped_itself() {
    let (first, rest) = SECRET.split_at(1);
    let rest: Vec<_> = rest.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    let text = format!("%5Cu{:04x}{}", first.as_bytes()[0], rest.concat());
    assert_eq!(policy().find(text.as_bytes()), Some("SUPABASE_SERVICE_ROLE_KEY"));
}

#[test]
fn leaves_alone_what_is_no_secret() {
    let policy = policy();
    #[rustfmt::skip]
    let rows = [
        "", "made-up", "made-up/for+the tests=012", "ade-up/for+the tests=0123",
        "MADE-UP/FOR+THE TESTS=0123", "made-up%/for+the tests=0123", "made-up\\/for", "%", "\\", "%%%", "\\\\\\",
        "%4", "\\u00", "\\u", "\\ud83d\\u", "\\ud83d", "\\x", "%zz\\uzzzz\\q", "made-up%2for+the tests=0123",
    ];
    for text in rows {
        assert_eq!(policy.find(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn a_long_secret_is_found_by_its_beginning() {
    let long: String =
        (0..4000_u32).map(|n| char::from(b'!' + u8::try_from(n * 7 % 90).unwrap())).collect();
    let secret = Secret::new(long.clone()).unwrap();
    let policy = Policy::builder("egress").secret("PEM", &secret).build().unwrap();
    assert_eq!(policy.find(long.as_bytes()), Some("PEM"));
    assert_eq!(policy.find(&long.as_bytes()[..256]), Some("PEM"));
    assert_eq!(policy.find(&long.as_bytes()[..255]), None);
}

#[test]
fn each_secret_is_told_by_its_own_name() {
    let secrets: Vec<_> =
        (0..100).map(|n| Secret::new(format!("made-up-{n:03}")).unwrap()).collect();
    let names = secrets.iter().enumerate().map(|(n, secret)| (format!("S{n}"), secret));
    let policy = Policy::builder("egress").secrets(names).build().unwrap();
    for n in 0..100 {
        let text = format!("before made-up-{n:03} after");
        assert_eq!(policy.find(text.as_bytes()), Some(&*format!("S{n}")));
    }
    assert_eq!(policy.find(b"made-up-100"), None);
}

#[test]
fn every_fault_of_a_policy_is_reported_at_once_and_none_shows_a_value() {
    let short = Secret::new("sh0rt!!").unwrap();
    let secret = Secret::new(SECRET).unwrap();
    let builder =
        Policy::builder("Egress").body_limit(0).secret("a b", &secret).secret("S", &short);
    canary::assert_absent(format!("{builder:?}"), SECRET);
    let faults = builder.build().unwrap_err();
    let want = [
        ConfigError::SecretName { place: 0 },
        ConfigError::SecretTooShort { name: "S".into(), length: 7 },
        ConfigError::BodyLimitZero,
    ];
    assert!(matches!(faults.iter().next(), Some(ConfigError::Name(_))));
    assert_eq!(faults.iter().skip(1).collect::<Vec<_>>(), want.iter().collect::<Vec<_>>());
    canary::assert_absent(format!("{faults} {faults:?}"), "sh0rt!!");

    let one = |builder: PolicyBuilder| builder.build().unwrap_err().into_iter().next().unwrap();
    assert_eq!(one(Policy::builder("egress")), ConfigError::NoSecrets);
    let many = (0..257).fold(Policy::builder("egress"), |b, _| b.secret("S", &secret));
    assert_eq!(one(many), ConfigError::TooManySecrets { given: 257 });
    // The value given for the name would stand in every event.
    let value = Secret::new("made-up-for-the-tests").unwrap();
    let named = Policy::builder("egress").secret("made-up-for-the-tests", &value);
    assert_eq!(one(named), ConfigError::SecretName { place: 0 });
    let eight = Policy::builder("egress").secret("S", &Secret::new("8-bytes!").unwrap());
    assert_eq!(eight.build().unwrap().find(b"x 8-bytes!"), Some("S"));
}
