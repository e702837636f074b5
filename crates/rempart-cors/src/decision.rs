use http::header::{ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderMap, HeaderValue, Method};

use crate::Rejection;
use crate::lines::Lines;
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
pub fn decide<'a>(policy: &'a Policy, method: &Method, headers: &'a HeaderMap) -> Decision<'a> {
    let lookup = match Lines::of(headers, &ORIGIN) {
        Lines::None => return Decision::NotCors,
        Lines::One(origin) => policy.look_up(origin),
        // No browser sends two: they are nobody's.
        Lines::Many(_) => Lookup::Refused(Rejection::OriginDuplicated),
    };
    let verdict = match lookup {
        Lookup::Allowed(allowed) => Ok(allowed),
        Lookup::Own => return Decision::SameOrigin,
        Lookup::Refused(rejection) => Err(rejection),
    };
    if *method != Method::OPTIONS {
        return Decision::Actual(verdict);
    }
    let method = match Lines::of(headers, &ACCESS_CONTROL_REQUEST_METHOD) {
        Lines::None => return Decision::Actual(verdict),
        Lines::One(method) => Ok(method),
        Lines::Many(_) => Err(Rejection::MethodDuplicated),
    };
    Decision::Preflight(verdict.and_then(|allowed| {
        admit_request(policy, method?, headers)?;
        Ok(allowed)
    }))
}

/// Whether a preflight asks for no more than the policy allows.
fn admit_request(
    policy: &Policy,
    method: &HeaderValue,
    headers: &HeaderMap,
) -> Result<(), Rejection> {
    if !policy.methods().admit(method.as_bytes()) {
        return Err(Rejection::MethodNotAllowed);
    }
    policy.request_headers().admit(&Lines::of(headers, &ACCESS_CONTROL_REQUEST_HEADERS))
}
