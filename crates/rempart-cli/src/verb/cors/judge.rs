//! What a service made of a request, read from its answer as a browser would, and more strictly.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD,
    ORIGIN, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use rempart::cors::corpus::{Case, Verdict};

/// Whether the request arrives as it is written: parsers strip blanks around a value, so that it
/// would be another one. Around the names of a list blanks mean nothing.
pub(super) fn arrives(case: &Case) -> bool {
    let is_bare = |value: &HeaderValue| value.as_bytes().trim_ascii() == value.as_bytes();
    let names = [ORIGIN, ACCESS_CONTROL_REQUEST_METHOD];
    names.iter().all(|name| case.headers().get_all(name).iter().all(is_bare))
}

/// The decision that an answer stands for; or, if it stands for none, what is wrong with it.
pub(super) fn judge(
    case: &Case,
    credentials: bool,
    status: StatusCode,
    answer: &HeaderMap,
) -> Result<Verdict, &'static str> {
    let asked = case.headers();
    let is_preflight = *case.method() == Method::OPTIONS
        && asked.contains_key(ORIGIN)
        && asked.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    // The server's own refusal of an oversized head never reaches a layer.
    let too_large = status == StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    if !is_preflight && !too_large && !varies_by_origin(answer) {
        return Err("`Vary` does not name `Origin`: a cache may give one page the other's answer");
    }
    if let Some(origin) = answer.get(ACCESS_CONTROL_ALLOW_ORIGIN) {
        if answer.get_all(ACCESS_CONTROL_ALLOW_ORIGIN).iter().count() > 1 {
            return Err("more than one `Access-Control-Allow-Origin`");
        }
        if asked.get(ORIGIN) != Some(origin) {
            return Err("`Access-Control-Allow-Origin` is not the origin that asked");
        }
        if credentials && answer.get(ACCESS_CONTROL_ALLOW_CREDENTIALS) != Some(&TRUE) {
            return Err("`Access-Control-Allow-Credentials` is not `true`");
        }
        if is_preflight && !status.is_success() {
            return Err("the origin is allowed, but the status is none of success");
        }
        if is_preflight && !grants(asked, answer) {
            return Err("the origin is allowed, but not all that it asked for");
        }
        return Ok(Verdict::Allow);
    }
    if answer.keys().any(|name| name.as_str().starts_with("access-control-")) {
        return Err("no origin is allowed, but there are `Access-Control-` headers");
    }
    match (asked.contains_key(ORIGIN), is_preflight) {
        (false, _) => Ok(Verdict::NoCors),
        (true, true) if status != StatusCode::FORBIDDEN && !too_large => {
            Err("a preflight without leave, but its status is not 403")
        }
        (true, _) => Ok(Verdict::Deny),
    }
}

/// Whether a preflight's answer grants the method, and each of the names.
fn grants(asked: &HeaderMap, answer: &HeaderMap) -> bool {
    let methods = asked.get_all(ACCESS_CONTROL_REQUEST_METHOD).iter();
    let mut methods = methods.map(HeaderValue::as_bytes);
    let is_safe = |method: &[u8]| matches!(method, b"GET" | b"HEAD" | b"POST");
    let is_listed =
        |method: &[u8]| elements(answer, &ACCESS_CONTROL_ALLOW_METHODS).any(|one| one == method);
    let mut names = elements(asked, &ACCESS_CONTROL_REQUEST_HEADERS);
    methods.all(|method| is_safe(method) || is_listed(method))
        && names.all(|name| {
            let mut listed = elements(answer, &ACCESS_CONTROL_ALLOW_HEADERS);
            name.is_empty() || listed.any(|listed| listed.eq_ignore_ascii_case(name))
        })
}

fn varies_by_origin(answer: &HeaderMap) -> bool {
    elements(answer, &VARY).any(|name| name == b"*" || name.eq_ignore_ascii_case(b"origin"))
}

/// The elements of a list, over all its lines.
fn elements<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h [u8]> {
    let lines = headers.get_all(name).into_iter();
    lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii))
}

static TRUE: HeaderValue = HeaderValue::from_static("true");
