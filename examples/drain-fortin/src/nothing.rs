//! What stands in the onion where a layer is left out: something that changes no request.

use std::task::{Context, Poll};

use http::{Request, Response};
use rempart_core::ResponseBody;
use tower_layer::Layer;
use tower_service::Service;

use crate::future::ResponseFuture;

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
    type Future = ResponseFuture<S::Future, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ResponseFuture::served(self.inner.call(request))
    }
}
