//! The answers to preflights.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, VARY,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use rempart_core::{EventKind, Flavour, Refusal, Renderer, ResponseBody};

use crate::methods::Methods;
use crate::names::RequestHeaders;
use crate::{Grant, Policy, Rejection};

/// All that the answer depends on.
const VARIES: HeaderValue = HeaderValue::from_static(
    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
);

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
pub(crate) fn answer<B>(grant: &Grant) -> Response<ResponseBody<B>> {
    if let Some(rejection) = grant.rejection() {
        return refuse(grant.policy(), rejection);
    }
    let mut response = Response::new(ResponseBody::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let mut headers = grant.policy().preflight().clone();
    // In its place: inserting would make room for one more first.
    if let (Some(value), Some(origin)) =
        (headers.get_mut(ACCESS_CONTROL_ALLOW_ORIGIN), grant.origin())
    {
        value.clone_from(origin);
    }
    *response.headers_mut() = headers;
    response
}

fn refuse<B>(policy: &Policy, rejection: Rejection) -> Response<ResponseBody<B>> {
    let (status, kind) = (StatusCode::FORBIDDEN, EventKind::CorsPreflight);
    Refusal::bare(status, kind, rejection.reason(), *policy.name())
        .header(VARY, VARIES)
        .into_response(Flavour::Http, &Renderer::default())
}
