use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use rempart_core::{Flavour, RequestBody, ResponseBody};
use tower_service::Service;

use super::CertifiedFuture;
use super::layer::Shared;
use crate::Head;
use crate::body::BoxError;
use crate::stopwatch::Stopwatch;

/// Calls `S` with messages whose certificate is good, and answers the others itself.
///
/// `S` gets the body as it came, and what was verified in the request's extensions.
#[derive(Clone, Debug)]
pub struct Certified<S> {
    pub(super) inner: S,
    pub(super) shared: Arc<Shared>,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Certified<S>
where
    S: Service<Request<RequestBody<ReqBody>>, Response = Response<ResBody>> + Clone,
    ReqBody: Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = CertifiedFuture<S, S::Future, ReqBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let work = Stopwatch::start(&self.shared.clock);
        let now = self.shared.clock.unix();
        let flavour = Flavour::of_request(&request);
        // The service that was found ready leaves, its clone takes the next request.
        let next = self.inner.clone();
        let ready = mem::replace(&mut self.inner, next);
        let examined = self.shared.sender.examine(&Head::of(&request), now);
        CertifiedFuture::new(Arc::clone(&self.shared), flavour, ready, request, examined, work)
    }
}
