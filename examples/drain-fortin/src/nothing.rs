//! What stands in the onion where a layer is left out: something that changes no request.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use rempart_core::ResponseBody;
use tower_layer::Layer;
use tower_service::Service;

/// A layer that does nothing, with the response body of one that does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nothing;

impl<S> Layer<S> for Nothing {
    type Service = Through<S>;

    fn layer(&self, inner: S) -> Through<S> {
        Through { inner }
    }
}

/// A service with nothing before it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Through<S> {
    inner: S,
}

impl<S, B, R> Service<Request<B>> for Through<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = Response<ResponseBody<R>>;
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
{
    type Output = Result<Response<ResponseBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(ready!(self.project().inner.poll(cx))?.map(ResponseBody::inner)))
    }
}
