use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, StatusCode, header};

use super::component::{Component, Covered, Form, MessagePart, is_connect};
use super::origin::{self, Origin};
use super::query;
use super::structured::{Dictionary, FieldType};
use crate::{Head, Rejection};

/// The longest signature base: 16 KiB.
pub(crate) const MAX_BASE: usize = 16 * 1024;

/// A message, as its signature sees it.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// The request; of a response the one that it answers, if it is known.
    pub(crate) request: Option<Request<'a>>,
    pub(crate) response: Option<Response<'a>>,
    /// Types of fields that are not registered.
    pub(crate) types: &'a [(HeaderName, FieldType)],
}

/// A request, and the origins that it may have been sent to.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) head: Head<'a>,
    pub(crate) origins: &'a [Origin],
    /// Whether the target is written as a path, whatever the URI says: a client's URI is absolute
    /// and its request is not, and HTTP/2 has no such line.
    pub(crate) origin_form: bool,
}

#[derive(Clone, Copy)]
pub(crate) struct Response<'a> {
    pub(crate) status: StatusCode,
    pub(crate) headers: &'a HeaderMap,
}

/// The bytes that are signed, and where in them each component stands.
#[derive(PartialEq, Eq)]
pub(crate) struct Base {
    pub(crate) text: String,
    pub(crate) lines: Vec<Line>,
}

#[derive(PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) identifier: Range<usize>,
    pub(crate) value: Range<usize>,
}

impl Base {
    /// Writes what is signed ([RFC 9421 §2.5]).
    ///
    /// [RFC 9421 §2.5]: https://www.rfc-editor.org/rfc/rfc9421#section-2.5
    pub(crate) fn of(covered: &Covered, subject: &Subject<'_>) -> Result<Self, Rejection> {
        if let Some(request) = subject.request.filter(|_| covered.has_host()) {
            origin::check_host(request.origins, &request.head)?;
        }
        let mut base = Self { text: String::new(), lines: Vec::new() };
        for component in &covered.components {
            let identifier = base.append(&component.to_string())?;
            base.append(": ")?;
            let value = base.append(&subject.value(component)?)?;
            base.append("\n")?;
            base.lines.push(Line { identifier, value });
        }
        base.append(&format!("\"@signature-params\": {}", covered.list))?;
        Ok(base)
    }

    fn append(&mut self, text: &str) -> Result<Range<usize>, Rejection> {
        let start = self.text.len();
        if start.saturating_add(text.len()) > MAX_BASE {
            return Err(Rejection::Malformed);
        }
        self.text.push_str(text);
        Ok(start..self.text.len())
    }
}

impl<'a> Subject<'a> {
    /// The value of a component ([RFC 9421 §2.1 and §2.2]).
    ///
    /// [RFC 9421 §2.1 and §2.2]: https://www.rfc-editor.org/rfc/rfc9421#section-2.1
    pub(crate) fn value(&self, component: &Component) -> Result<Cow<'a, str>, Rejection> {
        let request = match (self.response, component.of_request) {
            (None, false) | (Some(_), true) => self.request,
            // A request answers nothing.
            (None, true) => return Err(Rejection::Malformed),
            (Some(response), false) => return self.of_response(&response, &component.part),
        };
        let request = request.ok_or(Rejection::Missing)?;
        match &component.part {
            MessagePart::Field(name, form) => self.field(request.head.headers, name, form),
            part => request.derived(part),
        }
    }

    fn of_response(
        &self,
        response: &Response<'a>,
        part: &MessagePart,
    ) -> Result<Cow<'a, str>, Rejection> {
        match part {
            MessagePart::Field(name, form) => self.field(response.headers, name, form),
            MessagePart::Status => Ok(Cow::Owned(response.status.as_str().to_owned())),
            _ => Err(Rejection::Malformed),
        }
    }

    fn field(
        &self,
        headers: &'a HeaderMap,
        name: &HeaderName,
        form: &Form,
    ) -> Result<Cow<'a, str>, Rejection> {
        if *form == Form::Bytes {
            return wrapped(headers, name).map(Cow::Owned);
        }
        let plain = joined(headers, name)?;
        let structured = match form {
            Form::Bytes | Form::Plain => return Ok(plain),
            Form::Member(key) => {
                let dictionary = Dictionary::parse(plain.as_bytes());
                let dictionary = dictionary.map_err(|_| Rejection::Malformed)?;
                dictionary.get(key).ok_or(Rejection::Missing)?.to_string()
            }
            Form::Structured => {
                let own = self.types.iter().find(|(known, _)| known == name);
                let kind = own.map(|(_, kind)| *kind).or(FieldType::registered(name.as_str()));
                let kind = kind.ok_or(Rejection::Malformed)?;
                kind.rewrite(plain.as_bytes()).map_err(|_| Rejection::Malformed)?
            }
        };
        Ok(Cow::Owned(structured))
    }
}

impl<'a> Request<'a> {
    fn derived(&self, part: &MessagePart) -> Result<Cow<'a, str>, Rejection> {
        let Head { method, uri, .. } = self.head;
        let origin = || origin::chosen(self.origins, &self.head);
        let query = || uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path = || Ok(format!("{}{}", origin()?.path, path(uri.path())));
        Ok(match part {
            MessagePart::Authority => Cow::Borrowed(&origin()?.authority),
            MessagePart::Method => Cow::Borrowed(method.as_str()),
            MessagePart::Path => Cow::Owned(path()?),
            MessagePart::Query if uri.query().is_none() => Cow::Borrowed("?"),
            MessagePart::Query => Cow::Owned(query()),
            MessagePart::QueryParam(name) => {
                Cow::Owned(query::parameter(uri.query().unwrap_or_default(), name)?)
            }
            MessagePart::RequestTarget if is_connect(method) => {
                Cow::Owned(uri.authority().ok_or(Rejection::Malformed)?.to_string())
            }
            MessagePart::RequestTarget if uri.path() == "*" => Cow::Borrowed("*"),
            MessagePart::RequestTarget if uri.scheme().is_some() && !self.origin_form => {
                let (written, origin) = (uri.to_string(), origin()?);
                // The client says here whom it calls: it has to be us.
                if Origin::of(&crate::PublicUrl::origin_of(uri).map_err(|_| Rejection::Malformed)?)
                    != (Origin { path: String::new(), ..origin.clone() })
                {
                    return Err(Rejection::HostNotAllowed);
                }
                Cow::Owned(written)
            }
            MessagePart::RequestTarget => Cow::Owned(format!("{}{}", path()?, query())),
            MessagePart::Scheme => Cow::Borrowed(&origin()?.scheme),
            MessagePart::TargetUri => {
                let origin = origin()?;
                let Origin { scheme, authority, .. } = origin;
                Cow::Owned(format!("{scheme}://{authority}{}{}", path()?, query()))
            }
            MessagePart::Field(..) | MessagePart::Status => return Err(Rejection::Malformed),
        })
    }
}

/// An empty path is a slash, and so is that of a request for the server as a whole.
fn path(path: &str) -> &str {
    if matches!(path, "" | "*") { "/" } else { path }
}

/// The lines of a field, trimmed and joined.
pub(crate) fn joined<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Cow<'a, str>, Rejection> {
    let mut lines = headers.get_all(name).iter();
    let text = |line: &'a http::HeaderValue| {
        // What is not ASCII can be signed as bytes alone.
        line.to_str().map(|text| text.trim_matches([' ', '\t'])).map_err(|_| Rejection::Malformed)
    };
    let first = text(lines.next().ok_or(Rejection::Missing)?)?;
    let mut all = Cow::Borrowed(first);
    for line in lines {
        // Cookies hold commas: two joined lines are the same as one.
        if *name == header::SET_COOKIE || all.len() > MAX_BASE {
            return Err(Rejection::Malformed);
        }
        let all = all.to_mut();
        all.push_str(", ");
        all.push_str(text(line)?);
    }
    Ok(all)
}

/// The lines of a field, each a byte sequence.
fn wrapped(headers: &HeaderMap, name: &HeaderName) -> Result<String, Rejection> {
    let mut all = String::new();
    for line in headers.get_all(name) {
        let separator = if all.is_empty() { "" } else { ", " };
        let line = Base64Display::new(line.as_bytes().trim_ascii(), &STANDARD);
        // To a `String`, which never fails.
        let _ = write!(all, "{separator}:{line}:");
        if all.len() > MAX_BASE {
            return Err(Rejection::Malformed);
        }
    }
    if all.is_empty() { Err(Rejection::Missing) } else { Ok(all) }
}

#[cfg(test)]
mod tests;
