//! Cases in a table: requests, and what a policy is to make of them.
//!
//! One case a line, tab-separated: `id`, `method`, `origin`, `acrm`
//! (`Access-Control-Request-Method`), `acrh` (`Access-Control-Request-Headers`), and if they are
//! there `want` and `reason`. A first line of column names is passed over. `<absent>` is a header
//! that is not sent, `<empty>` one with an empty value, `\n` the next line of the same header; `\t`,
//! `\\`, `\xNN` are bytes, and `{repeat:TEXT:N}` repeats.
//!
//! ```
//! use rempart_cors::{Policy, corpus};
//!
//! let policy = Policy::credentialed("api").origins(["https://app.example.com"]).build()?;
//! let table = "1\tGET\thttps://app.example.com\t<absent>\t<absent>\tallow\n\
//!              2\tGET\thttps://app.example.com\\x2eevil.example\t<absent>\t<absent>\tdeny\n\
//!              3\tOPTIONS\t<absent>\tPUT\t<absent>\tno-cors\n";
//! for case in corpus::parse(table) {
//!     let case = case.unwrap();
//!     assert_eq!(Some(case.decide(&policy)), case.want());
//! }
//! # Ok::<_, rempart_cors::ConfigErrors>(())
//! ```

mod escape;

use std::fmt;
use std::str::FromStr;

use http::header::{ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use thiserror::Error;

use crate::{Decision, Policy, decide};

/// The cases of a table, each or its fault.
pub fn parse(table: &str) -> impl Iterator<Item = Result<Case, LineError>> {
    let lines = table.lines().zip(1_usize..).filter(|(line, number)| {
        let is_heading = *number == 1 && line.starts_with("id\t");
        !line.trim().is_empty() && !is_heading
    });
    lines.map(|(line, number)| line.parse().map_err(|fault| LineError { line: number, fault }))
}

/// One request, and what is wanted of a policy.
#[derive(Clone, Debug)]
pub struct Case {
    id: String,
    method: Method,
    headers: HeaderMap,
    want: Option<Verdict>,
    reason: String,
}

impl Case {
    /// The name of the case.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What is wanted, if the table says it.
    #[must_use]
    pub const fn want(&self) -> Option<Verdict> {
        self.want
    }

    /// Why, in a sentence; may be empty.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The method of the request.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// The headers of the request: those three at most, one entry a line.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The request.
    #[must_use]
    pub fn request(&self) -> Request<()> {
        let mut request = Request::new(());
        request.method_mut().clone_from(&self.method);
        request.headers_mut().clone_from(&self.headers);
        request
    }

    /// What `policy` makes of the request.
    #[must_use]
    pub fn decide(&self, policy: &Policy) -> Verdict {
        decide(policy, &self.method, &self.headers).into()
    }
}

impl FromStr for Case {
    type Err = CaseError;

    fn from_str(line: &str) -> Result<Self, CaseError> {
        let mut columns = line.split('\t');
        let mut column = |name| columns.next().ok_or(CaseError::Column { name });
        let id = column("id")?.to_owned();
        let method = escape::unescape("method", column("method")?)?;
        let method = Method::from_bytes(&method).map_err(|_| CaseError::Method)?;
        let mut headers = HeaderMap::new();
        for (name, header) in [
            ("origin", ORIGIN),
            ("acrm", ACCESS_CONTROL_REQUEST_METHOD),
            ("acrh", ACCESS_CONTROL_REQUEST_HEADERS),
        ] {
            append(&mut headers, &header, name, column(name)?)?;
        }
        let want = match columns.next() {
            None | Some("") => None,
            Some(text) => Some(text.parse()?),
        };
        let reason = columns.next().unwrap_or_default().to_owned();
        Ok(Self { id, method, headers, want, reason })
    }
}

/// What a policy makes of a request, in one word.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Verdict {
    /// The response is shared with the page; a preflight is answered with what it asked for.
    Allow,
    /// The response carries no CORS header; a preflight is refused.
    Deny,
    /// The request has nothing to do with CORS.
    NoCors,
}

impl Verdict {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::NoCors => "no-cors",
        }
    }
}

impl From<Decision<'_>> for Verdict {
    fn from(decision: Decision<'_>) -> Self {
        match decision {
            Decision::NotCors | Decision::SameOrigin => Self::NoCors,
            Decision::Actual(Ok(_)) | Decision::Preflight(Ok(_)) => Self::Allow,
            Decision::Actual(Err(_)) | Decision::Preflight(Err(_)) => Self::Deny,
        }
    }
}

impl FromStr for Verdict {
    type Err = CaseError;

    fn from_str(text: &str) -> Result<Self, CaseError> {
        let all = [Self::Allow, Self::Deny, Self::NoCors];
        all.into_iter().find(|verdict| verdict.as_str() == text).ok_or(CaseError::Verdict)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A line of a table that holds no case.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("line {line}: {fault}")]
pub struct LineError {
    /// Its number, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: CaseError,
}

/// Why a text is no case.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum CaseError {
    /// A column is not there.
    #[error("the column `{name}` is missing")]
    Column {
        /// The column.
        name: &'static str,
    },
    /// A backslash or a brace begins no escape.
    #[error("`{name}` holds an unknown escape")]
    Escape {
        /// The column.
        name: &'static str,
    },
    /// Longer than 4 MiB when its repetitions are written out.
    #[error("`{name}` is longer than 4 MiB")]
    TooLong {
        /// The column.
        name: &'static str,
    },
    /// Not a method.
    #[error("`method` is not a method")]
    Method,
    /// Bytes that no header value can hold.
    #[error("`{name}` holds a byte that no header value may hold")]
    Value {
        /// The column.
        name: &'static str,
    },
    /// Not one of the three words.
    #[error("`want` is none of `allow`, `deny`, `no-cors`")]
    Verdict,
}

/// Appends the lines of one header.
fn append(
    headers: &mut HeaderMap,
    header: &HeaderName,
    name: &'static str,
    text: &str,
) -> Result<(), CaseError> {
    let bytes = match text {
        "<absent>" => return Ok(()),
        "<empty>" => Vec::new(),
        text => escape::unescape(name, text)?,
    };
    for line in bytes.split(|byte| *byte == escape::NEXT_LINE) {
        let value = HeaderValue::from_bytes(line).map_err(|_| CaseError::Value { name })?;
        headers.try_append(header, value).map_err(|_| CaseError::TooLong { name })?;
    }
    Ok(())
}
