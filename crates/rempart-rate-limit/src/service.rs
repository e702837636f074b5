use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Extensions, HeaderMap, Method, Request, Response};
use rempart_core::{ClientAddr, Flavour, Outcome, Reason};
use tower_service::Service;

use crate::body::LimitedBody;
use crate::by::Asker;
use crate::course::{self, Course};
use crate::future::Refused;
use crate::layer::{Counter, Shared};
use crate::{Decision, Limiter, Policy, ResponseFuture, is_preflight};

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
    type Response = Response<LimitedBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        match self.shared.course(request.method(), request.headers(), request.extensions()) {
            Course::Serve(told) => ResponseFuture::served(self.inner.call(request), told),
            Course::Settle(settlement) => {
                settlement.tell(request.extensions_mut());
                ResponseFuture::settled(self.inner.call(request), settlement)
            }
            Course::Refuse(policy, rejection, standings) => {
                let flavour = Flavour::of_request(&request);
                // The inner service was made ready and is not called: let go of it, with what it
                // may have reserved, or refused connections that stay open use up its permits.
                self.inner = self.inner.clone();
                let renderer = self.shared.renderer.clone();
                ResponseFuture::refused(Refused { renderer, policy, rejection, standings, flavour })
            }
        }
    }
}

impl Shared {
    #[inline]
    fn course(&self, method: &Method, headers: &HeaderMap, extensions: &Extensions) -> Course {
        let client = ClientAddr::of(extensions);
        match &self.counter {
            Counter::Own(limiter) => {
                let Some((policy, limit)) = limiter.only() else {
                    let asker = Asker { client, headers, extensions };
                    return self.jointly(limiter, &asker, method);
                };
                if policy.skips_preflights() && is_preflight(method, headers) {
                    return Course::Serve(None);
                }
                let sole = limiter.alone(policy, limit, client);
                if sole.is_allowed() && !policy.announce().tells_served() {
                    self.tell(policy, (Outcome::Allowed, None), client, method, extensions);
                    return Course::Serve(None);
                }
                let decision = sole.decision();
                self.tell(policy, decision.told(), client, method, extensions);
                Course::alone(policy, decision)
            }
            #[cfg(feature = "governor")]
            Counter::Governor(governed) => {
                let policy = &governed.policy;
                let before = governed.before(client);
                if policy.skips_preflights()
                    && is_preflight(method, headers)
                    // Lists and bans are no counting: they hold for it too.
                    && !matches!(before, Some(Decision::Refused(_)))
                {
                    return Course::Serve(None);
                }
                let decision = before.unwrap_or_else(|| governed.decide(client));
                self.tell(policy, decision.told(), client, method, extensions);
                Course::alone(policy, decision)
            }
        }
    }

    #[inline]
    fn tell(
        &self,
        policy: &Policy,
        told: (Outcome, Option<Reason>),
        client: Option<ClientAddr>,
        method: &Method,
        extensions: &Extensions,
    ) {
        course::tell(&self.observers, policy, told, client, method, extensions);
    }

    /// The course of a request that several limits decide on, or one of which more is needed, or
    /// one that can be replaced.
    #[inline(never)]
    fn jointly(&self, limiter: &Limiter, asker: &Asker<'_>, method: &Method) -> Course {
        let bound = limiter.bound();
        let policy = bound.policy();
        if policy.skips_preflights() && is_preflight(method, asker.headers) {
            // Lists and bans are no counting: they hold for it too.
            let Some(Err(rejection)) = limiter.before(policy, asker.client) else {
                return Course::Serve(None);
            };
            let refused = Decision::Refused(rejection);
            self.tell(policy, refused.told(), asker.client, method, asker.extensions);
            return Course::alone(policy, refused);
        }
        if let Some(limit) = bound.alone() {
            let decision = limiter.alone(policy, limit, asker.client).decision();
            self.tell(policy, decision.told(), asker.client, method, asker.extensions);
            return Course::alone(policy, decision);
        }
        let joint = limiter.jointly(&bound, asker);
        self.tell(policy, joint.told(), asker.client, method, asker.extensions);
        Course::jointly(policy, joint, limiter.time())
    }
}
