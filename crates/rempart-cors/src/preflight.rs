//! The answers to preflights.

use std::mem;

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use rempart_core::{EventKind, Refused};

use crate::methods::Methods;
use crate::names::RequestHeaders;
use crate::{Grant, Policy, Rejection};

/// All that the answer depends on.
const VARIES: HeaderValue = HeaderValue::from_static(
    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
);

/// The largest table of a request that is used again; more takes longer to empty than to make anew.
const LARGEST: usize = 96;

/// Renders what every allowed preflight is told beside its origin.
pub(crate) fn allowed(
    credentials: bool,
    methods: &Methods,
    request_headers: &RequestHeaders,
    max_age: Option<HeaderValue>,
) -> Box<[(HeaderName, HeaderValue)]> {
    let credentials = credentials.then(|| HeaderValue::from_static("true"));
    let headers = [
        (ACCESS_CONTROL_ALLOW_CREDENTIALS, credentials),
        (ACCESS_CONTROL_ALLOW_METHODS, methods.rendered.clone()),
        (ACCESS_CONTROL_ALLOW_HEADERS, request_headers.rendered.clone()),
        (ACCESS_CONTROL_MAX_AGE, max_age),
    ];
    headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// Answers a preflight: everything the policy allows, or a bare 403 that discloses nothing.
///
/// The request has served its turn, and its tables are used again: a preflight allocates nothing.
pub(crate) fn answer<B>(grant: &Grant, request: &mut Request<B>) -> Response<()> {
    let headers = emptied(request.headers_mut());
    if let Some(rejection) = grant.rejection() {
        return refuse(grant.policy(), rejection, headers, request);
    }
    respond(StatusCode::NO_CONTENT, grant.origin(), grant.policy().preflight().iter(), headers)
}

/// Answers a preflight that is refused as far as it passes, so that a browser names the step that
/// it does not.
pub(crate) fn explain<B>(
    policy: &Policy,
    rejection: Rejection,
    request: &mut Request<B>,
) -> Response<()> {
    let grant = policy.grant(request.headers());
    let passed: &[HeaderName] = match rejection {
        Rejection::MethodDuplicated | Rejection::MethodNotAllowed => {
            &[ACCESS_CONTROL_ALLOW_CREDENTIALS]
        }
        Rejection::HeadersTooLarge
        | Rejection::HeadersMalformed
        | Rejection::HeaderDuplicated
        | Rejection::HeaderNotAllowed => {
            &[ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_METHODS]
        }
        Rejection::HostNotAllowed
        | Rejection::OriginDuplicated
        | Rejection::OriginMalformed
        | Rejection::OriginNotAllowed => &[],
    };
    let told = policy.preflight().iter().filter(|(name, _)| passed.contains(name));
    let headers = emptied(request.headers_mut());
    respond(StatusCode::NO_CONTENT, grant.origin(), told, headers)
}

fn refuse<B>(
    policy: &Policy,
    rejection: Rejection,
    headers: HeaderMap,
    request: &mut Request<B>,
) -> Response<()> {
    let mut response = respond(StatusCode::FORBIDDEN, None, [].iter(), headers);
    let mut extensions = mem::take(request.extensions_mut());
    extensions.clear();
    extensions.insert(Refused::new(EventKind::CorsPreflight, rejection.reason(), *policy.name()));
    *response.extensions_mut() = extensions;
    response
}

fn respond<'h>(
    status: StatusCode,
    origin: Option<&HeaderValue>,
    told: impl Iterator<Item = &'h (HeaderName, HeaderValue)>,
    mut headers: HeaderMap,
) -> Response<()> {
    // Refused only at `http`'s own size limit, where `insert` would panic.
    let mut set = |name, value| drop(headers.try_insert(name, value));
    set(VARY, VARIES);
    if let Some(origin) = origin {
        set(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        for (name, value) in told {
            set(name.clone(), value.clone());
        }
    }
    let mut response = Response::new(());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// The table of a request without what it held.
fn emptied(headers: &mut HeaderMap) -> HeaderMap {
    let mut headers = mem::take(headers);
    if headers.capacity() > LARGEST {
        return HeaderMap::new();
    }
    headers.clear();
    headers
}
