mod builder;
mod config;
mod draft;
mod enforce;
mod enforced;
mod hatch;
mod hosts;
mod scheme;

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use rempart_core::PolicyName;

pub use self::builder::{Anonymous, Credentialed, PolicyBuilder};
pub use self::config::PolicyConfig;
pub use self::enforce::Enforce;
use self::enforced::Enforced;
pub use self::hatch::Hatch;
use crate::methods::Methods;
use crate::names::RequestHeaders;
use crate::origin::{self, OriginSet, PatternSet};
use crate::{Allowed, Grant, Rejection, decide};

/// What every origin is told where every origin is allowed.
static ANY: HeaderValue = HeaderValue::from_static("*");

/// A checked CORS policy. A clone bumps one reference count.
///
/// It starts from one of two questions: do responses depend on who the user is? If they do,
/// [`credentialed`](Self::credentialed), and every origin is named. If they are public,
/// [`anonymous`](Self::anonymous), which may allow [any origin](PolicyBuilder::any_origin). A
/// policy that allows any origin with credentials cannot be written:
///
/// ```compile_fail
/// rempart_cors::Policy::credentialed("api").any_origin();
/// ```
///
/// ```
/// use std::time::Duration;
/// use rempart_cors::Policy;
///
/// let api = Policy::credentialed("api")
///     .origins(["https://app.example.com", "https://admin.example.com"])
///     .methods(["PUT", "PATCH", "DELETE"])
///     .request_headers(["authorization", "content-type"])
///     .expose_headers(["retry-after"])
///     .max_age(Duration::from_secs(600))
///     .build()?;
/// let fonts = Policy::anonymous("fonts").any_origin().build()?;
/// # Ok::<_, rempart_cors::ConfigErrors>(())
/// ```
#[derive(Clone, Debug)]
pub struct Policy(Arc<Rules>);

#[derive(Debug)]
struct Rules {
    name: PolicyName,
    credentials: bool,
    any_origin: bool,
    origins: OriginSet,
    patterns: PatternSet,
    methods: Methods,
    request_headers: RequestHeaders,
    exposed: Option<HeaderValue>,
    /// The headers of an allowed preflight's answer, but for the origin.
    preflight: HeaderMap,
    timing: bool,
    enforced: Option<Enforced>,
    /// As it was given, as are the rest.
    max_age: Option<Duration>,
    custom_schemes: Box<[String]>,
    own_hosts: Box<[String]>,
    hatches: Box<[Hatch]>,
}

impl Policy {
    /// Starts a policy under which browsers send no cookies, client certificates or HTTP
    /// authentication, and share nothing that was got with them.
    pub fn anonymous(name: impl Into<String>) -> PolicyBuilder<Anonymous> {
        PolicyBuilder::new(name.into())
    }

    /// Starts a policy under which pages of the named origins may use the user's credentials.
    pub fn credentialed(name: impl Into<String>) -> PolicyBuilder<Credentialed> {
        PolicyBuilder::new(name.into())
    }

    /// What the response to a request with these headers may carry.
    ///
    /// For code that answers outside the layer: a rate limiter or a time-out that stands outside
    /// it makes its own responses readable by [applying](Grant::apply) the grant to them. Every
    /// `Origin` line is looked at.
    ///
    /// ```
    /// use http::{HeaderMap, Request, Response, StatusCode};
    /// use rempart_cors::Policy;
    ///
    /// let policy = Policy::credentialed("api").origins(["https://app.example.com"]).build()?;
    /// let request = Request::get("/").header("origin", "https://app.example.com");
    /// let grant = policy.grant(request.body(()).unwrap().headers());
    ///
    /// let mut response = Response::new(());
    /// *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    /// grant.apply(response.headers_mut());
    /// assert_eq!(response.headers()["access-control-allow-origin"], "https://app.example.com");
    /// # Ok::<_, rempart_cors::ConfigErrors>(())
    /// ```
    pub fn grant(&self, request_headers: &HeaderMap) -> Grant {
        Grant::new(self, decide(self, &http::Method::GET, request_headers))
    }

    /// The name that events carry.
    #[must_use]
    pub fn name(&self) -> &PolicyName {
        &self.0.name
    }

    /// Whether pages may use the user's credentials.
    #[must_use]
    pub fn allows_credentials(&self) -> bool {
        self.0.credentials
    }

    /// Whether every origin is allowed.
    #[must_use]
    pub fn allows_any_origin(&self) -> bool {
        self.0.any_origin
    }

    /// The origins that are allowed by name and the patterns, in no order.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.0.origins.allowed().chain(self.0.patterns.texts())
    }

    /// The service's own origins, in no order.
    pub fn own_origins(&self) -> impl Iterator<Item = &str> {
        self.0.origins.own()
    }

    /// Which requests of strangers are turned away, if any.
    #[must_use]
    pub fn enforces(&self) -> Option<Enforce> {
        self.0.enforced.as_ref().map(|enforced| enforced.scope)
    }

    pub(crate) fn methods(&self) -> &Methods {
        &self.0.methods
    }

    pub(crate) fn request_headers(&self) -> &RequestHeaders {
        &self.0.request_headers
    }

    pub(crate) fn exposed(&self) -> Option<&HeaderValue> {
        self.0.exposed.as_ref()
    }

    pub(crate) fn preflight(&self) -> &HeaderMap {
        &self.0.preflight
    }

    pub(crate) fn trusts_inner(&self) -> bool {
        self.0.hatches.contains(&Hatch::TrustInner)
    }

    pub(crate) fn shares_timing(&self) -> bool {
        self.0.timing
    }

    /// `*`, where every response says it, whoever asks: a cache may then keep one for all.
    pub(crate) fn told_to_all(&self) -> Option<&'static HeaderValue> {
        self.0.any_origin.then_some(&ANY)
    }

    /// Looks up the only `Origin` of a request.
    pub(crate) fn look_up<'a>(&'a self, origin: &'a HeaderValue) -> Lookup<'a> {
        let text = origin.as_bytes();
        match self.0.origins.get(text) {
            Some(standing) if standing.allowed => {
                Lookup::Allowed(Allowed::new(&standing.value, standing.own))
            }
            own if self.0.any_origin => Lookup::Allowed(Allowed::new(&ANY, own.is_some())),
            own if self.0.patterns.admit(text) => {
                Lookup::Allowed(Allowed::new(origin, own.is_some()))
            }
            Some(_) => Lookup::Own,
            None if text.len() > origin::MAX_LEN => Lookup::Refused(Rejection::OriginMalformed),
            None => Lookup::Refused(Rejection::OriginNotAllowed),
        }
    }
}

/// What a policy says of an `Origin`.
#[derive(Debug)]
pub(crate) enum Lookup<'a> {
    Allowed(Allowed<'a>),
    /// The service's own, and not allowed beside.
    Own,
    Refused(Rejection),
}
