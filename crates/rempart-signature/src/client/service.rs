use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Request;
use http_body::Body;
use rempart_core::RequestBody;
use tower_service::Service;

use super::SignFuture;
use super::layer::Shared;
use crate::body::BoxError;

/// Calls `S`, a client, with each request signed; a request that cannot be signed is not sent.
///
/// `S` gets the body byte for byte, in the frames in which it came.
#[derive(Clone, Debug)]
pub struct Sign<S> {
    pub(super) inner: S,
    pub(super) shared: Arc<Shared>,
}

impl<S, B> Service<Request<B>> for Sign<S>
where
    S: Service<Request<RequestBody<B>>, Error: Into<BoxError>> + Clone,
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Response = S::Response;
    /// What `S` fails with, or a [`SignRequestError`](crate::SignRequestError).
    type Error = BoxError;
    type Future = SignFuture<S, S::Future, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The service that was found ready is the one that is called, once the body is whole.
        let next = self.inner.clone();
        let ready = mem::replace(&mut self.inner, next);
        let policy = self.shared.policy.get().clone();
        SignFuture::new(Arc::clone(&self.shared), policy, ready, request)
    }
}
