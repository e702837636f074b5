//! `Content-Security-Policy`: directives and sources as types.

mod builder;
mod check;
mod directive;
mod error;
mod hash;
mod host;
mod parse;
mod render;
mod sandbox;
mod source;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

pub use self::builder::{CspBuilder, IntoSource};
pub use self::directive::Directive;
pub(crate) use self::error::quoted;
pub use self::error::{CspError, CspErrors};
pub use self::hash::HashSource;
pub use self::host::{HostSource, SchemeSource};
pub(crate) use self::render::{Form, Template};
pub use self::sandbox::SandboxFlag;
pub use self::source::{Source, SourceError};

/// Checked content security policy: what a page may load, run, frame and be framed by.
///
/// Printing it gives the header's text, directive by directive, with `'nonce'` in the place of
/// the nonce that each response makes anew.
///
/// ```
/// use rempart_headers::{Csp, Source};
///
/// let csp = Csp::builder()
///     .default_src([Source::None])
///     .script_src([Source::Nonce, Source::StrictDynamic])
///     .img_src(["'self'", "https://img.example"])
///     .base_uri([Source::None])
///     .build()?;
/// assert_eq!(
///     csp.to_string(),
///     "default-src 'none'; script-src 'nonce' 'strict-dynamic'; \
///      img-src 'self' https://img.example; base-uri 'none'",
/// );
/// # Ok::<(), rempart_headers::CspErrors>(())
/// ```
///
/// # Security
///
/// A policy limits what injected markup can do; it does not keep markup from being injected.
/// Escape what you print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csp {
    values: BTreeMap<Directive, Value>,
    weak_scripts: bool,
}

/// What stands after a directive's name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Sources(Vec<Source>),
    /// Checked words, or none at all.
    Words(Vec<Cow<'static, str>>),
}

impl Csp {
    /// Starts with no directive.
    pub const fn builder() -> CspBuilder {
        CspBuilder::new()
    }

    /// Starts from the policy of a page: scripts and styles carry the nonce, everything else
    /// comes from the page's own origin or not at all, and nobody frames the page.
    ///
    /// ```
    /// # use rempart_headers::Csp;
    /// let csp = Csp::page().font_src(["'self'", "https://fonts.example"]).build()?;
    /// # Ok::<(), rempart_headers::CspErrors>(())
    /// ```
    pub fn page() -> CspBuilder {
        Self::builder()
            .default_src([Source::None])
            .script_src([Source::Nonce, Source::StrictDynamic])
            .style_src([Source::Nonce])
            .img_src([Source::SelfOrigin])
            .font_src([Source::SelfOrigin])
            .connect_src([Source::SelfOrigin])
            .object_src([Source::None])
            .base_uri([Source::None])
            .form_action([Source::SelfOrigin])
            .frame_ancestors([Source::None])
            .require_trusted_types()
            .upgrade_insecure_requests()
    }

    /// Starts from the policy of an API: an answer that is shown as a page can do nothing.
    pub fn api() -> CspBuilder {
        Self::builder().default_src([Source::None]).frame_ancestors([Source::None])
    }

    /// The directives, in the order in which they are sent.
    pub fn directives(&self) -> impl Iterator<Item = Directive> {
        self.values.keys().copied()
    }

    /// The sources of a directive, if it is set and takes any.
    #[must_use]
    pub fn sources(&self, directive: Directive) -> Option<&[Source]> {
        match self.values.get(&directive)? {
            Value::Sources(sources) => Some(sources),
            Value::Words(_) => None,
        }
    }

    /// Whether a directive names the nonce of the response.
    #[must_use]
    pub fn uses_nonce(&self) -> bool {
        self.values.values().any(|value| match value {
            Value::Sources(sources) => sources.contains(&Source::Nonce),
            Value::Words(_) => false,
        })
    }

    /// The name of the endpoint that violations are reported to.
    #[must_use]
    pub fn report_to(&self) -> Option<&str> {
        match self.values.get(&Directive::ReportTo)? {
            Value::Words(words) => words.first().map(|name| &**name),
            Value::Sources(_) => None,
        }
    }

    /// Whether it is set.
    pub(crate) fn has(&self, directive: Directive) -> bool {
        self.values.contains_key(&directive)
    }

    /// The same policy, naming `url` for browsers that do not know `report-to`, unless it names
    /// one already.
    pub(crate) fn with_report_uri(mut self, url: &str) -> Self {
        let words = || Value::Words(vec![Cow::Owned(url.to_owned())]);
        self.values.entry(Directive::ReportUri).or_insert_with(words);
        self
    }
}

impl fmt::Display for Csp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, (directive, value)) in self.values.iter().enumerate() {
            let separator = if nth == 0 { "" } else { "; " };
            write!(f, "{separator}{directive}{value}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Value {
    /// Each word with a space before it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sources(sources) => sources.iter().try_for_each(|source| write!(f, " {source}")),
            Self::Words(words) => words.iter().try_for_each(|word| write!(f, " {word}")),
        }
    }
}
