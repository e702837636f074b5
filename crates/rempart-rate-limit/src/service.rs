use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Extensions, HeaderMap, Method, Request, Response};
use rempart_core::{
    ClientAddr, Event, EventKind, Flavour, HttpMethod, Outcome, ResponseBody, RouteName,
};
use tower_service::Service;

use crate::future::Refused;
use crate::layer::Shared;
use crate::{Announce, Decision, Policy, Rejection, ResponseFuture, Standing, is_preflight};

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
        match self.shared.course(request.method(), request.headers(), request.extensions()) {
            Course::Serve(announced) => ResponseFuture::served(self.inner.call(request), announced),
            Course::Refuse(policy, rejection) => {
                let flavour = Flavour::of_request(&request);
                // The inner service was made ready and is not called: let go of it, with what it
                // may have reserved, or refused connections that stay open use up its permits.
                self.inner = self.inner.clone();
                let shared = Arc::clone(&self.shared);
                ResponseFuture::refused(Refused { shared, policy, rejection, flavour })
            }
        }
    }
}

/// Where a request goes, decided and told.
enum Course {
    /// On, and its response says where the client stands, if it shall.
    Serve(Option<(Policy, Standing)>),
    Refuse(Policy, Rejection),
}

impl Shared {
    #[inline]
    fn course(&self, method: &Method, headers: &HeaderMap, extensions: &Extensions) -> Course {
        let policy = self.counter.policy();
        if policy.skips_preflights() && is_preflight(method, headers) {
            return Course::Serve(None);
        }
        let client = ClientAddr::of(extensions);
        let decision = self.counter.decide(&policy, client);
        let (outcome, reason) = match &decision {
            Decision::Allowed(_) => (Outcome::Allowed, None),
            Decision::Refused(rejection) => (rejection.outcome(), Some(rejection.reason())),
        };
        if self.observers.listen(EventKind::RateLimit, outcome) {
            let name = policy.name();
            let mut event = Event::new(EventKind::RateLimit, outcome, &name)
                .client(client)
                .method(HttpMethod::of(method))
                .route(RouteName::of(extensions));
            event.reason = reason;
            self.observers.emit(&event);
        }
        match decision {
            Decision::Allowed(standing) => {
                let told = policy.announce() == Announce::Always;
                Course::Serve(told.then(|| (policy.clone(), standing)))
            }
            Decision::Refused(rejection) => Course::Refuse(policy.clone(), rejection),
        }
    }
}
