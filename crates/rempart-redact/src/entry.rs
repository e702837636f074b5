//! One line of the access log.

use std::borrow::Cow;
use std::sync::Arc;
use std::{fmt, mem};

use http::{HeaderMap, HeaderName, Request, Response};
use rempart_core::{ClientAddr, HttpMethod, Refused, RouteName};
use tracing::{Level, enabled, event, field};

use crate::Redactor;
use crate::layer::Settings;

/// The most names of a query that are listed, and the longest of them.
const NAMES: usize = 32;
const NAME_BYTES: usize = 40;
/// A year or an index, and less than a number by which somebody is called.
const NAME_DIGITS: usize = 4;

/// What is known of a request before it is answered. Dropped before that, it is written as such.
pub(crate) struct Entry {
    settings: Arc<Settings>,
    start: u64,
    method: HttpMethod,
    route: Option<Cow<'static, str>>,
    query: Option<String>,
    client: Option<ClientAddr>,
    request_id: Option<Identifier>,
    written: bool,
}

impl Entry {
    /// Whether anybody listens: without that, a request is not so much as looked at.
    pub(crate) fn enabled() -> bool {
        enabled!(target: "rempart::access", Level::INFO)
    }

    pub(crate) fn of<B>(request: &Request<B>, settings: Arc<Settings>) -> Self {
        let names = request.uri().query().map(|query| names(query, &settings.redactor));
        Self {
            start: settings.clock.ticks(),
            method: HttpMethod::of(request.method()),
            route: route(request.extensions()),
            query: names,
            client: ClientAddr::of(request.extensions()),
            request_id: identifier(request.headers(), &settings.request_id),
            written: false,
            settings,
        }
    }

    pub(crate) fn answered<B>(mut self, response: &Response<B>) {
        if self.route.is_none() {
            self.route = route(response.extensions());
        }
        if self.request_id.is_none() {
            self.request_id = identifier(response.headers(), &self.settings.request_id);
        }
        let refused = response.extensions().get::<Refused>();
        self.write("answered", Some(response.status().as_u16()), refused);
    }

    pub(crate) fn failed(mut self) {
        self.write("failed", None, None);
    }

    fn write(&mut self, outcome: &'static str, status: Option<u16>, refused: Option<&Refused>) {
        if mem::replace(&mut self.written, true) {
            return;
        }
        let elapsed = self.settings.clock.ticks().saturating_sub(self.start) / 1000;
        let request_id = self.request_id.as_ref().map(Identifier::as_str);
        // A key that is a UUID could stand here.
        let request_id = request_id.map(|text| self.settings.redactor.redact_line(text));
        event!(
            target: "rempart::access",
            Level::INFO,
            outcome,
            http.request.method = self.method.as_str(),
            http.route = self.route.as_deref().unwrap_or("unmatched"),
            url.query.names = self.query.as_deref(),
            http.response.status_code = status,
            client.address = self.client.map(field::display),
            request.id = request_id.as_deref(),
            elapsed_us = elapsed,
            refused.kind = refused.map(|refused| refused.kind.as_str()),
            refused.reason = refused.map(|refused| refused.reason.as_str()),
            refused.policy = refused.map(|refused| refused.policy.as_str()),
        );
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.write("dropped", None, None);
    }
}

// By hand: a clock has no `Debug`, and an identifier is the client's.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("method", &self.method)
            .field("route", &self.route)
            .field("query", &self.query)
            .finish_non_exhaustive()
    }
}

fn route(extensions: &http::Extensions) -> Option<Cow<'static, str>> {
    match extensions.get::<RouteName>() {
        Some(route) => Some(Cow::Borrowed(route.as_str())),
        None => RouteName::of(extensions).map(|route| Cow::Owned(route.to_owned())),
    }
}

/// A request's identifier, copied: at most as long as a UUID.
struct Identifier {
    bytes: [u8; 36],
    length: usize,
}

impl Identifier {
    fn as_str(&self) -> &str {
        // Neither default is ever taken: the bytes were looked at one by one.
        let bytes = self.bytes.get(..self.length).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

/// The value of the header, if it is made as identifiers are; a client can send anything.
fn identifier(headers: &HeaderMap, name: &HeaderName) -> Option<Identifier> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().filter(|_| values.next().is_none())?.as_bytes();
    let hexadecimal = |byte: &u8| byte.is_ascii_hexdigit();
    let is_identifier = match value.len() {
        26 => value.iter().all(u8::is_ascii_alphanumeric),
        32 => value.iter().all(hexadecimal),
        36 => value.iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => hexadecimal(byte),
        }),
        _ => false,
    };
    let mut bytes = [0; 36];
    bytes.get_mut(..value.len()).filter(|_| is_identifier)?.copy_from_slice(value);
    Some(Identifier { bytes, length: value.len() })
}

/// The names of a query's parameters, in order, parted by commas: never a value.
///
/// A parameter without `=` may be a value by itself, and so may one with nothing after it: Base64
/// ends like that. A name with strange characters, or with the digits of a number or of a key, may
/// be anything. None of these is shown.
fn names(query: &str, redactor: &Redactor) -> String {
    let mut list = String::new();
    let parameters = query.split('&').filter(|parameter| !parameter.is_empty());
    for (nth, parameter) in parameters.enumerate() {
        if nth > 0 {
            list.push(',');
        }
        if nth == NAMES {
            list.push_str("[more]");
            break;
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte);
        let digits = |name: &str| name.bytes().filter(u8::is_ascii_digit).count();
        list.push_str(match parameter.split_once('=') {
            None | Some((_, "" | "=")) => "[bare]",
            Some((name, _)) if name.len() > NAME_BYTES => "[long]",
            Some((name, _)) if name.bytes().all(plain) && digits(name) <= NAME_DIGITS => name,
            Some(_) => "[odd]",
        });
    }
    match redactor.redact_line(&list) {
        Cow::Borrowed(_) => list,
        Cow::Owned(redacted) => redacted,
    }
}
