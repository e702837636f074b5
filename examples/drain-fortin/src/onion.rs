//! The stack of layers around each route: one `ServiceBuilder`, outermost first.
//!
//! The headers and CORS stand outside everything that refuses, so that a 401, a 413, a 429, a 500
//! and a 503 carry both and a browser can read them. The guard on what leaves searches whatever
//! is answered inside of it, and holds an answer no longer than any answer may take. The limit
//! stands before the checks that cost more than it does, and the guard on what browsers bear before
//! the one on tokens, which would take a server's key for just another bad token.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, Request, StatusCode};
use rempart_core::{ClientAddrLayer, TrustedProxies};
use rempart_cors::CorsLayer;
use rempart_monitor::History;
use rempart_redact::AccessLogLayer;
use rempart_token::{BrowserGuardLayer, EgressGuardLayer, TokenLayer};
use tower::ServiceBuilder;
use tower::util::{Either, MapResponseLayer};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::{HttpMakeClassifier, OnResponse, TraceLayer};
use tracing::Span;

use crate::app::App;
use crate::fault::Fault;
use crate::guard::Guard;
use crate::part::Part;
use crate::policy::{Headers, Limits};
use crate::problems::problems;
use crate::request_id::RandomId;
use crate::routes::Class;

/// The layers, each with its policy.
#[derive(Clone, Debug)]
pub(crate) struct Onion {
    pub(crate) app: App,
    pub(crate) proxies: TrustedProxies,
    pub(crate) log: AccessLogLayer,
    pub(crate) headers: Headers,
    pub(crate) cors: CorsLayer,
    pub(crate) limits: Limits,
    pub(crate) browser: BrowserGuardLayer,
    pub(crate) egress: EgressGuardLayer,
    pub(crate) token: TokenLayer,
    /// Which layer is left out; none, unless a test says so.
    pub(crate) without: Option<Part>,
}

impl Onion {
    /// Puts the layers around routes of one class.
    ///
    /// `most` bounds a body that `guard` does not read itself.
    pub(crate) fn around(
        &self,
        routes: Router<App>,
        class: Class,
        most: usize,
        guard: Guard,
    ) -> Router<App> {
        // No page of another origin has a business with the administration.
        let public = !matches!(class, Class::Admin | Class::Security);
        let cors = public.then(|| self.cors.clone());
        let bears = matches!(class, Class::Api | Class::Auth);
        let browser = bears.then(|| self.browser.clone());
        let most = if self.without == Some(Part::BodyLimit) { usize::MAX } else { most };
        let (gate, signature, token) = match guard {
            Guard::Admin(layer) => (Some(layer), None, None),
            Guard::Signature(layer) => (None, Some(layer), None),
            Guard::Token(layer) => (None, None, Some(layer)),
            Guard::Open => (None, None, None),
        };
        routes.layer(
            ServiceBuilder::new()
                .layer(SetRequestIdLayer::new(REQUEST_ID, RandomId))
                .layer(PropagateRequestIdLayer::new(REQUEST_ID))
                .layer(named(Answers(public.then(|| self.app.monitor.history.clone()))))
                .layer(ClientAddrLayer::new(self.proxies.clone()))
                .layer(self.unless(Part::Log, Some(self.log.clone())))
                .layer(self.unless(Part::Headers, Some(self.headers.of(class))))
                .layer(self.unless(Part::Cors, cors))
                .layer(from_fn_with_state(self.app.clone(), problems))
                .layer(CatchPanicLayer::custom(panicked))
                .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE))
                .layer(self.unless(Part::EgressGuard, Some(self.egress.clone())))
                .layer(self.unless(Part::Admin, gate))
                .layer(self.unless(Part::RateLimit, self.limits.of(class)))
                .layer(self.unless(Part::BrowserGuard, browser))
                .layer(RequestBodyLimitLayer::new(most))
                .layer(self.unless(Part::Signature, signature))
                .layer(self.unless(Part::Token, token)),
        )
    }

    /// The layer, or nothing in its place; either gives the response axum's body, so that one can
    /// stand for the other.
    fn unless<L, With: IntoResponse, Without: IntoResponse>(
        &self,
        part: Part,
        layer: Option<L>,
    ) -> Either<(Boxing<With>, L), Boxing<Without>> {
        match layer {
            Some(layer) if self.without != Some(part) => {
                Either::Left((MapResponseLayer::new(With::into_response), layer))
            }
            _ => Either::Right(MapResponseLayer::new(Without::into_response)),
        }
    }
}

/// A layer that gives the response axum's body, in a box unless it has that already.
type Boxing<R> = MapResponseLayer<fn(R) -> Response>;

/// Every line that a request leaves carries its identifier; the lines themselves are the layers'.
/// Standing outside of all that answers, it is where answers are counted.
fn named(answers: Answers) -> TraceLayer<HttpMakeClassifier, MakeSpan, (), Answers, (), (), ()> {
    let make_span: MakeSpan = |request| {
        let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
        tracing::info_span!("request", id)
    };
    TraceLayer::new_for_http()
        .make_span_with(make_span)
        .on_request(())
        .on_response(answers)
        .on_body_chunk(())
        .on_eos(())
        .on_failure(())
}

/// Counts how requests of the public are answered.
#[derive(Clone, Debug)]
struct Answers(Option<History>);

impl<B> OnResponse<B> for Answers {
    fn on_response(self, response: &http::Response<B>, _: Duration, _: &Span) {
        if let Some(history) = self.0 {
            history.answered(response.status());
        }
    }
}

type MakeSpan = fn(&Request<Body>) -> Span;

/// The panic itself has been told by the hook, redacted.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    Fault::Internal.into_response()
}

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How long an answer may take: longer than a body may take to arrive, so that a slow body is
/// told apart from a slow service.
const PATIENCE: Duration = Duration::from_secs(15);

#[cfg(test)]
pub(crate) mod tests;
