mod arrival;
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
pub(crate) use self::unread::Unread;
use crate::body::{BoxError, Reader};
use crate::handling::Handling;
use crate::layer::Shared;
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
        Handling {
            #[pin]
            handling: Handling<S, F, B>,
            policy: PolicyName,
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
                StateProj::Handling { handling, policy } => {
                    match ready!(handling.poll(cx, &this.shared.observers, policy)) {
                        Ok(answer) => {
                            return Poll::Ready(answer.map(|one| one.map(ResponseBody::inner)));
                        }
                        Err(rejection) => State::Refused { policy: *policy, rejection },
                    }
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

// By hand: a derive would ask for `F: Debug`, which the future of an `async fn` is not, and the
// request's headers hold the signature.
impl<S, F: Future, B> fmt::Debug for ResponseFuture<S, F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Answered { .. } => "answered",
            State::Handling { .. } => "handling",
            State::Reading { .. } => "reading",
            State::Refused { .. } => "refused",
            State::Resolving { .. } => "resolving",
        };
        f.debug_struct("ResponseFuture").field("state", &state).finish_non_exhaustive()
    }
}
