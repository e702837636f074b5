use http::header::{CACHE_CONTROL, UPGRADE, VARY};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri};
use rempart_core::{EventKind, Flavour, Problem, Refusal, Renderer};

use super::hosts::Hosts;
use super::{Enforce, Policy};
use crate::{Decision, Rejection};

/// How a policy turns requests away before the service sees them.
#[derive(Clone, Debug)]
pub(super) struct Enforced {
    pub(super) scope: Enforce,
    hosts: Hosts,
    problem: Problem,
}

impl Enforced {
    pub(super) fn new(scope: Enforce, hosts: Hosts) -> Self {
        let title = "Pages of this origin may not use the service";
        let problem = Problem::new(StatusCode::FORBIDDEN, "origin_not_allowed", title);
        Self { scope, hosts, problem }
    }

    /// Whether a stranger's request is turned away.
    fn covers(&self, method: &Method, headers: &HeaderMap) -> bool {
        match self.scope {
            Enforce::EveryMethod => true,
            // A browser shows the messages of a `WebSocket` to whichever page opened it: over
            // HTTP/1.1 that is a GET with `Upgrade`, over HTTP/2 a CONNECT (RFC 8441).
            Enforce::UnsafeMethods => {
                let is_safe = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
                !is_safe || headers.contains_key(UPGRADE)
            }
        }
    }
}

impl Policy {
    /// Why a request must not reach the service; `None` where nothing is
    /// [enforced](crate::PolicyBuilder::enforce), and for whom it may.
    ///
    /// Of a preflight only the host is looked at: it never reaches the service.
    ///
    /// ```
    /// use http::Request;
    /// use rempart_cors::{Enforce, Policy, Rejection, decide};
    ///
    /// let policy = Policy::credentialed("api")
    ///     .origins(["https://app.example.com"])
    ///     .own_origins(["https://api.example.com"])
    ///     .enforce(Enforce::EveryMethod)
    ///     .build()?;
    /// let bars = |host, origin| {
    ///     let request = Request::post("/").header("host", host).header("origin", origin);
    ///     let request = request.body(()).unwrap();
    ///     let decision = decide(&policy, request.method(), request.headers());
    ///     policy.bars(request.method(), request.uri(), request.headers(), decision)
    /// };
    /// assert_eq!(bars("api.example.com", "https://app.example.com"), None);
    /// let stranger = Some(Rejection::OriginNotAllowed);
    /// assert_eq!(bars("api.example.com", "https://evil.example"), stranger);
    /// let rebound = Some(Rejection::HostNotAllowed);
    /// assert_eq!(bars("evil.example", "https://app.example.com"), rebound);
    /// # Ok::<_, rempart_cors::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn bars(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        decision: Decision<'_>,
    ) -> Option<Rejection> {
        let enforced = self.0.enforced.as_ref()?;
        if !enforced.hosts.know(uri, headers) {
            return Some(Rejection::HostNotAllowed);
        }
        match decision {
            Decision::Actual(Err(rejection)) if enforced.covers(method, headers) => Some(rejection),
            _ => None,
        }
    }

    /// Answers a request, which is no preflight, that must not reach the service.
    ///
    /// No page can read the answer, and whoever asks is told nothing: a status is all, in HTTP's
    /// words or in gRPC's.
    pub(crate) fn refuse(&self, why: Rejection, flavour: Flavour) -> Response<()> {
        let (kind, reason, name) = (EventKind::CorsActual, why.reason(), *self.name());
        let refusal = match (&self.0.enforced, flavour) {
            (Some(enforced), Flavour::Grpc | Flavour::GrpcWeb | Flavour::GrpcWebText) => {
                Refusal::new(&enforced.problem, kind, reason, name)
            }
            _ => Refusal::bare(StatusCode::FORBIDDEN, kind, reason, name),
        };
        let refusal = refusal
            .header(VARY, HeaderValue::from_static("Origin"))
            // A cache that ignores `Vary` would hand it to those who may ask.
            .header(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        refusal.into_response::<()>(flavour, &Renderer::default()).map(|_body| ())
    }
}
