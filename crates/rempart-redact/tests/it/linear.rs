//! Time grows with the text and not faster, whatever the text: counted in bytes read.

use rempart_redact::{Detector, Policy, Redactor};

use crate::examples::examples;
use crate::standard;

/// Texts that were made to wake many searches and satisfy none, repeated to a length.
fn hostile() -> Vec<String> {
    let mut seeds: Vec<String> = [
        "a",
        "eyJ",
        "-eyJ",
        "eyJ.",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----",
        "@",
        "a@",
        "a@a.",
        "://",
        "a://a:",
        "+1",
        "+1 ",
        "1-",
        "1 ",
        "4111 ",
        "(514) ",
        "token=",
        "token:",
        "token:\"",
        "token:'",
        "\"token\":{",
        "\"token\":[\"",
        "authorization: ",
        "cookie=",
        "password",
        "sk-",
        "\\",
        "\\\"",
        "%",
        "%3D",
        "%2",
        "{\"a\":",
        "[REDACTED:",
        "[REDACTED:key]",
        "AKIA",
        "SK",
        "AC0",
        "vapi",
        "mailgun ",
        "key-",
        "Q~",
        "A1",
        "AB12 ",
        "ABCD 99",
        "\u{1b}[",
        "\u{202e}",
        "é",
        "?code=",
        "sig=",
    ]
    .map(str::to_owned)
    .into();
    for row in examples() {
        seeds.extend(row.found);
        seeds.extend(row.left);
    }
    seeds
}

#[test]
fn no_text_is_read_more_than_a_bounded_number_of_times() {
    let redactor = standard();
    for seed in hostile() {
        let small = seed.repeat(2048 / seed.len() + 1);
        let large = seed.repeat(16_384 / seed.len() + 1);
        let (few, many) = (redactor.steps(&small), redactor.steps(&large));
        assert!(many <= 12 * large.len() + 1024, "{seed:?}: {many} of {}", large.len());
        // Eight times the text: eight times the reading.
        assert!(many <= 9 * few + 1024, "{seed:?}: {few} then {many}");
    }
}

#[test]
fn a_text_that_is_too_hard_is_hidden_from_where_it_is() {
    // A pattern of one's own that reads to the end of the text from each of its keywords.
    let detector = Detector::new("slow", "zz[a-z ]+!", &["zz"]);
    let redactor = Redactor::new(Policy::builder("slow").detector(detector).build().unwrap());
    let text = format!("left ann@example.com {} right", "zz ".repeat(20_000));
    let redacted = redactor.redact(&text).into_owned();
    assert!(redacted.starts_with("left [REDACTED:email] zz"), "{}", &redacted[..50]);
    assert!(redacted.ends_with("[REDACTED:too_hard]") && redacted.len() < text.len());
    assert!(redactor.steps(&text) <= 2 * (32 * text.len() + 16_384));
}

#[test]
fn a_long_hostile_text_takes_no_longer_than_it_may() {
    // No measure of time: a pass that were quadratic would go on for minutes.
    let seeds = [
        "-eyJ",
        "token:'",
        "\"token\":{",
        "a@a.",
        "eyJ.",
        "[REDACTED:",
        "[REDACTED:key]",
        "pin=1 ",
        "-----BEGIN PRIVATE KEY-----",
        "%3D",
        "pin=\\",
        "4111 1111 1111 1111 ",
        "\\",
        "@",
        "pin=,a=",
    ];
    for seed in seeds {
        let text = seed.repeat((1 << 17) / seed.len());
        let redacted = standard().redact(&text).into_owned();
        assert_eq!(standard().redact(&redacted), redacted, "{seed}");
    }
    let backslashes = format!("pin=a{}", "\\".repeat(1 << 17));
    assert_eq!(standard().redact(&backslashes), "pin=[REDACTED:key]");
}

#[test]
fn rules_that_end_at_different_bytes_do_not_take_turns_for_ever() {
    // The detector ends at the backslash, the key rule at the angle; a comma that is hidden makes a
    // name of what stands after it.
    for piece in [r"a\\<", r"a=\<:[1", r"\<>", "a<b'", r"\u001dbc, :id\u0004%2"] {
        for times in [1, 2, 3, 5, 50] {
            let value = format!("password={}", piece.repeat(times));
            for text in [
                format!("left {value}\nright"),
                format!(r#"{{"id":7,"note":"{value}","after":"right"}}"#),
            ] {
                let redacted = standard().redact(&text).into_owned();
                assert!(!redacted.contains("too_hard"), "{text}: {redacted}");
                assert!(redacted.contains("right"), "{text}: {redacted}");
                assert_eq!(standard().redact(&redacted), redacted, "{text}");
            }
        }
    }
}

#[test]
fn what_uncovers_values_without_an_end_costs_the_rest_and_not_the_line() {
    let text = concat!(
        "2026-01-01 refused ",
        r#"a), cookie :':i1n:2"ibp, tok\u0000enSom :("x:':i"b; "), cookie :':i"b; c" ':ibpin":12,`0cookie :':i`-"#,
    );
    for times in 1..20 {
        let redacted = standard().redact(&text.repeat(times)).into_owned();
        assert!(redacted.starts_with("2026-01-01 refused "), "{redacted}");
        assert_eq!(standard().redact(&redacted), redacted);
    }
}
