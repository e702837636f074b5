//! The layer that lets only the bearers of tokens through ([RFC 6750]).
//!
//! [RFC 6750]: https://www.rfc-editor.org/rfc/rfc6750

use std::task::{Context, Poll};

use axum::body::Body;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use rempart_core::{
    Event, EventKind, Flavour, Outcome, Problem, Reason, Refusal, Renderer, ResponseBody,
};
use tower_layer::Layer;
use tower_service::Service;

use crate::app::App;
use crate::future::ResponseFuture;
use crate::token::Claims;

/// Puts the [`Claims`] of a valid token into the request, and refuses those without one.
#[derive(Clone, Debug)]
pub(crate) struct BearerLayer {
    app: App,
    problem: Problem,
}

impl BearerLayer {
    pub(crate) fn new(app: App) -> Self {
        let title = "A valid bearer token is required";
        Self { app, problem: Problem::new(StatusCode::UNAUTHORIZED, "token", title) }
    }

    fn judge(&self, headers: &HeaderMap) -> Result<Claims, Reason> {
        let mut lines = headers.get_all(AUTHORIZATION).iter();
        let line = match (lines.next(), lines.next()) {
            (Some(line), None) => line,
            (Some(_), Some(_)) => return Err(Reason::Duplicated),
            (None, _) => return Err(Reason::Missing),
        };
        let line = line.to_str().map_err(|_| Reason::Malformed)?;
        let (scheme, token) = line.split_once(' ').ok_or(Reason::Malformed)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Reason::Malformed);
        }
        self.app.tokens.verify(token.trim_start_matches(' '), self.app.clock.unix())
    }

    /// The same for every reason, but that a request without a token is told of no error
    /// (RFC 6750 §3).
    fn refuse<B>(&self, flavour: Flavour, reason: Reason) -> Response<ResponseBody<B>> {
        let challenge = match reason {
            Reason::Missing => "Bearer realm=\"drain-fortin\"",
            _ => "Bearer realm=\"drain-fortin\", error=\"invalid_token\"",
        };
        Refusal::new(&self.problem, EventKind::Token, reason, self.app.names.token)
            .header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
            .into_response(flavour, &Renderer::default())
    }
}

impl<S> Layer<S> for BearerLayer {
    type Service = Bearer<S>;

    fn layer(&self, inner: S) -> Bearer<S> {
        Bearer { inner, layer: self.clone() }
    }
}

/// A service behind a [`BearerLayer`].
#[derive(Clone, Debug)]
pub(crate) struct Bearer<S> {
    inner: S,
    layer: BearerLayer,
}

impl<S, B> Service<Request<B>> for Bearer<S>
where
    S: Service<Request<B>, Response = Response<Body>> + Clone,
{
    type Response = Response<ResponseBody<Body>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let app = &self.layer.app;
        let verdict = self.layer.judge(request.headers());
        let outcome = if verdict.is_ok() { Outcome::Allowed } else { Outcome::Refused };
        let mut event = Event::new(EventKind::Token, outcome, &app.names.token).request(&request);
        event.reason = verdict.as_ref().err().copied();
        app.observers.emit(&event);
        match verdict {
            Ok(claims) => {
                request.extensions_mut().insert(claims);
                ResponseFuture::served(self.inner.call(request))
            }
            Err(reason) => {
                let flavour = Flavour::of_request(&request);
                // Made ready and not called: let go of it, with what it may have reserved.
                self.inner = self.inner.clone();
                ResponseFuture::refused(self.layer.refuse(flavour, reason))
            }
        }
    }
}
