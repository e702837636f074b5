use std::task::{Context, Poll};

use http::{Request, Response};
use rempart_core::{Event, EventKind, Flavour, Observers, Outcome, Source};
use tower_service::Service;

use crate::{
    DebugSwitch, Decision, Grant, Policy, Rejection, ResponseFuture, debug, decide, preflight,
};

/// Answers preflights, and shares the responses of `S` with the origins that a [`Policy`] allows.
///
/// The body of the responses is the one of `S`. What is answered here has none: its default.
#[derive(Clone, Debug)]
pub struct Cors<S> {
    pub(crate) inner: S,
    pub(crate) policy: Source<Policy>,
    pub(crate) observers: Observers,
    pub(crate) debug: Option<DebugSwitch>,
}

impl<S> Cors<S> {
    /// Tells the observers of a decision about another origin.
    fn report<B>(&self, policy: &Policy, found: Found<'_>, request: &Request<B>) {
        let verdict = match (found.decision, found.barred) {
            (_, Some(rejection)) => Err(rejection),
            (Decision::Actual(verdict) | Decision::Preflight(verdict), None) => verdict,
            (Decision::NotCors | Decision::SameOrigin, None) => return,
        };
        let outcome = match verdict {
            Ok(allowed) if allowed.is_own() => return,
            Ok(_) => Outcome::Allowed,
            Err(_) => Outcome::Refused,
        };
        let event = Event::new(found.kind(), outcome, policy.name()).request(request);
        self.observers.emit(&match verdict {
            Ok(_) => event,
            Err(rejection) => event.reason(rejection.reason()),
        });
        if let (Err(rejection), true) = (verdict, self.explains()) {
            debug::explain(policy, rejection, request.method(), request.headers());
        }
    }

    /// Answers a request that the service does not see.
    #[inline(never)]
    fn answer<B>(
        &self,
        policy: &Policy,
        grant: &Grant,
        unseen: Unseen,
        request: Request<B>,
    ) -> Response<()> {
        match (unseen, grant.rejection()) {
            (Unseen::Barred(why), _) => policy.refuse(why, Flavour::of_request(&request)),
            (Unseen::BarredPreflight(why), _) => preflight::refuse(policy, why, request),
            (Unseen::Preflight, Some(why)) if self.explains() => {
                preflight::explain(policy, why, request.headers())
            }
            (Unseen::Preflight, _) => preflight::answer(grant, request),
        }
    }

    fn explains(&self) -> bool {
        self.debug.as_ref().is_some_and(DebugSwitch::is_on)
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Cors<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    ResBody: Default,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let policy = self.policy.get();
        let found = Found::of(&policy, &request);
        self.report(&policy, found, &request);
        let grant = Grant::new(&policy, found.decision);
        if let Some(unseen) = found.unseen() {
            let response = self.answer(&policy, &grant, unseen, request);
            drop(policy);
            // The inner service was made ready and is not called: let go of it, with what it may
            // have reserved, or preflights on connections that stay open use up its permits.
            self.inner = self.inner.clone();
            return ResponseFuture::answered(response);
        }
        drop(policy);
        ResponseFuture::inner(self.inner.call(request), grant)
    }
}

/// Why a request is answered here.
#[derive(Clone, Copy)]
enum Unseen {
    /// It must not reach the service.
    Barred(Rejection),
    /// It is a preflight, and for a host that is not ours.
    BarredPreflight(Rejection),
    Preflight,
}

/// What was found out about a request.
#[derive(Clone, Copy)]
struct Found<'a> {
    decision: Decision<'a>,
    /// Why it must not reach the service.
    barred: Option<Rejection>,
}

impl<'a> Found<'a> {
    fn of<B>(policy: &'a Policy, request: &'a Request<B>) -> Self {
        let (method, headers) = (request.method(), request.headers());
        let decision = decide(policy, method, headers);
        Self { decision, barred: policy.bars(method, request.uri(), headers, decision) }
    }

    fn unseen(self) -> Option<Unseen> {
        match (self.barred, self.decision) {
            (Some(why), Decision::Preflight(_)) => Some(Unseen::BarredPreflight(why)),
            (Some(why), _) => Some(Unseen::Barred(why)),
            (None, Decision::Preflight(_)) => Some(Unseen::Preflight),
            (None, _) => None,
        }
    }

    const fn kind(self) -> EventKind {
        match self.decision {
            Decision::Preflight(_) => EventKind::CorsPreflight,
            _ => EventKind::CorsActual,
        }
    }
}
