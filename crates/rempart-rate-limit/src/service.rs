use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Extensions, HeaderMap, Method, Request, Response};
use rempart_core::{ClientAddr, Event, EventKind, Flavour, HttpMethod, Outcome, Reason, RouteName};
use tower_service::Service;

use crate::body::LimitedBody;
use crate::by::Asker;
use crate::charges::Charges;
use crate::decision::{Joint, Standings};
use crate::future::Refused;
use crate::layer::{Counter, Shared};
use crate::{
    Announce, Decision, Limiter, Policy, Rejection, ResponseFuture, Standing, is_preflight,
};

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

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        match self.shared.course(request.method(), request.headers(), request.extensions()) {
            Course::Serve(told) => ResponseFuture::served(self.inner.call(request), told),
            Course::Settle(settlement) => {
                ResponseFuture::settled(self.inner.call(request), settlement)
            }
            Course::Refuse(policy, rejection, standings) => {
                let flavour = Flavour::of_request(&request);
                // The inner service was made ready and is not called: let go of it, with what it
                // may have reserved, or refused connections that stay open use up its permits.
                self.inner = self.inner.clone();
                let shared = Arc::clone(&self.shared);
                ResponseFuture::refused(Refused { shared, policy, rejection, standings, flavour })
            }
        }
    }
}

/// Where a request goes, decided and told.
enum Course {
    /// On, and its response tells where the client stands with the only limit, if it shall.
    Serve(Option<(Policy, Standing)>),
    /// On, and its response settles what depends on it.
    Settle(Box<Settlement>),
    Refuse(Policy, Rejection, Option<Box<Standings>>),
}

/// What several limits need of the response, or one that charges by it.
pub(crate) struct Settlement {
    pub(crate) policy: Policy,
    pub(crate) standings: Standings,
    pub(crate) limiter: Limiter,
    pub(crate) charges: Charges,
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
                if sole.is_allowed() && policy.announce() != Announce::Always {
                    self.tell(policy, (Outcome::Allowed, None), client, method, extensions);
                    return Course::Serve(None);
                }
                let decision = sole.decision();
                self.tell(policy, told(&decision), client, method, extensions);
                alone(policy, decision)
            }
            #[cfg(feature = "governor")]
            Counter::Governor(governed) => {
                let policy = governed.policy.get();
                if policy.skips_preflights() && is_preflight(method, headers) {
                    return Course::Serve(None);
                }
                let decision = governed.decide(&policy, client);
                self.tell(&policy, told(&decision), client, method, extensions);
                alone(&policy, decision)
            }
        }
    }

    #[inline]
    fn tell(
        &self,
        policy: &Policy,
        (outcome, reason): (Outcome, Option<Reason>),
        client: Option<ClientAddr>,
        method: &Method,
        extensions: &Extensions,
    ) {
        if self.observers.listen(EventKind::RateLimit, outcome) {
            let name = policy.name();
            let mut event = Event::new(EventKind::RateLimit, outcome, &name)
                .client(client)
                .method(HttpMethod::of(method))
                .route(RouteName::of(extensions));
            event.reason = reason;
            self.observers.emit(&event);
        }
    }

    /// The course of a request that several limits decide on, or one of which more is needed, or
    /// one that can be replaced.
    #[inline(never)]
    fn jointly(&self, limiter: &Limiter, asker: &Asker<'_>, method: &Method) -> Course {
        let bound = limiter.bound();
        let policy = bound.policy();
        if policy.skips_preflights() && is_preflight(method, asker.headers) {
            // Lists and bans are no counting: they hold for it too.
            let Some(Err(rejection)) = limiter.gate(policy, asker.client) else {
                return Course::Serve(None);
            };
            let refused = Decision::Refused(rejection);
            self.tell(policy, told(&refused), asker.client, method, asker.extensions);
            return alone(policy, refused);
        }
        if let Some(limit) = bound.alone() {
            let decision = limiter.alone(policy, limit, asker.client).decision();
            self.tell(policy, told(&decision), asker.client, method, asker.extensions);
            return alone(policy, decision);
        }
        let Joint { decision, standings, charges, shadowed, .. } = limiter.jointly(&bound, asker);
        let told = match decision {
            Decision::Allowed(_) if shadowed.is_some() => (Outcome::Shadowed, shadowed),
            _ => told(&decision),
        };
        self.tell(policy, told, asker.client, method, asker.extensions);
        match decision {
            Decision::Allowed(_) => {
                if policy.announce() != Announce::Always && charges.is_empty() {
                    return Course::Serve(None);
                }
                let (policy, limiter) = (policy.clone(), limiter.clone());
                let settlement = Settlement { policy, standings, limiter, charges };
                Course::Settle(Box::new(settlement))
            }
            Decision::Refused(rejection) => {
                let standings = rejection.is_excess().then(|| Box::new(standings));
                Course::Refuse(policy.clone(), rejection, standings)
            }
        }
    }
}

/// The course of a request that one limit has decided on.
#[inline]
fn alone(policy: &Policy, decision: Decision) -> Course {
    match decision {
        Decision::Allowed(standing) => {
            let told = policy.announce() == Announce::Always;
            Course::Serve(told.then(|| (policy.clone(), standing)))
        }
        Decision::Refused(rejection) => Course::Refuse(policy.clone(), rejection, None),
    }
}

/// What the observers are told of a decision.
#[inline]
fn told(decision: &Decision) -> (Outcome, Option<Reason>) {
    match decision {
        Decision::Allowed(_) => (Outcome::Allowed, None),
        Decision::Refused(rejection) => (rejection.outcome(), Some(rejection.reason())),
    }
}
