//! The answers to preflights.

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

/// Renders what every allowed preflight is told, in a table of the right size.
///
/// The origin has its place and is set for each answer: a copy of a table is full, and one name
/// more would allocate again. Should it ever be sent as it is, no origin equals it.
pub(crate) fn allowed(
    credentials: bool,
    methods: &Methods,
    request_headers: &RequestHeaders,
    max_age: Option<HeaderValue>,
) -> HeaderMap {
    let credentials = credentials.then(|| HeaderValue::from_static("true"));
    let headers = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, Some(HeaderValue::from_static("-"))),
        (ACCESS_CONTROL_ALLOW_CREDENTIALS, credentials),
        (ACCESS_CONTROL_ALLOW_METHODS, methods.rendered.clone()),
        (ACCESS_CONTROL_ALLOW_HEADERS, request_headers.rendered.clone()),
        (ACCESS_CONTROL_MAX_AGE, max_age),
        (VARY, Some(VARIES)),
    ];
    headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// Answers a preflight: everything the policy allows, or a bare 403 that discloses nothing.
pub(crate) fn answer<B>(grant: &Grant, request: Request<B>) -> Response<()> {
    if let Some(rejection) = grant.rejection() {
        return refuse(grant.policy(), rejection, request);
    }
    let mut headers = grant.policy().preflight().clone();
    // In its place: inserting would make room for one more first.
    if let (Some(value), Some(origin)) =
        (headers.get_mut(ACCESS_CONTROL_ALLOW_ORIGIN), grant.origin())
    {
        value.clone_from(origin);
    }
    respond(StatusCode::NO_CONTENT, headers)
}

/// Answers a preflight that is refused as far as it passes, so that a browser names the step that
/// it does not.
pub(crate) fn explain(
    policy: &Policy,
    rejection: Rejection,
    request_headers: &HeaderMap,
) -> Response<()> {
    let passed: &[HeaderName] = match rejection {
        Rejection::MethodDuplicated | Rejection::MethodNotAllowed => {
            &[ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_ALLOW_CREDENTIALS]
        }
        Rejection::HeadersTooLarge
        | Rejection::HeadersMalformed
        | Rejection::HeaderDuplicated
        | Rejection::HeaderNotAllowed => &[
            ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_ALLOW_CREDENTIALS,
            ACCESS_CONTROL_ALLOW_METHODS,
        ],
        Rejection::HostNotAllowed
        | Rejection::OriginDuplicated
        | Rejection::OriginMalformed
        | Rejection::OriginNotAllowed => &[],
    };
    let mut headers = HeaderMap::new();
    // Refused only at `http`'s own size limit, where `insert` would panic.
    let mut set = |name, value| drop(headers.try_insert(name, value));
    set(VARY, VARIES);
    let grant = policy.grant(request_headers);
    for name in passed {
        let value = match *name {
            ACCESS_CONTROL_ALLOW_ORIGIN => grant.origin(),
            _ => policy.preflight().get(name),
        };
        if let Some(value) = value {
            set(name.clone(), value.clone());
        }
    }
    respond(StatusCode::NO_CONTENT, headers)
}

/// The request has served its turn: its tables are used again, since refusals come in floods.
pub(crate) fn refuse<B>(
    policy: &Policy,
    rejection: Rejection,
    request: Request<B>,
) -> Response<()> {
    let (asked, _) = request.into_parts();
    let mut headers = emptied(asked.headers);
    drop(headers.try_insert(VARY, VARIES));
    let mut response = respond(StatusCode::FORBIDDEN, headers);
    let mut extensions = asked.extensions;
    extensions.clear();
    let (kind, name) = (EventKind::CorsPreflight, *policy.name());
    extensions.insert(Refused::new(kind, rejection.reason(), name));
    *response.extensions_mut() = extensions;
    response
}

fn respond(status: StatusCode, headers: HeaderMap) -> Response<()> {
    let mut response = Response::new(());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// The table of a request without what it held.
fn emptied(mut headers: HeaderMap) -> HeaderMap {
    if headers.capacity() > LARGEST {
        return HeaderMap::new();
    }
    headers.clear();
    headers
}
