use std::task::{Context, Poll};

use http::{Request, Response};
use rempart_core::{Event, EventKind, Observers, Outcome, ResponseBody, Source};
use tower_service::Service;

use crate::{Decision, Grant, Policy, ResponseFuture, decide};

/// Answers preflights, and shares the responses of `S` with the origins that a [`Policy`] allows.
#[derive(Clone, Debug)]
pub struct Cors<S> {
    pub(crate) inner: S,
    pub(crate) policy: Source<Policy>,
    pub(crate) observers: Observers,
}

impl<S> Cors<S> {
    /// Tells the observers of a decision about another origin.
    fn report<B>(&self, policy: &Policy, decision: Decision<'_>, request: &Request<B>) {
        let (kind, verdict) = match decision {
            Decision::Actual(verdict) => (EventKind::CorsActual, verdict),
            Decision::Preflight(verdict) => (EventKind::CorsPreflight, verdict),
            Decision::NotCors | Decision::SameOrigin => return,
        };
        let outcome = match verdict {
            Ok(allowed) if allowed.is_own() => return,
            Ok(_) => Outcome::Allowed,
            Err(_) => Outcome::Refused,
        };
        let event = Event::new(kind, outcome, policy.name()).request(request);
        self.observers.emit(&match verdict {
            Ok(_) => event,
            Err(rejection) => event.reason(rejection.reason()),
        });
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Cors<S>
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
        let policy = self.policy.get();
        let decision = decide(&policy, request.method(), request.headers());
        self.report(&policy, decision, &request);
        let grant = Grant::new(&policy, decision);
        if matches!(decision, Decision::Preflight(_)) {
            // The inner service was made ready and is not called: let go of it, with what it may
            // have reserved, or preflights on connections that stay open use up its permits.
            self.inner = self.inner.clone();
            return ResponseFuture::new(None, grant);
        }
        drop(policy);
        ResponseFuture::new(Some(self.inner.call(request)), grant)
    }
}
