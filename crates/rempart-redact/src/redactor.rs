use std::borrow::Cow;
use std::error::Error;
use std::fmt::Write;

use http::{HeaderName, HeaderValue};
use rempart_core::Source;

use crate::text::{Lines, neutralise};
use crate::{Decision, Policy, decide};

/// Makes texts fit for a log: hides sensitive values, neutralises control characters.
///
/// A text with nothing to hide comes back as it is, without an allocation. What comes out, put in
/// again, comes out the same.
///
/// ```
/// use rempart_redact::{Policy, Redactor};
///
/// # fn main() -> Result<(), rempart_redact::ConfigErrors> {
/// let redactor = Redactor::new(Policy::builder("logs").build()?);
/// assert_eq!(
///     redactor.redact("GET /cb?code=4f9d0c21&state=x by ann@example.com"),
///     "GET /cb?code=[REDACTED:presigned_query_token]&state=x by [REDACTED:email]",
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Redactor {
    policy: Source<Policy>,
}

impl Redactor {
    /// Follows `policy`; a [`Live`](rempart_core::Live) one can be replaced when a key is rotated.
    pub fn new(policy: impl Into<Source<Policy>>) -> Self {
        Self { policy: policy.into() }
    }

    /// Makes a text fit for a log. It may have several lines.
    #[must_use]
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.hide(neutralise(text, Lines::Keep), 0)
    }

    /// The same, for a text that is to stay on one line: its line breaks are written as `\n`.
    #[must_use]
    pub fn redact_line<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.hide(neutralise(text, Lines::Escape), 0)
    }

    /// The same as [`redact`](Self::redact), for bytes that may be no text: what is not UTF-8
    /// becomes U+FFFD.
    #[must_use]
    pub fn redact_bytes<'t>(&self, bytes: &'t [u8]) -> Cow<'t, str> {
        self.record(bytes, 0, Lines::Keep)
    }

    /// What may be shown of the value of this name: nothing if the name is that of a secret, the
    /// value without what is found in it otherwise.
    #[must_use]
    pub fn value<'t>(&self, name: &str, value: &'t str) -> Cow<'t, str> {
        let policy = self.policy.get();
        match decide(&policy, name) {
            Decision::Hide => Cow::Owned(policy.engine().key_marker()),
            Decision::Search => self.redact_line(value),
        }
    }

    /// What may be shown of a header: only those known to be harmless are, once searched.
    ///
    /// A value that is marked as sensitive, and a header that nobody named, is hidden whole.
    #[must_use]
    pub fn header<'t>(&self, name: &HeaderName, value: &'t HeaderValue) -> Cow<'t, str> {
        let policy = self.policy.get();
        if value.is_sensitive() || !policy.engine().key_rules().shows_header(name.as_str()) {
            return Cow::Owned(policy.engine().header_marker());
        }
        self.record(value.as_bytes(), 0, Lines::Escape)
    }

    /// An error with all its causes, on one line: what `main` prints instead of returning it.
    #[must_use]
    pub fn error(&self, error: &dyn Error) -> String {
        let mut text = error.to_string();
        let mut next = error.source();
        // A cause that causes itself would never end.
        for _ in 0..32 {
            let Some(cause) = next else { break };
            // Writing to a string cannot fail.
            let _ = write!(text, ": {cause}");
            next = cause.source();
        }
        self.redact_line(&text).into_owned()
    }

    /// How many bytes were read to search a text: for tests that time may not grow faster than it.
    #[doc(hidden)]
    #[must_use]
    pub fn steps(&self, text: &str) -> usize {
        self.policy.get().engine().steps(text)
    }

    pub(crate) fn max_record(&self) -> usize {
        self.policy.get().engine().max_record()
    }

    /// Makes a record fit for a log, of which `lost` bytes were too many to be kept.
    pub(crate) fn record<'t>(&self, record: &'t [u8], lost: usize, lines: Lines) -> Cow<'t, str> {
        match String::from_utf8_lossy(record) {
            Cow::Borrowed(text) => self.hide(neutralise(text, lines), lost),
            Cow::Owned(text) => Cow::Owned(self.hide(neutralise(&text, lines), lost).into_owned()),
        }
    }

    fn hide<'t>(&self, text: Cow<'t, str>, lost: usize) -> Cow<'t, str> {
        let policy = self.policy.get();
        match text {
            Cow::Borrowed(text) => policy.engine().hide(text, lost),
            Cow::Owned(text) => Cow::Owned(policy.engine().hide(&text, lost).into_owned()),
        }
    }
}
