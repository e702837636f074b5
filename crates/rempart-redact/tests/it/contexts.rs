//! Each example of each detector, in each place where it could stand.

use crate::examples::{examples, longest_run};
use crate::standard;

type Place = fn(&str) -> String;

/// How a value gets into a log, with neighbours on both sides that are to stay.
const CONTEXTS: &[(&str, Place)] = &[
    ("alone", |text| text.to_owned()),
    ("in prose", |text| format!("left ({text}), right")),
    ("in JSON", |text| serde_json::json!({"left": 1, "note": text, "z": "right"}).to_string()),
    ("in JSON, after a line break", |text| {
        serde_json::json!({"left": 1, "note": format!("a\n{text}\tb"), "z": "right"}).to_string()
    }),
    ("in JSON in JSON", |text| {
        let inner = serde_json::json!({"note": format!("\r\n{text}")}).to_string();
        serde_json::json!({"left": inner, "z": "right"}).to_string()
    }),
    ("in a form", |text| format!("left=1&note={}&right=2", percent(text, "+"))),
    ("in a query", |text| format!("GET /left?q={}&right=2 HTTP/1.1", percent(text, "%20"))),
    ("in Debug", |text| format!("Call {{ left: 1, note: {text:?}, right: 2 }}")),
    ("in an error chain", |text| format!("left failed: cause: {text}; right")),
    ("in a field", |text| format!("INFO left: note={text:?} right=2")),
    ("after an underscore", |text| format!("left note=a {text} right")),
];

/// What can stand next to a value.
const DELIMITERS: &[&str] = &[
    " ", "\t", "\n", "\"", "'", "`", "(", ")", "[", "]", "{", "}", "<", ">", ",", ";", ":", "|",
    "=", "/", "\\n", "&", "#", "!",
];

#[test]
fn no_eight_bytes_of_a_value_survive_in_any_context() {
    let redactor = standard();
    for row in examples().iter().filter(|row| row.default) {
        for text in &row.found {
            for (context, place) in CONTEXTS {
                let placed = place(text);
                let redacted = redactor.redact(&placed);
                assert_gone(&row.id, context, text, &redacted);
                if *context != "alone"
                    && !row.id.contains("header")
                    && row.id != "private_key_block"
                {
                    let neighbours = redacted.contains("left");
                    assert!(neighbours, "{} {context}: {redacted}", row.id);
                }
            }
        }
    }
}

#[test]
fn no_eight_bytes_of_a_value_survive_next_to_any_delimiter() {
    let redactor = standard();
    for row in examples().iter().filter(|row| row.default) {
        for text in &row.found {
            for delimiter in DELIMITERS {
                let redacted =
                    redactor.redact(&format!("{delimiter}{text}{delimiter}")).into_owned();
                assert_gone(&row.id, delimiter, text, &redacted);
            }
        }
    }
}

#[test]
fn what_is_redacted_stays_as_it_is() {
    let redactor = standard();
    for row in examples() {
        for text in row.found.iter().chain(&row.left) {
            for (context, place) in CONTEXTS {
                let once = redactor.redact(&place(text)).into_owned();
                assert_eq!(redactor.redact(&once), once, "{} {context}", row.id);
            }
        }
    }
}

#[test]
fn what_tells_lines_apart_is_left_alone() {
    let rows = [
        "2026-11-22T08:34:45.123456Z  INFO rempart::access: outcome=\"answered\" elapsed_us=1234567",
        "550e8400-e29b-41d4-a716-446655440000 01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "version 1.95.0, 192.0.2.10:8080, 3.14159, 12 345 678,90 $",
        r#"{"level":"INFO","fields":{"status":200,"bytes":512,"took":1024},"spans":[{"name":"a"}]}"#,
        "GET /api/calls?page=2&per_page=50 200 512",
        "Élève à Québec: reçu l’appel n° 42, durée 3 min 12 s",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "1700000000 1700000000123 1700000000123456 1700000000123456789",
    ];
    for text in rows {
        let redacted = standard().redact(text).into_owned();
        assert_eq!(redacted, text);
    }
}

fn assert_gone(id: &str, context: &str, text: &str, redacted: &str) {
    let run = longest_run(text);
    // Digits with groups have no run: all of it is what matters.
    let part = if run.len() >= 8 { &run[..8] } else { text };
    assert!(!redacted.contains(part), "{id} {context:?}: {redacted}");
    assert!(redacted.contains("[REDACTED:"), "{id} {context:?}: {redacted}");
}

fn percent(text: &str, blank: &str) -> String {
    let encode = |byte: u8| match byte {
        b' ' => blank.to_owned(),
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}
