use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::directive::Takes;
use super::{Directive, HashSource, HostSource, SchemeSource};

/// One source of a directive: a keyword, a scheme, a host, a hash, or the response's nonce.
///
/// Text is parsed, never copied: what is no source in the grammar of [CSP3 §2.3.1] does not
/// become one.
///
/// ```
/// use rempart_headers::{Source, SourceError};
///
/// assert_eq!("'self'".parse(), Ok(Source::SelfOrigin));
/// assert_eq!("self".parse::<Source>(), Err(SourceError::Unquoted { keyword: "'self'" }));
/// ```
///
/// [CSP3 §2.3.1]: https://www.w3.org/TR/CSP3/#framework-directive-source-list
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// The digest of an inline script or style.
    Hash(HashSource),
    /// A host, perhaps with scheme, port and path.
    Host(HostSource),
    /// `'inline-speculation-rules'`
    InlineSpeculationRules,
    /// `'none'`: nothing. It stands alone.
    None,
    /// The [`Nonce`](crate::Nonce) of the response; written `'nonce'` where a policy is printed.
    Nonce,
    /// `'report-sample'`
    ReportSample,
    /// `'report-sha256'`
    ReportSha256,
    /// `'report-sha384'`
    ReportSha384,
    /// `'report-sha512'`
    ReportSha512,
    /// A scheme: everything there is under it.
    Scheme(SchemeSource),
    /// `'self'`: the page's own origin.
    SelfOrigin,
    /// `'strict-dynamic'`: what a trusted script loads is trusted too.
    StrictDynamic,
    /// `'trusted-types-eval'`
    TrustedTypesEval,
    /// `'unsafe-eval'`
    UnsafeEval,
    /// `'unsafe-hashes'`: hashes count for event-handler and style attributes too.
    UnsafeHashes,
    /// `'unsafe-inline'`
    UnsafeInline,
    /// `'unsafe-webtransport-hashes'`
    UnsafeWebtransportHashes,
    /// `'wasm-unsafe-eval'`
    WasmUnsafeEval,
}

impl Source {
    /// Whether `directive` understands this source at all.
    #[must_use]
    pub const fn fits(&self, directive: Directive) -> bool {
        let takes = directive.takes();
        match self {
            Self::Host(_) | Self::None | Self::Scheme(_) | Self::SelfOrigin => {
                !matches!(takes, Takes::NoSources)
            }
            Self::Hash(_) | Self::ReportSample | Self::UnsafeHashes | Self::UnsafeInline => {
                matches!(
                    takes,
                    Takes::Anything | Takes::Attributes | Takes::Scripts | Takes::Styles
                )
            }
            Self::Nonce => matches!(takes, Takes::Anything | Takes::Scripts | Takes::Styles),
            Self::InlineSpeculationRules
            | Self::ReportSha256
            | Self::ReportSha384
            | Self::ReportSha512
            | Self::StrictDynamic
            | Self::TrustedTypesEval
            | Self::UnsafeEval
            | Self::WasmUnsafeEval => matches!(takes, Takes::Anything | Takes::Scripts),
            Self::UnsafeWebtransportHashes => {
                matches!(takes, Takes::Anything | Takes::Connections)
            }
        }
    }

    /// Whether `'strict-dynamic'` makes browsers ignore it.
    pub(super) const fn is_address(&self) -> bool {
        matches!(self, Self::Host(_) | Self::Scheme(_) | Self::SelfOrigin)
    }

    /// Whether, in a directive about code, it lets strangers' code in.
    pub(super) fn is_weak_for_code(&self) -> bool {
        match self {
            Self::Host(host) => host.is_any_host(),
            Self::Scheme(_) | Self::UnsafeEval | Self::UnsafeInline => true,
            _ => false,
        }
    }
}

impl FromStr for Source {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        checked_bytes(text)?;
        if !text.starts_with('\'') {
            return if text.ends_with(':') {
                text.parse().map(Self::Scheme)
            } else {
                text.parse().map(Self::Host)
            };
        }
        let lower = text.to_ascii_lowercase();
        if let Some((_, source)) = KEYWORDS.iter().find(|(keyword, _)| *keyword == lower) {
            return Ok(source.clone());
        }
        if lower.starts_with("'sha") {
            text.parse().map(Self::Hash)
        } else if lower.starts_with("'nonce-") {
            Err(SourceError::FixedNonce)
        } else {
            Err(SourceError::Keyword { nearest: nearest_keyword(&lower) })
        }
    }
}

impl From<HashSource> for Source {
    fn from(hash: HashSource) -> Self {
        Self::Hash(hash)
    }
}

impl From<HostSource> for Source {
    fn from(host: HostSource) -> Self {
        Self::Host(host)
    }
}

impl From<SchemeSource> for Source {
    fn from(scheme: SchemeSource) -> Self {
        Self::Scheme(scheme)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hash(hash) => hash.fmt(f),
            Self::Host(host) => host.fmt(f),
            Self::Scheme(scheme) => scheme.fmt(f),
            keyword => {
                let text = KEYWORDS.iter().find(|(_, source)| source == keyword);
                f.pad(text.map_or("", |(text, _)| text))
            }
        }
    }
}

/// Why a text is no source.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceError {
    /// The name of a directive stands where a source should.
    #[error("it is the name of a directive")]
    DirectiveName,
    /// There is nothing.
    #[error("it is empty")]
    Empty,
    /// A nonce in the configuration is the same in every response.
    #[error("a nonce is made for each response: write `'nonce'`")]
    FixedNonce,
    /// This byte would end the source, or may not stand in a header.
    #[error("byte {offset} may not stand in a source")]
    ForbiddenByte {
        /// Where it stands, counted from 0.
        offset: usize,
    },
    /// It is no base64 of a SHA-256, SHA-384 or SHA-512 digest.
    #[error("it is no base64 of a SHA-256, SHA-384 or SHA-512 digest")]
    Hash,
    /// The host is no host.
    #[error("byte {offset} may not stand in a host name")]
    Host {
        /// Where it goes wrong, counted from 0.
        offset: usize,
    },
    /// Browsers match no address but `127.0.0.1`.
    #[error("browsers match no IP address but 127.0.0.1")]
    IpAddress,
    /// There is no such keyword.
    #[error("it is no keyword{}", Hint(*nearest))]
    Keyword {
        /// The keyword that begins most alike.
        nearest: Option<&'static str>,
    },
    /// The path is no path; a query is no part of a source.
    #[error("byte {offset} may not stand in a path")]
    Path {
        /// Where it goes wrong, counted from 0.
        offset: usize,
    },
    /// The port is neither `*` nor a number from 1 to 65535.
    #[error("the port at byte {offset} is neither `*` nor a number from 1 to 65535")]
    Port {
        /// Where it starts, counted from 0.
        offset: usize,
    },
    /// The scheme is no scheme, or lacks its colon.
    #[error("the scheme goes wrong at byte {offset}")]
    Scheme {
        /// Where it goes wrong, counted from 0.
        offset: usize,
    },
    /// Sources are bounded.
    #[error("{length} bytes are more than {MAX_SOURCE}")]
    TooLong {
        /// The length of the text, in bytes.
        length: usize,
    },
    /// A keyword without its quotes is a host of that name.
    #[error("it lacks its quotes; did you mean {keyword}?")]
    Unquoted {
        /// The keyword with its quotes.
        keyword: &'static str,
    },
}

struct Hint(Option<&'static str>);

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |keyword| write!(f, "; did you mean {keyword}?"))
    }
}

/// Refuses what would end a source, a directive or a policy, whatever else it may be.
pub(super) fn checked_bytes(text: &str) -> Result<(), SourceError> {
    if text.is_empty() {
        return Err(SourceError::Empty);
    }
    if text.len() > MAX_SOURCE {
        return Err(SourceError::TooLong { length: text.len() });
    }
    let ends = |byte: u8| !byte.is_ascii_graphic() || matches!(byte, b';' | b',');
    let forbidden = text.bytes().position(ends);
    forbidden.map_or(Ok(()), |offset| Err(SourceError::ForbiddenByte { offset }))
}

/// The keyword that `text` would be in quotes.
pub(super) fn keyword_without_quotes(text: &str) -> Option<&'static str> {
    let bare = |keyword: &'static str| keyword.trim_matches('\'');
    let keywords = KEYWORDS.iter().map(|(keyword, _)| *keyword);
    let whole = keywords.into_iter().find(|keyword| bare(keyword).eq_ignore_ascii_case(text));
    // A host has such a beginning too, but then it has a dot, which no digest and no nonce has.
    whole.or_else(|| {
        let begins = |prefix: &str| {
            text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        let digests = ["'nonce-…'", "'sha256-…'", "'sha384-…'", "'sha512-…'"];
        let begun = |keyword: &&str| begins(keyword.trim_matches(['\'', '…']));
        digests.into_iter().find(begun).filter(|_| !text.contains('.'))
    })
}

/// The one keyword that shares the longest beginning with `text`, if that is more than the quote
/// and two letters.
fn nearest_keyword(text: &str) -> Option<&'static str> {
    let shared =
        |keyword: &str| keyword.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
    let longest = KEYWORDS.iter().map(|(keyword, _)| shared(keyword)).max().filter(|it| *it > 3)?;
    let mut nearest = KEYWORDS.iter().filter(|(keyword, _)| shared(keyword) == longest);
    let (keyword, _) = nearest.next()?;
    nearest.next().is_none().then_some(keyword)
}

/// The longest source, in bytes: longer than any address that a header should hold.
pub(super) const MAX_SOURCE: usize = 1024;

const KEYWORDS: [(&str, Source); 15] = [
    ("'inline-speculation-rules'", Source::InlineSpeculationRules),
    ("'none'", Source::None),
    ("'nonce'", Source::Nonce),
    ("'report-sample'", Source::ReportSample),
    ("'report-sha256'", Source::ReportSha256),
    ("'report-sha384'", Source::ReportSha384),
    ("'report-sha512'", Source::ReportSha512),
    ("'self'", Source::SelfOrigin),
    ("'strict-dynamic'", Source::StrictDynamic),
    ("'trusted-types-eval'", Source::TrustedTypesEval),
    ("'unsafe-eval'", Source::UnsafeEval),
    ("'unsafe-hashes'", Source::UnsafeHashes),
    ("'unsafe-inline'", Source::UnsafeInline),
    ("'unsafe-webtransport-hashes'", Source::UnsafeWebtransportHashes),
    ("'wasm-unsafe-eval'", Source::WasmUnsafeEval),
];
