//! What comes once a request is known to be signed: it is claimed, handled and settled.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use rempart_core::{Event, EventKind, KeyId, Observers, Outcome, PolicyName, Reason, RequestBody};
use tower_service::Service;

use crate::Rejection;
use crate::replay::{Claiming, Held, Reply, Settled};

/// A request whose signature was good, and the service that is ready for it.
pub(crate) struct Call<S, B> {
    pub(crate) ready: S,
    pub(crate) request: Request<RequestBody<B>>,
    pub(crate) key: KeyId,
}

pin_project! {
    /// A signed request on its way through the service.
    #[project = HandlingProj]
    pub(crate) enum Handling<S, F, B>
    where
        F: Future,
    {
        // `held` is the claim on the request, where replays are looked for.
        Calling {
            #[pin]
            response: F,
            held: Option<Held>,
        },
        // `call` is taken when the store has replied, and this state is left in the same poll.
        Claiming {
            claiming: Claiming,
            call: Option<Call<S, B>>,
        },
        // `answer` is taken when the store has replied, and the future is done in the same poll.
        Settling {
            reply: Reply<Settled>,
            answer: Option<F::Output>,
        },
    }
}

impl<S, B> Call<S, B>
where
    S: Service<Request<RequestBody<B>>>,
{
    /// Calls the service, once the request is claimed if it is to be.
    pub(crate) fn start(self, claiming: Option<Claiming>) -> Handling<S, S::Future, B> {
        match claiming {
            Some(claiming) => Handling::Claiming { claiming, call: Some(self) },
            None => self.calling(None),
        }
    }

    fn calling(mut self, held: Option<Held>) -> Handling<S, S::Future, B> {
        Handling::Calling { response: self.ready.call(self.request), held }
    }
}

impl<S, F, B, R, E> Handling<S, F, B>
where
    S: Service<Request<RequestBody<B>>, Response = Response<R>, Error = E, Future = F>,
    F: Future<Output = Result<Response<R>, E>>,
{
    /// What the service answers, or why it is not called.
    pub(crate) fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        observers: &Observers,
        policy: &PolicyName,
    ) -> Poll<Result<F::Output, Rejection>> {
        loop {
            let next = match self.as_mut().project() {
                HandlingProj::Claiming { claiming, call } => {
                    let claimed = ready!(claiming.poll(cx));
                    let Some(call) = call.take() else { return Poll::Pending };
                    tell(observers, policy, &call, claimed.as_ref().err());
                    match claimed {
                        Ok(held) => call.calling(Some(held)),
                        Err(rejection) => return Poll::Ready(Err(rejection)),
                    }
                }
                HandlingProj::Calling { response, held } => {
                    let answer = ready!(response.poll(cx));
                    match held.take() {
                        None => return Poll::Ready(Ok(answer)),
                        Some(held) => {
                            let reply = held.settle(answer.as_ref().is_ok_and(is_handled));
                            Self::Settling { reply, answer: Some(answer) }
                        }
                    }
                }
                HandlingProj::Settling { reply, answer } => {
                    let settled = ready!(Pin::new(reply).poll(cx));
                    tell_settled(observers, policy, settled);
                    let Some(answer) = answer.take() else { return Poll::Pending };
                    return Poll::Ready(Ok(answer));
                }
            };
            self.set(next);
        }
    }
}

/// Whether the handler did what it was asked: what is neither 2xx nor 3xx, the sender sends again.
fn is_handled<B>(answer: &Response<B>) -> bool {
    answer.status().is_success() || answer.status().is_redirection()
}

/// Tells whether a request came before.
fn tell<S, B>(
    observers: &Observers,
    policy: &PolicyName,
    call: &Call<S, B>,
    rejection: Option<&Rejection>,
) {
    let outcome = rejection.map_or(Outcome::Allowed, |rejection| rejection.outcome());
    let event = Event::new(EventKind::Replay, outcome, policy);
    let event = rejection.map_or(event, |rejection| event.reason(rejection.reason()));
    observers.emit(&event.request(&call.request).key(Some(call.key)));
}

/// Tells of a claim that could not be settled: an equal request may be handled again.
fn tell_settled(observers: &Observers, policy: &PolicyName, settled: Settled) {
    let reason = match settled {
        Settled::Applied => return,
        Settled::Lost => Reason::LeaseLost,
        Settled::Unavailable => Reason::BackendUnavailable,
    };
    let event = Event::new(EventKind::Replay, Outcome::Error, policy);
    observers.emit(&event.reason(reason));
}
