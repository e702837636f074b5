mod arrival;
mod call;
mod unread;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use rempart_core::{Flavour, PolicyName, RequestBody, ResponseBody};
use tower_service::Service;

use self::arrival::Arrival;
use self::call::Call;
pub(crate) use self::unread::Unread;
use crate::body::{BoxError, Reader};
use crate::layer::Shared;
use crate::replay::{Claimed, Held, Reply, Settled};
use crate::stopwatch::Stopwatch;
use crate::tenant::Waiting;
use crate::{Answer, Rejection, Verification};

pin_project! {
    /// Response future of [`Signature`](crate::Signature).
    ///
    /// Dropping it before it is done drops what was read, and releases the request if it was
    /// claimed: the sender's next attempt is handled.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, F, B>
    where
        F: Future,
    {
        shared: Arc<Shared>,
        flavour: Flavour,
        #[pin]
        state: State<S, F, B>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, F, B>
    where
        F: Future,
    {
        Answered {
            answer: Answer,
        },
        // `held` is the claim on the request, where replays are looked for.
        Calling {
            #[pin]
            response: F,
            policy: PolicyName,
            held: Option<Held>,
        },
        // `call` is taken when the store has replied, and this state is left in the same poll.
        Claiming {
            reply: Reply<Claimed>,
            call: Option<Call<S, B>>,
        },
        // `arrival` is taken when the body is whole, and this state is left in the same poll.
        Reading {
            #[pin]
            reader: Reader<B>,
            arrival: Option<Arrival<S>>,
        },
        Refused {
            policy: PolicyName,
            rejection: Rejection,
        },
        // `unread` is taken when the keys are there, and this state is left in the same poll.
        Resolving {
            waiting: Waiting,
            unread: Option<Unread<S, B>>,
        },
        // `answer` is taken when the store has replied, and the future is done in the same poll.
        Settling {
            reply: Reply<Settled>,
            policy: PolicyName,
            answer: Option<F::Output>,
        },
    }
}

impl<S, F: Future, B> ResponseFuture<S, F, B> {
    pub(crate) const fn answered(shared: Arc<Shared>, answer: Answer, flavour: Flavour) -> Self {
        Self { shared, flavour, state: State::Answered { answer } }
    }

    pub(crate) const fn refused(
        shared: Arc<Shared>,
        policy: PolicyName,
        rejection: Rejection,
        flavour: Flavour,
    ) -> Self {
        Self { shared, flavour, state: State::Refused { policy, rejection } }
    }

    pub(crate) const fn resolving(
        shared: Arc<Shared>,
        waiting: Waiting,
        unread: Unread<S, B>,
        flavour: Flavour,
    ) -> Self {
        Self { shared, flavour, state: State::Resolving { waiting, unread: Some(unread) } }
    }

    pub(crate) fn reading(
        shared: Arc<Shared>,
        ready: S,
        request: Request<B>,
        verification: Verification,
        work: Stopwatch,
        flavour: Flavour,
    ) -> Self {
        let (parts, body) = request.into_parts();
        let arrival = Some(Arrival { ready, parts, verification, work });
        Self { shared, flavour, state: State::Reading { reader: Reader::new(body), arrival } }
    }
}

impl<S, F, B, R, E> Future for ResponseFuture<S, F, B>
where
    S: Service<Request<RequestBody<B>>, Response = Response<R>, Error = E, Future = F>,
    F: Future<Output = Result<Response<R>, E>>,
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Output = Result<Response<ResponseBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProj::Answered { answer } => return Poll::Ready(Ok(answer.response())),
                StateProj::Reading { mut reader, arrival } => {
                    let Some(open) = arrival else { return Poll::Pending };
                    let read = ready!(open.poll_read(this.shared, reader.as_mut(), cx));
                    let Some(arrival) = arrival.take() else { return Poll::Pending };
                    arrival.conclude(this.shared, read, reader)
                }
                StateProj::Resolving { waiting, unread } => {
                    let Some(open) = unread else { return Poll::Pending };
                    let keys = ready!(open.poll_keys(this.shared, waiting, cx));
                    let Some(unread) = unread.take() else { return Poll::Pending };
                    unread.start(this.shared, keys)
                }
                StateProj::Claiming { reply, call } => {
                    let claimed = ready!(Pin::new(reply).poll(cx));
                    let Some(call) = call.take() else { return Poll::Pending };
                    call.claimed(this.shared, claimed)
                }
                StateProj::Calling { response, policy, held } => {
                    let answer = ready!(response.poll(cx));
                    match held.take() {
                        None => return Poll::Ready(answer.map(inner)),
                        Some(held) => {
                            let reply = held.settle(answer.as_ref().is_ok_and(is_handled));
                            State::Settling { reply, policy: *policy, answer: Some(answer) }
                        }
                    }
                }
                StateProj::Settling { reply, policy, answer } => {
                    let settled = ready!(Pin::new(reply).poll(cx));
                    this.shared.settled(policy, settled);
                    let Some(answer) = answer.take() else { return Poll::Pending };
                    return Poll::Ready(answer.map(inner));
                }
                StateProj::Refused { policy, rejection } => {
                    let refusal = this.shared.asking(rejection.refusal(*policy), *rejection);
                    let response = refusal.into_response(*this.flavour, &this.shared.renderer);
                    return Poll::Ready(Ok(response));
                }
            };
            this.state.set(next);
        }
    }
}

/// Whether the handler did what it was asked: what is neither 2xx nor 3xx, the sender sends again.
fn is_handled<B>(answer: &Response<B>) -> bool {
    answer.status().is_success() || answer.status().is_redirection()
}

fn inner<B>(response: Response<B>) -> Response<ResponseBody<B>> {
    response.map(ResponseBody::inner)
}

// By hand: a derive would ask for `F: Debug`, which the future of an `async fn` is not, and the
// request's headers hold the signature.
impl<S, F: Future, B> fmt::Debug for ResponseFuture<S, F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Answered { .. } => "answered",
            State::Calling { .. } => "calling",
            State::Claiming { .. } => "claiming",
            State::Reading { .. } => "reading",
            State::Refused { .. } => "refused",
            State::Resolving { .. } => "resolving",
            State::Settling { .. } => "settling",
        };
        f.debug_struct("ResponseFuture").field("state", &state).finish_non_exhaustive()
    }
}
