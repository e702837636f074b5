use http::{HeaderValue, Method};
use rempart_core::Faults;

use crate::error::{ConfigError, Field, MethodError};
use crate::list::List;
use crate::names::{is_token, promoted};

/// Longer than any method in the [registry](https://www.iana.org/assignments/http-methods).
const MAX_LEN: usize = 32;
const MAX_METHODS: usize = 32;

/// [Fetch, forbidden method](https://fetch.spec.whatwg.org/#forbidden-method)
const FORBIDDEN: [&[u8]; 3] = [b"CONNECT", b"TRACE", b"TRACK"];
/// [Fetch, normalise a method](https://fetch.spec.whatwg.org/#concept-method-normalize)
const NORMALISED: [&[u8]; 6] = [b"DELETE", b"GET", b"HEAD", b"OPTIONS", b"POST", b"PUT"];

/// The methods that a preflight may ask for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Methods {
    any: bool,
    /// Beside the safelisted.
    listed: Box<[Box<str>]>,
    /// `Access-Control-Allow-Methods`; `None` when nothing needs to be said.
    pub(crate) rendered: Option<HeaderValue>,
}

impl Methods {
    pub(crate) fn check(list: &List, faults: &mut Faults<ConfigError>) -> Self {
        let texts = &list.texts;
        if texts.len() > MAX_METHODS {
            let (field, count) = (Field::Methods, texts.len());
            faults.push(ConfigError::TooMany { field, count, max: MAX_METHODS });
        }
        let mut listed: Vec<Method> = Vec::new();
        for (index, value) in list.entries().take(MAX_METHODS) {
            let method = match parse(value) {
                _ if list.any => Err(MethodError::Redundant),
                Ok(method) if listed.contains(&method) => Err(MethodError::Duplicate),
                method => method,
            };
            let fault = |reason| ConfigError::Method { index, value: value.clone(), reason };
            listed.extend(faults.take(method.map_err(fault)));
        }
        let texts = listed.iter().map(Method::as_str);
        let asked: Vec<&str> = texts.filter(|text| !is_safelisted(text.as_bytes())).collect();
        let rendered = match (list.any, asked.is_empty()) {
            (true, _) => Some(HeaderValue::from_static("*")),
            (false, true) => None,
            (false, false) => promoted(&asked.join(", ")),
        };
        let listed = asked.iter().copied().map(Box::from).collect();
        Self { any: list.any, listed, rendered }
    }

    /// Whether a method may be used; the comparison is case-sensitive.
    pub(crate) fn admit(&self, asked: &[u8]) -> bool {
        is_safelisted(asked)
            || self.listed.iter().any(|method| method.as_bytes() == asked)
            || self.any && asked.len() <= MAX_LEN && is_token(asked) && !is_in(asked, &FORBIDDEN)
    }
}

/// What every page may send without asking ([Fetch, CORS-safelisted method]).
///
/// [Fetch, CORS-safelisted method]: https://fetch.spec.whatwg.org/#cors-safelisted-method
const fn is_safelisted(method: &[u8]) -> bool {
    matches!(method, b"GET" | b"HEAD" | b"POST")
}

fn parse(text: &str) -> Result<Method, MethodError> {
    let bytes = text.as_bytes();
    if text == "*" {
        return Err(MethodError::Wildcard);
    }
    if is_in(bytes, &FORBIDDEN) {
        return Err(MethodError::Forbidden);
    }
    if is_in(bytes, &NORMALISED) && !NORMALISED.contains(&bytes) {
        return Err(MethodError::NotNormalised);
    }
    let short = bytes.len() <= MAX_LEN;
    Method::from_bytes(bytes).ok().filter(|_| short).ok_or(MethodError::Invalid)
}

fn is_in(method: &[u8], set: &[&[u8]]) -> bool {
    set.iter().any(|known| known.eq_ignore_ascii_case(method))
}
