use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use rempart_core::{ClientAddr, Event, EventKind, Flavour, ResponseBody};
use tower_service::Service;

use crate::future::Refused;
use crate::layer::Shared;
use crate::{Policy, Rejection, ResponseFuture};

/// Turns away the clients that a detector's policy bans and serves the others; made by
/// [`BanLayer`](crate::BanLayer).
#[derive(Clone, Debug)]
pub struct Ban<S> {
    pub(crate) inner: S,
    pub(crate) shared: Arc<Shared>,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Ban<S>
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
        match self.shared.course(&request) {
            None => ResponseFuture::served(self.inner.call(request)),
            Some((policy, rejection)) => {
                let flavour = Flavour::of_request(&request);
                // The inner service was made ready and is not called: let go of it, with what it
                // may have reserved, or banned connections that stay open use up its permits.
                self.inner = self.inner.clone();
                let shared = Arc::clone(&self.shared);
                ResponseFuture::refused(Refused { shared, policy, rejection, flavour })
            }
        }
    }
}

impl Shared {
    /// Why a request is turned away, told to whom it concerns; `None` if it goes on.
    #[inline]
    fn course<B>(&self, request: &Request<B>) -> Option<(Policy, Rejection)> {
        let policy = self.detector.policy();
        policy.ban()?;
        let rejection = match ClientAddr::of(request.extensions()) {
            Some(client) => Rejection::Banned { wait: self.detector.turns_away(&policy, client)? },
            None if policy.passes_unknown() => return None,
            None => Rejection::UnknownClient,
        };
        let outcome = rejection.outcome();
        if self.observers.listen(EventKind::ClientAnomaly, outcome) {
            let name = policy.name();
            let event = Event::new(EventKind::ClientAnomaly, outcome, &name);
            self.observers.emit(&event.reason(rejection.reason()).request(request));
        }
        Some((policy.clone(), rejection))
    }
}
