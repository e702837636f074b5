use http::header::{ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderMap, HeaderValue, Method};

use crate::Rejection;
use crate::policy::{Lookup, Policy};

/// What a request is to CORS, and whether the policy allows it.
///
/// Only a preflight is answered without the service; all else reaches it, allowed or not, since
/// CORS is about who may read a response and not about who may ask ([Fetch, CORS protocol]).
///
/// [Fetch, CORS protocol]: https://fetch.spec.whatwg.org/#http-cors-protocol
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Decision<'a> {
    /// There is no `Origin`: not a browser, or a page of the same origin.
    NotCors,
    /// The origin is one of the service's own and needs no leave.
    SameOrigin,
    /// A cross-origin request; its response is shared with the page, or not.
    Actual(Result<Allowed<'a>, Rejection>),
    /// A browser asks first: `OPTIONS` with `Origin` and `Access-Control-Request-Method`.
    Preflight(Result<Allowed<'a>, Rejection>),
}

/// An origin that the policy allows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Allowed<'a> {
    value: &'a HeaderValue,
    own: bool,
}

impl<'a> Allowed<'a> {
    pub(crate) const fn new(value: &'a HeaderValue, own: bool) -> Self {
        Self { value, own }
    }

    /// The value of `Access-Control-Allow-Origin`: the origin, or `*`.
    #[must_use]
    pub const fn value(self) -> &'a HeaderValue {
        self.value
    }

    /// Whether it is also one of the service's own, whose requests are no matter for an observer.
    #[must_use]
    pub const fn is_own(self) -> bool {
        self.own
    }
}

/// Decides what a request is to CORS, from its method and headers alone.
///
/// At most 4 KiB of the headers are looked at, whatever their size.
///
/// ```
/// use http::{Method, Request};
/// use rempart_cors::{Decision, Policy, Rejection, decide};
///
/// let policy = Policy::credentialed("api").origins(["https://app.example.com"]).build()?;
/// let request = Request::get("/").header("origin", "https://app.example.com.evil.example");
/// let request = request.body(()).unwrap();
/// let decision = decide(&policy, request.method(), request.headers());
/// assert_eq!(decision, Decision::Actual(Err(Rejection::OriginNotAllowed)));
/// # Ok::<_, rempart_cors::ConfigErrors>(())
/// ```
#[must_use]
pub fn decide<'a>(policy: &'a Policy, method: &Method, headers: &HeaderMap) -> Decision<'a> {
    let mut origins = headers.get_all(ORIGIN).iter();
    let Some(origin) = origins.next() else {
        return Decision::NotCors;
    };
    let sole = origins.next().is_none();
    let verdict = match policy.look_up(origin.as_bytes(), sole) {
        Lookup::Allowed(allowed) => Ok(allowed),
        Lookup::Own => return Decision::SameOrigin,
        Lookup::Refused(rejection) => Err(rejection),
    };
    if *method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
        let granted = |allowed| admit_request(policy, headers).map(|()| allowed);
        return Decision::Preflight(verdict.and_then(granted));
    }
    Decision::Actual(verdict)
}

/// Whether a preflight asks for no more than the policy allows.
fn admit_request(policy: &Policy, headers: &HeaderMap) -> Result<(), Rejection> {
    let mut methods = headers.get_all(ACCESS_CONTROL_REQUEST_METHOD).iter();
    match (methods.next(), methods.next()) {
        (Some(method), None) if policy.methods().admit(method.as_bytes()) => {}
        (_, Some(_)) => return Err(Rejection::MethodDuplicated),
        _ => return Err(Rejection::MethodNotAllowed),
    }
    policy.request_headers().admit(&headers.get_all(ACCESS_CONTROL_REQUEST_HEADERS))
}
