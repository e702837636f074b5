use rempart_keys::Secret;
use rempart_redact::{Policy, Redactor};

use crate::standard;

#[test]
fn writes_control_characters_as_what_they_are_called() {
    #[rustfmt::skip]
    let rows = [
        ("a\0b\x07c\x08d",               "a\\u0000b\\u0007c\\u0008d"),
        ("a\x1bb",                       "a\\u001bb"),
        ("a\x7fb",                       "a\\u007fb"),
        ("a\u{85}b\u{9b}c\u{80}d",       "a\\u0085b\\u009bc\\u0080d"),
        ("a\u{2028}b\u{2029}c",          "a\\u2028b\\u2029c"),
        ("a\u{202e}b\u{2066}c\u{200f}d", "a\\u202eb\\u2066c\\u200fd"),
        ("a\u{61c}b",                    "a\\u061cb"),
        ("a\rb",                         "a\\rb"),
        // A colour is no text: left out, it parts no name from its value.
        ("\x1b[31mred\x1b[0m",           "red"),
        ("\x1b[3mpin\x1b[0m\x1b[2m=\x1b[0m12 id=7", "pin=[REDACTED:key] id=7"),
        ("\x1b[2J\x1b[1;1Hgone",         "\\u001b[2J\\u001b[1;1Hgone"),
        ("\x1b]0;title\x07",             "\\u001b]0;title\\u0007"),
        // What belongs to a text stays.
        ("a\tb\nc",                      "a\tb\nc"),
        ("a\r\nb",                       "a\nb"),
        ("Élève, 日本, 👩‍🚀, ½, “”",       "Élève, 日本, 👩‍🚀, ½, “”"),
    ];
    for (text, want) in rows {
        assert_eq!(standard().redact(text), want, "{text:?}");
    }
}

#[test]
fn a_line_stays_one_line() {
    let forged = "user=x\n2026-11-22T00:00:00Z ERROR all is lost\r\nand more\u{2028}";
    let line = standard().redact_line(forged).into_owned();
    assert_eq!(line, "user=x\\n2026-11-22T00:00:00Z ERROR all is lost\\r\\nand more\\u2028");
}

#[test]
fn bytes_that_are_no_text_are_shown_as_such() {
    let redacted = standard().redact_bytes(b"a\xff\xfe pin=12 \xc3(").into_owned();
    assert_eq!(redacted, "a\u{fffd}\u{fffd} pin=[REDACTED:key] \u{fffd}(");
}

#[test]
fn a_text_that_is_too_long_is_cut_and_says_so() {
    let policy = Policy::builder("short").max_record(2048).build().unwrap();
    let redactor = Redactor::new(policy);
    for text in
        ["x ".repeat(1025), "é".repeat(5000), "pin=1 ".repeat(5000), "ann@b.example ".repeat(146)]
    {
        let redacted = redactor.redact(&text).into_owned();
        assert!(redacted.len() <= 2048, "{}", redacted.len());
        assert!(redacted.ends_with(" bytes]") && redacted.contains("[TRUNCATED "), "{redacted}");
        assert_eq!(redactor.redact(&redacted), redacted);
    }
    assert_eq!(redactor.redact(&"x ".repeat(1024)), "x ".repeat(1024));
}

#[test]
fn a_long_secret_that_the_cut_would_part_is_not_shown() {
    let secret = (0..850).map(|place| format!("k{place:05x}-")).collect::<Vec<_>>().concat();
    let secret = Secret::new(secret).unwrap();
    let policy = Policy::builder("short").max_record(65_536).secret("LONG", &secret);
    let redactor = Redactor::new(policy.build().unwrap());
    let text = std::str::from_utf8(secret.expose()).unwrap();
    for before in (58_000..65_536).step_by(256) {
        let text = format!("{} {text} {}", "x ".repeat(before / 2), "y ".repeat(8192));
        assert!(!redactor.redact(&text).contains("k00000-"), "{before}");
    }
    // The smallest record, and a secret of the usual length.
    let (secret, begins) = (Secret::new("made-up-".repeat(50)).unwrap(), "made-up-");
    let policy = Policy::builder("short").max_record(1024).secret("USUAL", &secret);
    let redactor = Redactor::new(policy.build().unwrap());
    for before in (600..1024).step_by(8) {
        let text = format!("{} {} {}", "x".repeat(before), begins.repeat(50), "y ".repeat(1024));
        assert!(!redactor.redact(&text).contains(begins), "{before}");
    }
}

#[test]
fn a_value_that_the_cut_would_part_is_not_shown() {
    let policy = Policy::builder("short").max_record(2048).build().unwrap();
    let redactor = Redactor::new(policy);
    for before in 1000..2048 {
        let text = format!("{} ann.made.up@mail.example {}", "x".repeat(before), "y ".repeat(1024));
        let redacted = redactor.redact(&text);
        assert!(!redacted.contains("made"), "{before}");
    }
}
