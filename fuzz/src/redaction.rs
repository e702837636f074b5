//! Redaction of anything at all.

use std::io::Write;
use std::sync::LazyLock;

use rempart::keys::Secret;
use rempart::redact::{Policy, RedactWriter, Redactor};
use serde_json::{Value, json};

const CANARY: &str = "zq7-made-up-canary-7qz";

static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| {
    let secret = Secret::new(CANARY).expect("a secret");
    Redactor::new(Policy::builder("fuzz").secret("CANARY", &secret).build().expect("a policy"))
});

/// A registered secret never comes out, no control character does, and what was redacted once is
/// not changed again.
pub(crate) fn redaction(data: &[u8]) {
    let (left, right) = data.split_at(data.len() / 2);
    for text in [data.to_vec(), [left, CANARY.as_bytes(), right].concat()] {
        let once = REDACTOR.redact_bytes(&text).into_owned();
        assert!(!once.contains(CANARY));
        assert!(!once.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')), "{once:?}");
        assert_eq!(REDACTOR.redact(&once), once);
        let line = REDACTOR.redact_line(&once);
        assert!(!line.contains('\n'));
    }
}

/// JSON stays JSON, with its harmless members as they were, at two depths; and what is read to get
/// there is bounded by the length of the text.
pub(crate) fn json(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    // The rest of a private key that does not end goes with it, and the brackets with the rest.
    if text.contains("-----BEGIN") || text.contains("too_hard") {
        return;
    }
    let inner = json!({ "note": text, "card": 4_242_424_242_424_242_u64, "id": 7 });
    let document = json!({ "id": 7, "note": text, "pin": 4711, "inner": inner.to_string() });
    let written = document.to_string();
    assert!(REDACTOR.steps(&written) <= 64 * written.len() + 32_768);
    let redacted = REDACTOR.redact(&written).into_owned();
    assert!(redacted.starts_with(r#"{"id":7,"inner":"{\"card\":"#), "{redacted}");
    assert!(!redacted.contains("4242424242424242"));
    assert_eq!(REDACTOR.redact(&redacted), redacted);
    // Values that uncover others without an end: the brackets go with the rest.
    if redacted.contains("too_hard") {
        return;
    }
    let read: Value = serde_json::from_str(&redacted).expect("JSON");
    assert_eq!(read["id"], 7);
    assert_eq!(read["pin"], "[REDACTED:key]");
}

/// A stream in pieces is the stream whole.
pub(crate) fn stream(data: &[u8]) {
    let (size, data) = data.split_first().map_or((1, data), |(size, data)| (*size, data));
    let whole = written(&[data]);
    let pieces: Vec<_> = data.chunks(usize::from(size).max(1)).collect();
    assert_eq!(written(&pieces), whole);
}

fn written(pieces: &[&[u8]]) -> Vec<u8> {
    let mut writer = RedactWriter::new(REDACTOR.clone(), Vec::new());
    for piece in pieces {
        writer.write_all(piece).expect("a vector takes all");
    }
    writer.finish().expect("a vector takes all")
}
