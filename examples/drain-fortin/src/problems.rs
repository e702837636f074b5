//! Makes every answer that is an error look alike, whichever library gave it.
//!
//! What was refused for its body by a library, or by a handler, becomes an event here.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::extract::MatchedPath;
use axum::response::IntoResponse;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{Request, Response};
use pin_project_lite::pin_project;
use rempart_core::{
    ClientAddr, Event, EventKind, Flavour, HttpMethod, Outcome, Refusal, Refused, Renderer,
};
use tower_layer::Layer;
use tower_service::Service;

use crate::app::App;
use crate::fault::{Fault, PROBLEM_JSON};

#[derive(Clone, Debug)]
pub(crate) struct ProblemsLayer {
    app: App,
}

impl ProblemsLayer {
    pub(crate) const fn new(app: App) -> Self {
        Self { app }
    }
}

impl<S> Layer<S> for ProblemsLayer {
    type Service = Problems<S>;

    fn layer(&self, inner: S) -> Problems<S> {
        Problems { inner, app: self.app.clone() }
    }
}

/// A service whose errors are problem details.
#[derive(Clone, Debug)]
pub(crate) struct Problems<S> {
    inner: S,
    app: App,
}

impl<S, B, R> Service<Request<B>> for Problems<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: http_body::Body<Data = Bytes> + Send + 'static,
    R::Error: Into<axum::BoxError>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let asked = Asked {
            method: HttpMethod::of(request.method()),
            client: ClientAddr::of(request.extensions()),
            route: request.extensions().get().cloned(),
        };
        ResponseFuture { inner: self.inner.call(request), app: self.app.clone(), asked }
    }
}

/// What an event tells of a request.
#[derive(Debug)]
struct Asked {
    method: HttpMethod,
    client: Option<ClientAddr>,
    route: Option<MatchedPath>,
}

pin_project! {
    #[must_use = "futures do nothing unless polled"]
    pub(crate) struct ResponseFuture<F> {
        #[pin]
        inner: F,
        app: App,
        asked: Asked,
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: http_body::Body<Data = Bytes> + Send + 'static,
    R::Error: Into<axum::BoxError>,
{
    type Output = Result<Response<Body>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(cx))?.map(Body::new);
        Poll::Ready(Ok(this.asked.told(this.app, response)))
    }
}

impl Asked {
    fn told(&self, app: &App, mut response: Response<Body>) -> Response<Body> {
        // What a layer refused has been told, by the layer.
        if response.extensions().get::<Refused>().is_some() {
            return response;
        }
        let Some(fault) = Fault::of(response.status()) else { return response };
        if let Some(reason) = fault.reason() {
            let event = Event::new(EventKind::Body, Outcome::Refused, &app.names.body)
                .reason(reason)
                .client(self.client)
                .method(self.method)
                .route(self.route.as_ref().map(MatchedPath::as_str));
            app.observers.emit(&event);
            // For the access log, which leaves out what has a line already.
            let refusal = Refusal::new(&fault.problem(), EventKind::Body, reason, app.names.body);
            let refused = refusal.into_response::<Body>(Flavour::Http, &Renderer::default());
            response.extensions_mut().extend(refused.into_parts().0.extensions);
        }
        if response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM_JSON) {
            return response;
        }
        // The body is another's; the headers that layers inside have added stay.
        let (parts, body) = fault.into_response().into_parts();
        response.headers_mut().remove(CONTENT_LENGTH);
        for (name, value) in &parts.headers {
            let _ = response.headers_mut().try_insert(name, value.clone());
        }
        *response.status_mut() = parts.status;
        response.map(|_| body)
    }
}
