use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use rempart_core::{
    ClientAddr, Event, EventKind, Flavour, HttpMethod, Outcome, Reason, ResponseBody, RouteName,
};
use tower_service::Service;

use crate::layer::Shared;
use crate::{Announce, Decision, Policy, ResponseFuture, is_preflight};

/// Serves what a limit allows and answers the rest itself; made by
/// [`RateLimitLayer`](crate::RateLimitLayer).
#[derive(Clone, Debug)]
pub struct RateLimit<S> {
    pub(crate) inner: S,
    pub(crate) shared: Arc<Shared>,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for RateLimit<S>
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
        let policy = self.shared.counter.policy();
        if policy.skips_preflights() && is_preflight(request.method(), request.headers()) {
            return ResponseFuture::served(self.inner.call(request), None);
        }
        let client = ClientAddr::of(request.extensions());
        match self.shared.counter.decide(&policy, client) {
            Decision::Allowed(standing) => {
                self.shared.tell(&policy, Outcome::Allowed, None, client, &request);
                let always = policy.announce() == Announce::Always;
                let announced = always.then(|| (policy.clone(), standing));
                ResponseFuture::served(self.inner.call(request), announced)
            }
            Decision::Refused(rejection) => {
                let reason = Some(rejection.reason());
                self.shared.tell(&policy, rejection.outcome(), reason, client, &request);
                let flavour = Flavour::of_request(&request);
                let policy = policy.clone();
                // The inner service was made ready and is not called: let go of it, with what it
                // may have reserved, or refused connections that stay open use up its permits.
                self.inner = self.inner.clone();
                ResponseFuture::refused(Arc::clone(&self.shared), policy, rejection, flavour)
            }
        }
    }
}

impl Shared {
    fn tell<B>(
        &self,
        policy: &Policy,
        outcome: Outcome,
        reason: Option<Reason>,
        client: Option<ClientAddr>,
        request: &Request<B>,
    ) {
        let name = policy.name();
        let mut event = Event::new(EventKind::RateLimit, outcome, &name)
            .client(client)
            .method(HttpMethod::of(request.method()))
            .route(RouteName::of(request.extensions()));
        event.reason = reason;
        self.observers.emit(&event);
    }
}
