use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use rempart_core::{Event, EventKind, Outcome, ResponseBody};
use tower_service::Service;

use super::{Policy, ResponseFuture, decide};
use crate::refused::Cause;
use crate::shared::Shared;

/// Calls `S`, but answers itself where a browser bears a credential of a server.
#[derive(Clone, Debug)]
pub struct BrowserGuard<S> {
    pub(super) inner: S,
    pub(super) shared: Arc<Shared<Policy>>,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for BrowserGuard<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let policy = self.shared.policy.get();
        let decision = decide(&policy, request.uri(), request.headers());
        match decision {
            Ok(()) => {
                drop(policy);
                ResponseFuture::served(self.inner.call(request))
            }
            Err(rejection) => {
                let event = Event::new(EventKind::Authorization, Outcome::Refused, policy.name())
                    .request(&request)
                    .reason(rejection.reason())
                    .secret(rejection.secret());
                self.shared.observers.emit(&event);
                let cause = Cause::Browser(Box::new(rejection.refusal(*policy.name())));
                let refused = self.shared.refuse(&request, cause);
                // The inner service was made ready and is not called: let go of it, with what it
                // may have reserved, or refused connections that stay open use up its permits.
                self.inner = self.inner.clone();
                ResponseFuture::refused(refused)
            }
        }
    }
}
