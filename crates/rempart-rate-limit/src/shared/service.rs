use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Extensions, HeaderMap, Method, Request, Response};
use rempart_core::{ClientAddr, Flavour};
use tower_service::Service;

use super::SharedPolicy;
use super::future::ResponseFuture;
use super::layer::Shared;
use super::limiter::Begun;
use super::question::Question;
use crate::by::Asker;
use crate::course::{self, Course};
use crate::decision::Joint;
use crate::future::Refused;
use crate::{LimitedBody, is_preflight};

/// Serves what the limits of all instances allow and answers the rest itself; made by
/// [`SharedRateLimitLayer`](super::SharedRateLimitLayer).
#[derive(Clone, Debug)]
pub struct SharedRateLimit<S> {
    pub(super) inner: S,
    pub(super) shared: Arc<Shared>,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for SharedRateLimit<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
{
    type Response = Response<LimitedBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, ReqBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        // The one that was made ready is called; if it is not, it is let go of with the future.
        let next = self.inner.clone();
        let service = mem::replace(&mut self.inner, next);
        let shared = Arc::clone(&self.shared);
        match shared.begin(request.method(), request.headers(), request.extensions()) {
            Begin::Course(course) => ResponseFuture::decided(&shared, course, service, request),
            Begin::Ask(question) => ResponseFuture::asking(shared, question, service, request),
        }
    }
}

enum Begin {
    Course(Course),
    Ask(Box<Question>),
}

impl Shared {
    fn begin(&self, method: &Method, headers: &HeaderMap, extensions: &Extensions) -> Begin {
        let client = ClientAddr::of(extensions);
        let policy = self.limiter.policy().clone();
        let decided = |joint| self.told(&policy, joint, client, method, extensions);
        if policy.policy().skips_preflights() && is_preflight(method, headers) {
            // Lists and bans are no counting: they hold for it too.
            let Some(Err(rejection)) = self.limiter.before(&policy, client) else {
                return Begin::Course(Course::Serve(None));
            };
            return Begin::Course(decided(Joint::refused(rejection)));
        }
        match self.limiter.begin(&policy, &Asker { client, headers, extensions }) {
            Begun::Passed => Begin::Course(decided(Joint::unlimited())),
            Begun::Refused(rejection) => Begin::Course(decided(Joint::refused(rejection))),
            Begun::Asked(question) => Begin::Ask(question),
        }
    }

    /// Where a request goes of which the store has said this.
    pub(super) fn answered<B>(
        &self,
        policy: &SharedPolicy,
        joint: Joint,
        request: &Request<B>,
    ) -> Course {
        let extensions = request.extensions();
        let client = ClientAddr::of(extensions);
        self.limiter.count(policy, client, &joint);
        self.told(policy, joint, client, request.method(), extensions)
    }

    fn told(
        &self,
        policy: &SharedPolicy,
        joint: Joint,
        client: Option<ClientAddr>,
        method: &Method,
        extensions: &Extensions,
    ) -> Course {
        course::tell(&self.observers, policy.policy(), joint.told(), client, method, extensions);
        Course::jointly(policy.policy(), joint, policy.store().clock())
    }
}

/// Goes the course of a request.
pub(super) fn go<S, B>(
    shared: &Shared,
    course: Course,
    mut service: S,
    mut request: Request<B>,
) -> crate::ResponseFuture<S::Future>
where
    S: Service<Request<B>>,
{
    match course {
        Course::Serve(told) => crate::ResponseFuture::served(service.call(request), told),
        Course::Settle(settlement) => {
            settlement.tell(request.extensions_mut());
            crate::ResponseFuture::settled(service.call(request), settlement)
        }
        Course::Refuse(policy, rejection, standings) => {
            let (renderer, flavour) = (shared.renderer.clone(), Flavour::of_request(&request));
            let refused = Refused { renderer, policy, rejection, standings, flavour };
            crate::ResponseFuture::refused(refused)
        }
    }
}
