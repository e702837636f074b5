use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use rempart_core::{ClientAddr, Event, EventKind, Outcome, ResponseBody};
use tower_service::Service;

use super::{Policy, Rejection, ResponseFuture, decide};
use crate::Claims;
use crate::refused::Cause;
use crate::shared::Shared;

/// Calls `S` with the requests of administrators, and answers the others itself.
#[derive(Clone, Debug)]
pub struct AdminGuard<S> {
    pub(super) inner: S,
    pub(super) shared: Arc<Shared<Policy>>,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for AdminGuard<S>
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
        let extensions = request.extensions();
        let claims = extensions.get::<Claims>();
        let decision = decide(&policy, claims, ClientAddr::of(extensions));
        let outcome = decision.err().map_or(Outcome::Allowed, Rejection::outcome);
        let mut event = Event::new(EventKind::Admin, outcome, policy.name())
            .request(&request)
            .key(claims.map(Claims::key));
        event.reason = decision.err().map(Rejection::reason);
        self.shared.observers.emit(&event);
        match decision {
            Ok(()) => {
                drop(policy);
                ResponseFuture::served(self.inner.call(request))
            }
            Err(rejection) => {
                let refused = self.shared.refuse(&request, Cause::Admin(policy.clone(), rejection));
                // The inner service was made ready and is not called: let go of it, with what it
                // may have reserved, or refused connections that stay open use up its permits.
                self.inner = self.inner.clone();
                ResponseFuture::refused(refused)
            }
        }
    }
}
