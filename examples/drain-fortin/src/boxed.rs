use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

/// A layer whose responses have axum's body, whatever body the layer gives them: so that it can
/// stand in the place of another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Boxed<L>(pub(crate) L);

impl<S, L: Layer<S>> Layer<S> for Boxed<L> {
    type Service = BoxedService<L::Service>;

    fn layer(&self, inner: S) -> Self::Service {
        BoxedService { inner: self.0.layer(inner) }
    }
}

/// A service behind a [`Boxed`] layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BoxedService<S> {
    inner: S,
}

impl<S, B, R> Service<Request<B>> for BoxedService<S>
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
        ResponseFuture { inner: self.inner.call(request) }
    }
}

pin_project! {
    #[must_use = "futures do nothing unless polled"]
    pub(crate) struct ResponseFuture<F> {
        #[pin]
        inner: F,
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
        Poll::Ready(Ok(ready!(self.project().inner.poll(cx))?.map(Body::new)))
    }
}
