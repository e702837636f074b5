use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use rempart_core::{Flavour, RequestBody, ResponseBody};
use tower_service::Service;

use crate::body::BoxError;
use crate::future::Unread;
use crate::layer::Shared;
use crate::stopwatch::Stopwatch;
use crate::tenant::Found;
use crate::{Decision, Head, ResponseFuture, decide};

/// Calls `S` with signed requests, and answers the others itself.
///
/// `S` gets the body as it came, byte for byte, and a [`Verified`](crate::Verified) in the
/// request's extensions.
#[derive(Clone, Debug)]
pub struct Signature<S> {
    pub(crate) inner: S,
    pub(crate) shared: Arc<Shared>,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Signature<S>
where
    S: Service<Request<RequestBody<ReqBody>>, Response = Response<ResBody>> + Clone,
    ReqBody: Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, S::Future, ReqBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let work = Stopwatch::start(&self.shared.clock);
        let now = self.shared.clock.unix();
        let flavour = Flavour::of_request(&request);
        let policy = self.shared.policy.get();
        // Either way the service that was found ready leaves: to be called once the body is there,
        // or with what it may have reserved, so that refused connections which stay open use up
        // no permits. Its clone takes the next request.
        let next = self.inner.clone();
        let ready = mem::replace(&mut self.inner, next);
        let head = Head::of(&request);
        let decision = match (policy.handshake(&head), policy.tenants()) {
            (Ok(None), None) => decide(&policy, &head, now),
            (Ok(None), Some(table)) => match table.find(&policy, &head, now, &self.shared.clock) {
                Ok(Found::Ready(policy)) => decide(&policy, &head, now),
                Ok(Found::Waiting(waiting)) => {
                    let shared = Arc::clone(&self.shared);
                    let unread = Unread::new(ready, request, policy.clone(), work);
                    return ResponseFuture::resolving(shared, waiting, unread, flavour);
                }
                Err(rejection) => Decision::Refuse(rejection),
            },
            (Ok(Some(answer)), _) => {
                self.shared.answered_at_once(&policy, &request, work);
                return ResponseFuture::answered(Arc::clone(&self.shared), answer, flavour);
            }
            (Err(rejection), _) => Decision::Refuse(rejection),
        };
        match decision {
            Decision::Refuse(rejection) => {
                #[cfg(feature = "explain")]
                self.shared.explain_head(&policy, rejection, &Head::of(&request));
                let shared = &self.shared;
                let rejection = shared.refused_at_once(&policy, rejection, &request, work);
                let name = *policy.name();
                ResponseFuture::refused(Arc::clone(&self.shared), name, rejection, flavour)
            }
            Decision::Read(verification) => {
                drop(policy);
                let shared = Arc::clone(&self.shared);
                ResponseFuture::reading(shared, ready, request, verification, work, flavour)
            }
        }
    }
}
