use thiserror::Error;

use super::{Directive, SourceError};

/// Every fault of a content security policy.
pub type CspErrors = rempart_core::ConfigErrors<CspError>;

/// One fault of a content security policy.
///
/// The texts that a fault quotes are cut after 80 characters.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CspError {
    /// The directive stands twice; browsers heed the first alone.
    #[error("`{directive}` stands twice, and browsers heed the first alone")]
    DuplicateDirective {
        /// The directive.
        directive: Directive,
    },
    /// The directive has no value. To allow nothing, say `'none'`.
    #[error("`{directive}` has no value; to allow nothing, say 'none'")]
    Empty {
        /// The directive.
        directive: Directive,
    },
    /// Browsers ignore this source because `'strict-dynamic'` stands beside it.
    #[error("`{directive}`: browsers ignore {origin} beside 'strict-dynamic'")]
    IgnoredByStrictDynamic {
        /// The directive.
        directive: Directive,
        /// The source that is ignored.
        origin: String,
    },
    /// The text is no source.
    #[error("`{directive}`: {text:?} is no source: {fault}")]
    InvalidSource {
        /// The directive.
        directive: Directive,
        /// The text.
        text: String,
        /// Why it is none.
        fault: SourceError,
    },
    /// The text is no value of this directive.
    #[error("`{directive}`: {text:?} is no value of it")]
    InvalidWord {
        /// The directive.
        directive: Directive,
        /// The text.
        text: String,
    },
    /// `'strict-dynamic'` without nonce or hash trusts nothing and blocks everything.
    #[error("`{directive}`: 'strict-dynamic' without a nonce or a hash blocks every script")]
    LoneStrictDynamic {
        /// The directive.
        directive: Directive,
    },
    /// The directive does not understand this source.
    #[error("`{directive}` does not understand {origin}")]
    Misplaced {
        /// The directive.
        directive: Directive,
        /// The source.
        origin: String,
    },
    /// Without this directive scripts are not restricted, or not for long.
    #[error("`{directive}` is missing; without it injected code can run")]
    Missing {
        /// The directive.
        directive: Directive,
    },
    /// `'none'` stands beside something, so that it means nothing.
    #[error("`{directive}`: 'none' stands alone or means nothing")]
    NoneWithOthers {
        /// The directive.
        directive: Directive,
    },
    /// This directive's value is no list of sources.
    #[error("`{directive}` takes no sources")]
    TakesNoSources {
        /// The directive.
        directive: Directive,
    },
    /// Lists are bounded.
    #[error("`{directive}` lists {count} values, more than {max}")]
    TooMany {
        /// The directive.
        directive: Directive,
        /// How many it lists.
        count: usize,
        /// The most allowed.
        max: usize,
    },
    /// No browser knows this directive any more, or none ever did.
    #[error("{name:?} is no directive")]
    UnknownDirective {
        /// The text that stands in its place.
        name: String,
    },
    /// `'unsafe-hashes'` says something about hashes, and there is none.
    #[error("`{directive}`: 'unsafe-hashes' without a hash allows nothing")]
    UnsafeHashesWithoutHash {
        /// The directive.
        directive: Directive,
    },
    /// Browsers ignore `'unsafe-inline'` beside a nonce, a hash or `'strict-dynamic'`.
    #[error("`{directive}`: browsers ignore 'unsafe-inline' beside a nonce or a hash")]
    UnsafeInlineIgnored {
        /// The directive.
        directive: Directive,
    },
    /// This source lets strangers' code run. See
    /// [`dangerously_weak_scripts`](super::CspBuilder::dangerously_weak_scripts).
    #[error("`{directive}`: {origin} lets strangers' code run")]
    WeakScripts {
        /// The directive.
        directive: Directive,
        /// The source.
        origin: String,
    },
}

/// The part of a text that a fault quotes.
pub(crate) fn quoted(text: &str) -> String {
    text.chars().take(80).collect()
}
