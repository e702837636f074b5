//! Random texts around random values.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that unwraps in vain has failed, as it should"
)]

use std::io::Write;
use std::sync::LazyLock;

use proptest::prelude::*;
use rempart_keys::Secret;
use rempart_redact::{Mask, Policy, RedactWriter, Redactor};
use rempart_testing::canary;

static STANDARD: LazyLock<Redactor> =
    LazyLock::new(|| Redactor::new(Policy::builder("logs").build().unwrap()));
static PARTIAL: LazyLock<Redactor> = LazyLock::new(|| {
    let builder = Policy::builder("support").partial_masks().mask("iban", Mask::Marker);
    Redactor::new(builder.enable("ipv4").enable("ipv6").enable("ca_postal_code").build().unwrap())
});

/// Text as logs have it, and as attackers wish they had.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9 ,.;:=&?/_-]{0,12}",
        2 => "[\"'\\\\{}\\[\\]()<>@+%|`\n\r\t]{0,4}",
        1 => "\\PC{0,6}",
        1 => any::<char>().prop_map(String::from),
        2 => prop::sample::select(vec![
            "password=", "\"token\":", "authorization: ", "Bearer ", "cookie: ", "\\\"pin\\\":\\\"",
            "+15145550100", "4111 1111 1111 1111", "ann@example.com", "eyJhbGciOiJub25lIn0.eyJ9.",
            "https://u:p@h/", "%22secret%22%3A", "[REDACTED:key]", "[REDACTED:email", "\u{1b}[31m",
            "-----BEGIN PRIVATE KEY-----", "\\u0070in=", "=>", "::", "Some(", "111 111 118", "AC",
            "[TRUNCATED ", "{\"pin\":1234}", "sig=", "?code=abcd", "x-vapi-secret: ", "DE89370400440532013000",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

/// A value that no text holds by chance.
fn secret() -> impl Strategy<Value = String> {
    "[!-~]{1}[ -~]{10,40}[!-~]{1}"
        .prop_filter("blank", |text| !text.trim().is_empty() && text.trim() == text)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn redacting_twice_is_redacting_once(text in text()) {
        for redactor in [&*STANDARD, &*PARTIAL] {
            let once = redactor.redact(&text).into_owned();
            prop_assert_eq!(&*redactor.redact(&once), &once);
            prop_assert!(!once.contains("too_hard"), "{:?}", text);
            let line = redactor.redact_line(&text).into_owned();
            prop_assert_eq!(&*redactor.redact_line(&line), &line);
            prop_assert!(!line.contains('\n'));
        }
    }

    #[test]
    fn no_control_character_survives(text in text()) {
        let line = STANDARD.redact_line(&text).into_owned();
        let control = |c: char| c.is_control() && c != '\t' || matches!(c, '\u{2028}'..='\u{202e}');
        prop_assert!(!line.contains(control), "{:?}", line);
    }

    #[test]
    fn a_registered_secret_is_gone_and_its_neighbours_stay(
        left in "[a-z ]{0,20}", secret in secret(), right in "[a-z ]{0,20}",
    ) {
        let registered = Secret::new(secret.as_bytes()).unwrap();
        let built = Policy::builder("logs").secret("S", &registered).build();
        prop_assume!(built.is_ok());
        let redactor = Redactor::new(built.unwrap());
        let json = serde_json::to_string(&secret).unwrap();
        for form in [secret.clone(), json, format!("{secret:?}"), format!("{:?}", secret.as_bytes())] {
            let redacted = redactor.redact(&format!("{left} <{form}> {right}")).into_owned();
            canary::assert_absent(&redacted, &secret);
            prop_assert!(redacted.starts_with(&left) && redacted.ends_with(&right), "{}", redacted);
        }
    }

    #[test]
    fn json_stays_json(
        keys in prop::collection::vec("[a-z_]{1,8}|password|token|pin|cookie|authorization", 1..6),
        texts in prop::collection::vec(text(), 6),
        numbers in prop::collection::vec(any::<u64>(), 6),
    ) {
        let mut object = serde_json::Map::new();
        for (nth, key) in keys.iter().enumerate() {
            let inner = serde_json::json!({ key.as_str(): texts[nth], "n": [numbers[nth], 4_242_424_242_424_242_u64] });
            object.insert(key.clone(), texts[nth].clone().into());
            object.insert(format!("n{nth}"), numbers[nth].into());
            object.insert(format!("o{nth}"), inner.clone());
            object.insert(format!("s{nth}"), inner.to_string().into());
        }
        let text = serde_json::Value::Object(object).to_string();
        for redacted in [STANDARD.redact(&text), STANDARD.redact_line(&text)] {
            // A private key without its end takes the rest of the text with it.
            if text.contains("-----BEGIN") {
                continue;
            }
            let parsed = serde_json::from_str::<serde_json::Value>(&redacted);
            prop_assert!(parsed.is_ok(), "{:?}\n{}\n{}", parsed, text, redacted);
        }
    }

    #[test]
    fn a_stream_in_pieces_is_the_stream_whole(text in text(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6)) {
        let bytes = text.as_bytes();
        let whole = written(&[bytes]);
        let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        places.sort_unstable();
        let mut pieces = Vec::new();
        let mut from = 0;
        for place in places {
            pieces.push(&bytes[from..place]);
            from = place;
        }
        pieces.push(&bytes[from..]);
        prop_assert_eq!(written(&pieces), whole);
    }

    #[test]
    fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let once = STANDARD.redact_bytes(&bytes).into_owned();
        prop_assert_eq!(&*STANDARD.redact_bytes(once.as_bytes()), &once);
    }

    #[test]
    fn reading_grows_with_the_text(text in text()) {
        let (few, many) = (STANDARD.steps(&text.repeat(16)), STANDARD.steps(&text.repeat(128)));
        prop_assert!(many <= 9 * few + 4096, "{} then {}", few, many);
    }
}

fn written(pieces: &[&[u8]]) -> Vec<u8> {
    let mut writer = RedactWriter::new(STANDARD.clone(), Vec::new());
    for piece in pieces {
        writer.write_all(piece).unwrap();
    }
    writer.finish().unwrap()
}
