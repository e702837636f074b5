use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use rempart_core::{Flavour, ResponseBody};
use tower_service::Service;

use super::watch::Asked;
use super::{GuardedBody, Policy, ResponseFuture};
use crate::shared::Shared;

/// Calls `S`, and holds back what it answers if a secret stands in it.
#[derive(Clone, Debug)]
pub struct EgressGuard<S> {
    pub(super) inner: S,
    pub(super) shared: Arc<Shared<Policy>>,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for EgressGuard<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: Body<Data = Bytes>,
{
    type Response = Response<ResponseBody<GuardedBody<ResBody>>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, ResBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let (flavour, asked) = (Flavour::of_request(&request), Asked::of(&request));
        let shared = Arc::clone(&self.shared);
        ResponseFuture::new(self.inner.call(request), shared, flavour, asked)
    }
}
