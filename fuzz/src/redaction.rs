//! Redaction of anything at all.

use std::sync::LazyLock;

use rempart::keys::Secret;
use rempart::redact::{Policy, Redactor};

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
