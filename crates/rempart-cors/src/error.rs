use std::fmt;
use std::time::Duration;

use thiserror::Error;

use crate::OriginError;

/// Every fault of a CORS policy, in the order of the fields of a
/// [`PolicyConfig`](crate::PolicyConfig).
pub type ConfigErrors = rempart_core::ConfigErrors<ConfigError>;

/// One fault of a CORS policy; its text is one line, whatever was given.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The policy's name.
    #[error("name: `{}`: {reason}", value.escape_debug())]
    Name {
        /// What was given.
        value: String,
        /// What is wrong with it.
        reason: rempart_core::NameError,
    },
    /// The policy would allow nobody.
    #[error("origins: none is allowed; name at least one")]
    NoOrigins,
    /// A text is not an origin that a browser could send.
    #[error("{field}[{index}]: `{}`: {reason}", value.escape_debug())]
    Origin {
        /// The list it stands in.
        field: Field,
        /// Its place, counted from 0.
        index: usize,
        /// What was given.
        value: String,
        /// What is wrong with it.
        reason: OriginError,
    },
    /// An origin stands twice.
    #[error("{field}[{index}]: `{}` stands in the list already", value.escape_debug())]
    DuplicateOrigin {
        /// The list it stands in.
        field: Field,
        /// Its place, counted from 0.
        index: usize,
        /// What was given.
        value: String,
    },
    /// A pattern of the list allows this one too.
    #[error(
        "origins[{index}]: `{}` is redundant: a pattern of the list covers it",
        value.escape_debug()
    )]
    CoveredOrigin {
        /// Its place, counted from 0.
        index: usize,
        /// What was given.
        value: String,
    },
    /// Whatever listens on some port of the host would speak for the origin.
    #[error(
        "origins[{index}]: `{}`: every port is for hosts of this machine, as `localhost`",
        value.escape_debug()
    )]
    AnyPort {
        /// Its place, counted from 0.
        index: usize,
        /// What was given.
        value: String,
    },
    /// Every origin is allowed, and some are named beside.
    #[error("origins[{index}]: `{}` is redundant: every origin is allowed", value.escape_debug())]
    RedundantOrigin {
        /// Its place, counted from 0.
        index: usize,
        /// What was given.
        value: String,
    },
    /// Whoever sits on the network can speak for an `http` origin, with the user's credentials.
    #[error(
        "origins[{index}]: `{}` is not https, and the policy allows credentials",
        value.escape_debug()
    )]
    InsecureOrigin {
        /// Its place, counted from 0.
        index: usize,
        /// What was given.
        value: String,
    },
    /// Anybody can register a name under the host, or under each name there, or holds a neighbouring
    /// one.
    #[error(
        "origins[{index}]: the host of `{}` is a public suffix, which no one site owns",
        value.escape_debug()
    )]
    PublicSuffix {
        /// Its place, counted from 0.
        index: usize,
        /// What was given.
        value: String,
    },
    /// Who owns the subdomains of a host can only be told by a list that is not there.
    #[error(
        "origins[{index}]: `{}`: to allow subdomains takes the feature `psl`, which knows public suffixes",
        value.escape_debug()
    )]
    UncheckedSuffix {
        /// Its place, counted from 0.
        index: usize,
        /// What was given.
        value: String,
    },
    /// A text is not a scheme that an origin could have.
    #[error("custom_schemes[{index}]: `{}`: {reason}", value.escape_debug())]
    CustomScheme {
        /// Its place, counted from 0.
        index: usize,
        /// What was given.
        value: String,
        /// What is wrong with it.
        reason: SchemeError,
    },
    /// Hosts are looked at where a policy enforces, and this one does not.
    #[error("own_hosts: nothing is enforced, and without that no host is looked at")]
    IdleOwnHosts,
    /// To enforce a policy that allows every origin would turn nobody away.
    #[error("enforce: every origin is allowed, and there is nobody to turn away")]
    EnforceAnyOrigin,
    /// To enforce a policy that knows no host of its own would turn everybody away.
    #[error("enforce: name the own origins or own hosts; requests for others are turned away")]
    NoOwnHosts,
    /// A text is not a method that could be allowed.
    #[error("methods[{index}]: `{}`: {reason}", value.escape_debug())]
    Method {
        /// Its place, counted from 0.
        index: usize,
        /// What was given.
        value: String,
        /// What is wrong with it.
        reason: MethodError,
    },
    /// A text is not a header name that could be allowed or exposed.
    #[error("{field}[{index}]: `{}`: {reason}", value.escape_debug())]
    HeaderName {
        /// The list it stands in.
        field: Field,
        /// Its place, counted from 0.
        index: usize,
        /// What was given.
        value: String,
        /// What is wrong with it.
        reason: HeaderNameError,
    },
    /// A list is longer than its bound.
    #[error("{field}: {count} entries; at most {max} are allowed")]
    TooMany {
        /// The list.
        field: Field,
        /// How many were given.
        count: usize,
        /// How many may be.
        max: usize,
    },
    /// The time that browsers may keep a preflight's answer.
    #[error("max_age: {value:?}: {reason}")]
    MaxAge {
        /// What was given.
        value: Duration,
        /// What is wrong with it.
        reason: MaxAgeError,
    },
}

/// A list of the policy.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Field {
    /// `custom_schemes`
    CustomSchemes,
    /// `expose_headers`
    ExposeHeaders,
    /// `methods`
    Methods,
    /// `origins`
    Origins,
    /// `own_hosts`
    OwnHosts,
    /// `own_origins`
    OwnOrigins,
    /// `request_headers`
    RequestHeaders,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::CustomSchemes => "custom_schemes",
            Self::ExposeHeaders => "expose_headers",
            Self::Methods => "methods",
            Self::Origins => "origins",
            Self::OwnHosts => "own_hosts",
            Self::OwnOrigins => "own_origins",
            Self::RequestHeaders => "request_headers",
        })
    }
}

/// Why a scheme cannot be one of origins.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum SchemeError {
    /// Not a scheme in lower case ([RFC 3986 §3.1]), or longer than 64 bytes.
    ///
    /// [RFC 3986 §3.1]: https://www.rfc-editor.org/rfc/rfc3986#section-3.1
    #[error("is not a scheme in lower case, written without `://`")]
    Invalid,
    /// One of the web's.
    #[error("is known without being named")]
    Known,
    /// Its pages send `null`, or the origin of another page.
    #[error("no origin has it: its pages send `null` or the origin of the page that made them")]
    NoOrigin,
    /// It stands twice.
    #[error("stands in the list already")]
    Duplicate,
}

/// Why a method cannot be allowed.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum MethodError {
    /// Not a token ([RFC 9110 §5.6.2]), or longer than 32 bytes.
    ///
    /// [RFC 9110 §5.6.2]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
    #[error("is not a method")]
    Invalid,
    /// A list has no wildcards.
    #[error("`*` stands for no method here; an anonymous policy has `any_method`")]
    Wildcard,
    /// Browsers let no page send it ([Fetch, forbidden method]).
    ///
    /// [Fetch, forbidden method]: https://fetch.spec.whatwg.org/#forbidden-method
    #[error("no page can send it: browsers forbid CONNECT, TRACE and TRACK")]
    Forbidden,
    /// Browsers turn it into upper case before they ask ([Fetch, normalise a method]).
    ///
    /// [Fetch, normalise a method]: https://fetch.spec.whatwg.org/#concept-method-normalize
    #[error("browsers ask for it in upper case, and methods are compared byte by byte")]
    NotNormalised,
    /// It stands twice.
    #[error("stands in the list already")]
    Duplicate,
    /// Every method is allowed, and it is named beside.
    #[error("is redundant: every method is allowed")]
    Redundant,
}

/// Why a header name cannot be allowed or exposed.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum HeaderNameError {
    /// Not a field name ([RFC 9110 §5.1]), or longer than 128 bytes.
    ///
    /// [RFC 9110 §5.1]: https://www.rfc-editor.org/rfc/rfc9110#section-5.1
    #[error("is not a header name")]
    Invalid,
    /// A list has no wildcards.
    #[error(
        "`*` stands for no header here; an anonymous policy has `any_request_header` and `expose_any`"
    )]
    Wildcard,
    /// Browsers let no page set it ([Fetch, forbidden request-header]), or see it ([forbidden
    /// response-header name]).
    ///
    /// [Fetch, forbidden request-header]: https://fetch.spec.whatwg.org/#forbidden-request-header
    /// [forbidden response-header name]: https://fetch.spec.whatwg.org/#forbidden-response-header-name
    #[error("no page can use it: browsers forbid the name")]
    Forbidden,
    /// A header of CORS itself.
    #[error("is a header of the CORS protocol itself")]
    Protocol,
    /// Every header is allowed or exposed, and it is named beside. To allow every one does not allow
    /// `authorization`, which may be.
    #[error("is redundant: every header is covered")]
    Redundant,
}

/// Why a time cannot be a preflight's `Access-Control-Max-Age`.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum MaxAgeError {
    /// No browser keeps an answer for more than a day.
    #[error("is longer than any browser keeps an answer (86,400 s)")]
    TooLong,
    /// The header has whole seconds.
    #[error("is not a number of whole seconds")]
    Fraction,
}
