//! Refusals as responses: one look for every layer, in the language that the client speaks.

mod flavour;
mod problem;
mod renderer;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

pub use self::flavour::Flavour;
pub use self::problem::Problem;
pub use self::renderer::Renderer;
use crate::{EventKind, PolicyName, Reason, ResponseBody};

/// Says in a response's extensions who refused the request, and exactly why.
///
/// For layers outside, an access log above all; a client never sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// What was decided upon.
    pub kind: EventKind,
    /// The exact reason.
    pub reason: Reason,
    /// The policy that refused.
    pub policy: PolicyName,
}

impl Refused {
    /// Says who and why, for a layer that makes its response itself.
    #[must_use]
    pub const fn new(kind: EventKind, reason: Reason, policy: PolicyName) -> Self {
        Self { kind, reason, policy }
    }
}

/// A request turned away, on its way to becoming a response.
///
/// ```
/// use bytes::Bytes;
/// use http::{HeaderValue, StatusCode, header};
/// use http_body_util::Full;
/// use rempart_core::{EventKind, Flavour, PolicyName, Problem, Reason, Refusal, Renderer};
///
/// // Once, when the policy is built:
/// let problem = Problem::new(StatusCode::UNAUTHORIZED, "signature", "A valid signature is required");
/// let policy = PolicyName::new("vapi")?;
///
/// // For each request turned away:
/// let response = Refusal::new(&problem, EventKind::Signature, Reason::Mismatch, policy)
///     .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Signature"))
///     .into_response::<Full<Bytes>>(Flavour::Http, &Renderer::default());
/// assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
/// assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
/// # Ok::<(), rempart_core::NameError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a refusal refuses nothing until it is made a response"]
pub struct Refusal {
    status: StatusCode,
    problem: Option<Problem>,
    headers: HeaderMap,
    refused: Refused,
}

impl Refusal {
    /// Starts from the problem that the client is told of.
    pub fn new(problem: &Problem, kind: EventKind, reason: Reason, policy: PolicyName) -> Self {
        Self::start(problem.status(), Some(problem.clone()), kind, reason, policy)
    }

    /// Starts a refusal that is a status and no more, as a refused CORS preflight is.
    pub fn bare(status: StatusCode, kind: EventKind, reason: Reason, policy: PolicyName) -> Self {
        Self::start(status, None, kind, reason, policy)
    }

    /// Sends a header, in place of any other of its name. It reaches every flavour.
    #[inline]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        // Refused only at `http`'s own size limit (32,768 headers), where `insert` would panic.
        let _ = self.headers.try_insert(name, value);
        self
    }

    /// The HTTP status: what a client is told in HTTP, and what a gRPC status is made from.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// What the client is told; `None` for a bare refusal.
    #[must_use]
    pub const fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// What the operator is told.
    #[must_use]
    pub const fn refused(&self) -> Refused {
        self.refused
    }

    /// The headers that the response will carry beside those of its body.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The same headers, to add to them.
    pub const fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    /// Becomes the response, with a [`Refused`] in its extensions.
    pub fn into_response<B>(
        self,
        flavour: Flavour,
        renderer: &Renderer,
    ) -> Response<ResponseBody<B>> {
        let refused = self.refused;
        let mut response = match renderer.custom() {
            Some(render) => self.rendered_by(render, flavour),
            None => self.rendered(flavour),
        };
        if flavour == Flavour::Head {
            *response.body_mut() = Bytes::new();
        }
        response.extensions_mut().insert(refused);
        response.map(ResponseBody::full)
    }

    fn start(
        status: StatusCode,
        problem: Option<Problem>,
        kind: EventKind,
        reason: Reason,
        policy: PolicyName,
    ) -> Self {
        // Room for a refusal's own headers, in less than 1 KiB: allocators are slow at more.
        let headers = HeaderMap::with_capacity(6);
        Self { status, problem, headers, refused: Refused { kind, reason, policy } }
    }

    fn rendered(self, flavour: Flavour) -> Response<Bytes> {
        let Self { mut status, problem, mut headers, .. } = self;
        let mut body = Bytes::new();
        if let Some(problem) = &problem {
            let mut set = |name, value| drop(headers.try_insert(name, value));
            // A cache must not serve one client's refusal to another (RFC 6585 §4 for 429).
            set(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            if let Some(content_type) = flavour.grpc_content_type() {
                status = StatusCode::OK;
                set(CONTENT_TYPE, content_type);
                set(HeaderName::from_static("grpc-status"), problem.grpc_status());
                set(HeaderName::from_static("grpc-message"), problem.grpc_message());
            } else {
                set(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
                body = problem.json();
            }
        }
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }

    /// The rendering of a closure, completed by the headers of the protocol that it left out.
    fn rendered_by(self, render: &renderer::Render, flavour: Flavour) -> Response<Bytes> {
        let mut response = render(&self, flavour);
        for (name, value) in &self.headers {
            if !response.headers().contains_key(name) {
                let _ = response.headers_mut().try_insert(name, value.clone());
            }
        }
        response
    }
}
