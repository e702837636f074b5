use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue};
use smallvec::SmallVec;

use super::Scheme;
use crate::Rejection;

/// Says that the sender signs headers too, and lists their names in the signature's header.
///
/// Which headers are signed is then the request's word. What a handler relies on has to be
/// [required](Self::require), or an honest request that does not sign it could be replayed with
/// another value.
///
/// ```
/// use http::HeaderName;
/// use rempart_signature::{Scheme, SignedHeaders};
///
/// let kind = HeaderName::from_static("x-event-type");
/// let scheme = Scheme::hook0().with_signed_headers(SignedHeaders::element("h").require(kind));
/// # let _ = scheme;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "kebab-case"))]
pub struct SignedHeaders {
    element: Cow<'static, str>,
    #[cfg_attr(feature = "serde", serde(default, with = "super::written::headers"))]
    required: Vec<HeaderName>,
}

impl SignedHeaders {
    /// How many headers may be signed.
    pub const MAX: usize = 16;

    /// The names stand in this element, in lower case, set apart by blanks.
    #[must_use]
    pub fn element(key: impl Into<Cow<'static, str>>) -> Self {
        Self { element: key.into(), required: Vec::new() }
    }

    /// Refuses a request that does not sign this header.
    #[must_use]
    pub fn require(mut self, header: HeaderName) -> Self {
        self.required.push(header);
        self
    }

    /// The key of the element.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.element
    }

    /// The headers that must be signed.
    #[must_use]
    pub fn required(&self) -> &[HeaderName] {
        &self.required
    }

    /// Each name is there once, and its header too; none that is required is left out.
    pub(super) fn check(&self, names: &[u8], headers: &HeaderMap) -> Result<(), Rejection> {
        if names.len() > Scheme::MAX_HEADER {
            return Err(Rejection::Malformed);
        }
        let mut seen = SmallVec::<[&[u8]; Self::MAX]>::new();
        for name in listed(names) {
            if name.is_empty() && names.is_empty() {
                break;
            }
            if name.is_empty() || name.iter().any(u8::is_ascii_uppercase) {
                return Err(Rejection::Malformed);
            }
            if seen.contains(&name) {
                return Err(Rejection::Duplicated);
            }
            if seen.len() == Self::MAX {
                return Err(Rejection::Malformed);
            }
            value(headers, name)?;
            seen.push(name);
        }
        let left_out = |header: &HeaderName| !seen.contains(&header.as_str().as_bytes());
        if self.required.iter().any(left_out) { Err(Rejection::Missing) } else { Ok(()) }
    }
}

/// The values in the order of the names, joined by dots. Nobody signs a header that is not there:
/// that was checked.
pub(super) fn feed(names: &[u8], headers: &HeaderMap, each: &mut dyn FnMut(&[u8])) {
    for (nth, name) in listed(names).enumerate() {
        if nth > 0 {
            each(b".");
        }
        if let Ok(value) = value(headers, name) {
            each(value.as_bytes());
        }
    }
}

fn listed(names: &[u8]) -> impl Iterator<Item = &[u8]> {
    names.split(|byte| *byte == b' ')
}

/// A header that must be there exactly once.
fn value<'a>(headers: &'a HeaderMap, name: &[u8]) -> Result<&'a HeaderValue, Rejection> {
    let name = std::str::from_utf8(name).map_err(|_| Rejection::Malformed)?;
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Err(Rejection::Missing),
        (Some(value), None) => Ok(value),
        (Some(_), Some(_)) => Err(Rejection::Duplicated),
    }
}
