use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::{fmt, mem};

use http::Response;
use pin_project_lite::pin_project;
use rempart_core::{Flavour, Renderer, ResponseBody, SharedClock};

use crate::body::{LimitedBody, Unsettled};
use crate::course::Settlement;
use crate::decision::Standings;
use crate::{Policy, Rejection, Standing};

pin_project! {
    /// Response future of [`RateLimit`](crate::RateLimit). A refusal that is polled again after it
    /// was given is given again.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        kind: Kind<F>,
        // Beside the kind and not in it: so the service's future is written where it stays.
        told: Option<(Policy, Standing)>,
    }
}

pin_project! {
    #[project = KindProj]
    enum Kind<F> {
        Served { #[pin] inner: F },
        Settled { #[pin] inner: F, settlement: Option<Box<Settlement>> },
        Refused { refused: Refused },
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) const fn served(inner: F, told: Option<(Policy, Standing)>) -> Self {
        Self { kind: Kind::Served { inner }, told }
    }

    pub(crate) const fn settled(inner: F, settlement: Box<Settlement>) -> Self {
        Self { kind: Kind::Settled { inner, settlement: Some(settlement) }, told: None }
    }

    pub(crate) const fn refused(refused: Refused) -> Self {
        Self { kind: Kind::Refused { refused }, told: None }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<LimitedBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match this.kind.project() {
            KindProj::Served { inner } => inner.poll(cx).map_ok(|mut response| {
                if let Some((policy, standing)) = this.told {
                    policy.fields().announce(response.headers_mut(), *standing);
                }
                response.map(|body| LimitedBody::new(ResponseBody::inner(body)))
            }),
            KindProj::Settled { inner, settlement } => {
                let answer = ready!(inner.poll(cx));
                let settlement = settlement.take();
                Poll::Ready(match answer {
                    Ok(mut response) => {
                        let held = settlement.and_then(|settlement| settlement.of(&mut response));
                        let body = |body| LimitedBody::holding(ResponseBody::inner(body), held);
                        Ok(response.map(body))
                    }
                    Err(error) => {
                        if let Some(settlement) = settlement {
                            settlement.stands();
                        }
                        Err(error)
                    }
                })
            }
            KindProj::Refused { refused } => Poll::Ready(Ok(refused.response())),
        }
    }
}

impl Settlement {
    /// What the response says is given back; the rest is for its body to hold.
    #[inline(never)]
    fn of<B>(mut self, response: &mut Response<B>) -> Option<Box<Unsettled>> {
        let charges = mem::take(&mut self.charges);
        let charges = charges.settle(&*self.clock, response);
        self.tell(response.extensions_mut());
        if self.policy.tells(&self.standings) {
            self.policy.fields().announce_all(response.headers_mut(), &self.standings);
        }
        Unsettled::new(charges, SharedClock::clone(&self.clock))
    }

    /// The service failed: what was charged stays.
    fn stands(mut self) {
        drop(mem::take(&mut self.charges));
    }
}

impl Drop for Settlement {
    /// Nobody waited for the response.
    fn drop(&mut self) {
        if !self.charges.is_empty() {
            mem::take(&mut self.charges).abandon(&*self.clock);
        }
    }
}

/// A request that was turned away, as long as nobody has asked for the answer.
pub(crate) struct Refused {
    pub(crate) renderer: Renderer,
    pub(crate) policy: Policy,
    pub(crate) rejection: Rejection,
    /// With each of several limits.
    pub(crate) standings: Option<Box<Standings>>,
    pub(crate) flavour: Flavour,
}

impl Refused {
    // Kept out of `poll`, whose other way is the common one and short.
    #[inline(never)]
    fn response<B>(&self) -> Response<LimitedBody<B>> {
        let refusal = self.rejection.refusal(&self.policy, self.standings.as_deref(), self.flavour);
        refusal.into_response(self.flavour, &self.renderer).map(LimitedBody::new)
    }
}

// By hand: a derive would ask for `F: Debug`, which the future of an `async fn` is not.
impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rejection = match &self.kind {
            Kind::Served { .. } | Kind::Settled { .. } => None,
            Kind::Refused { refused } => Some(&refused.rejection),
        };
        f.debug_struct("ResponseFuture").field("rejection", &rejection).finish_non_exhaustive()
    }
}
