mod requested;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};
use rempart_core::Faults;

pub(crate) use self::requested::RequestHeaders;
use crate::error::{ConfigError, Field, HeaderNameError};
use crate::list::List;

/// One bit a name is what the scan of a preflight's list keeps.
const MAX_NAMES: usize = 64;
const MAX_LEN: usize = 128;

/// What pages may not set ([Fetch, forbidden request-header]), beside `proxy-*` and `sec-*`.
///
/// [Fetch, forbidden request-header]: https://fetch.spec.whatwg.org/#forbidden-request-header
const FORBIDDEN_IN_REQUESTS: [&str; 19] = [
    "accept-charset",
    "accept-encoding",
    "connection",
    "content-length",
    "cookie",
    "cookie2",
    "date",
    "dnt",
    "expect",
    "host",
    "keep-alive",
    "origin",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

/// What pages may not see ([Fetch, forbidden response-header name]).
///
/// [Fetch, forbidden response-header name]: https://fetch.spec.whatwg.org/#forbidden-response-header-name
const FORBIDDEN_IN_RESPONSES: [&str; 2] = ["set-cookie", "set-cookie2"];

/// What pages see without being told ([Fetch, CORS-safelisted response-header name]).
///
/// [Fetch, CORS-safelisted response-header name]: https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name
const SAFELISTED_IN_RESPONSES: [&str; 7] = [
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
];

/// Renders `Access-Control-Expose-Headers`; `None` when nothing needs to be said.
pub(crate) fn exposed(list: &List, faults: &mut Faults<ConfigError>) -> Option<HeaderValue> {
    let names =
        check(Field::ExposeHeaders, list, faults, |name| FORBIDDEN_IN_RESPONSES.contains(&name));
    let needed = |name: &&str| !SAFELISTED_IN_RESPONSES.contains(name);
    let names: Vec<&str> = names.iter().map(HeaderName::as_str).filter(needed).collect();
    match (list.any, names.is_empty()) {
        (true, _) => Some(HeaderValue::from_static("*")),
        (false, true) => None,
        (false, false) => promoted(&names.join(", ")),
    }
}

/// A value whose clones allocate nothing: the first clone of owned bytes does, and is made here.
pub(crate) fn promoted(text: &str) -> Option<HeaderValue> {
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    let value = HeaderValue::from_maybe_shared(bytes).ok()?;
    let _promoted = value.clone();
    Some(value)
}

/// Whether the bytes are a token ([RFC 9110 §5.6.2]): what methods and header names are made of.
///
/// [RFC 9110 §5.6.2]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    let token = |byte: &u8| {
        matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9') || b"!#$%&'*+-.^_`|~".contains(byte)
    };
    !bytes.is_empty() && bytes.iter().all(token)
}

/// The names of a list, in lower case and each once; what cannot stand in it becomes a fault.
///
/// A name may stand twice: lists are put together of presets, and several of those need the same.
fn check(
    field: Field,
    list: &List,
    faults: &mut Faults<ConfigError>,
    is_forbidden: impl Fn(&str) -> bool,
) -> Vec<HeaderName> {
    let count = list.texts.len();
    if count > MAX_NAMES {
        faults.push(ConfigError::TooMany { field, count, max: MAX_NAMES });
    }
    let mut names: Vec<HeaderName> = Vec::new();
    for (index, value) in list.entries().take(MAX_NAMES) {
        let fault = |reason| ConfigError::HeaderName { field, index, value: value.clone(), reason };
        let name = parse(value).and_then(|name| match name.as_str() {
            text if text.starts_with("access-control-") => Err(HeaderNameError::Protocol),
            text if is_forbidden(text) => Err(HeaderNameError::Forbidden),
            _ => Ok(name),
        });
        let name = match name {
            Ok(name) if name == AUTHORIZATION && field == Field::RequestHeaders => Ok(name),
            _ if list.any => Err(HeaderNameError::Redundant),
            name => name,
        };
        let name = faults.take(name.map_err(fault));
        names.extend(name.filter(|name| !names.contains(name)));
    }
    names
}

fn parse(text: &str) -> Result<HeaderName, HeaderNameError> {
    if text == "*" {
        return Err(HeaderNameError::Wildcard);
    }
    let short = text.len() <= MAX_LEN;
    HeaderName::from_bytes(text.as_bytes()).ok().filter(|_| short).ok_or(HeaderNameError::Invalid)
}
