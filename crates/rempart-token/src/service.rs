use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{Request, Response};
use rempart_core::{Event, EventKind, Outcome, ResponseBody, SharedClock};
use tower_service::Service;

use crate::decision::{decide, revoked_signer};
use crate::refused::Cause;
use crate::shared::Shared;
use crate::{Claims, Policy, Rejection, ResponseFuture};

/// Calls `S` with requests that bear a good token, and answers the others itself.
///
/// `S` finds the token's [`Claims`] in the request's extensions. The token stays where it is, in
/// `Authorization`, marked as sensitive.
#[derive(Clone, Debug)]
pub struct Bearer<S> {
    pub(crate) inner: S,
    pub(crate) shared: Arc<Shared<Policy, SharedClock>>,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Bearer<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let policy = self.shared.policy.get();
        match self.shared.judge(&policy, &request) {
            Ok(claims) => {
                drop(policy);
                if let Some(token) = request.headers_mut().get_mut(AUTHORIZATION) {
                    token.set_sensitive(true);
                }
                request.extensions_mut().insert(claims);
                ResponseFuture::served(self.inner.call(request))
            }
            Err(rejection) => {
                let refused = self.shared.refuse(&request, Cause::Token(policy.clone(), rejection));
                // The inner service was made ready and is not called: let go of it, with what it
                // may have reserved, or refused connections that stay open use up its permits.
                self.inner = self.inner.clone();
                ResponseFuture::refused(refused)
            }
        }
    }
}

impl Shared<Policy, SharedClock> {
    /// Decides, and tells.
    fn judge<B>(&self, policy: &Policy, request: &Request<B>) -> Result<Claims, Rejection> {
        let (started, now) = (self.clock.ticks(), self.clock.unix());
        let verdict = decide(policy, request.headers(), now);
        let elapsed = || Duration::from_nanos(self.clock.ticks().saturating_sub(started));
        let event = |outcome| Event::new(EventKind::Token, outcome, policy.name()).request(request);
        match verdict {
            Ok(claims) => {
                if self.observers.listen(EventKind::Token, Outcome::Allowed) {
                    let event = event(Outcome::Allowed).elapsed(elapsed());
                    self.observers.emit(&event.key(Some(claims.key())));
                }
                Ok(claims)
            }
            Err(rejection) => {
                let elapsed = elapsed();
                let signer = revoked_signer(policy, request.headers(), rejection, now);
                let rejection = signer.map_or(rejection, |_| Rejection::RevokedKey);
                let mut event = event(Outcome::Refused).reason(rejection.reason()).key(signer);
                self.observers.emit(&event.elapsed(elapsed));
                if signer.is_some() {
                    event.kind = EventKind::KeyRevokedUse;
                    self.observers.emit(&event);
                }
                Err(rejection)
            }
        }
    }
}
