use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body::Body;
use pin_project_lite::pin_project;
use rempart_core::{Flavour, RequestBody, ResponseBody};
use tower_service::Service;

use super::arrival::{Arrival, Fetching, Whole};
use super::layer::Shared;
use crate::Rejection;
use crate::body::{BoxError, Reader};
use crate::handling::Handling;
use crate::stopwatch::Stopwatch;

pin_project! {
    /// Response future of [`Certified`](super::Certified).
    ///
    /// Dropping it before it is done drops what was read, and releases the message if it was
    /// claimed: the sender's next attempt is handled.
    #[must_use = "futures do nothing unless polled"]
    pub struct CertifiedFuture<S, F, B>
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
    pub(super) enum State<S, F, B>
    where
        F: Future,
    {
        // `whole` is taken when there is a certificate, or none; this state is left in the same poll.
        Fetching {
            fetching: Fetching,
            whole: Option<Whole<S, B>>,
        },
        Handling {
            #[pin]
            handling: Handling<S, F, B>,
        },
        // `arrival` is taken when the body is whole, and this state is left in the same poll.
        Reading {
            #[pin]
            reader: Reader<B>,
            arrival: Option<Arrival<S>>,
        },
        Refused {
            rejection: Rejection,
        },
    }
}

impl<S, F: Future, B> CertifiedFuture<S, F, B> {
    pub(super) fn new(
        shared: Arc<Shared>,
        flavour: Flavour,
        ready: S,
        request: Request<B>,
        examined: Result<(), Rejection>,
        work: Stopwatch,
    ) -> Self {
        let (parts, body) = request.into_parts();
        let state = match examined {
            Ok(()) => {
                let arrival = Some(Arrival { ready, parts, received: 0, work });
                State::Reading { reader: Reader::new(body), arrival }
            }
            Err(rejection) => shared.refuse(rejection, &parts, work),
        };
        Self { shared, flavour, state }
    }
}

impl<S, F, B, R, E> Future for CertifiedFuture<S, F, B>
where
    S: Service<Request<RequestBody<B>>, Response = Response<R>, Error = E, Future = F>,
    F: Future<Output = Result<Response<R>, E>>,
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Output = Result<Response<ResponseBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let shared: &Shared = this.shared;
        loop {
            let next = match this.state.as_mut().project() {
                StateProj::Reading { mut reader, arrival } => {
                    let Some(open) = arrival else { return Poll::Pending };
                    let read = ready!(open.poll_read(shared, reader.as_mut(), cx));
                    let Some(arrival) = arrival.take() else { return Poll::Pending };
                    arrival.look_up(shared, read, reader)
                }
                StateProj::Fetching { fetching, whole } => {
                    let Some(waiting) = whole else { return Poll::Pending };
                    let found = ready!(fetching.poll(shared, waiting, cx));
                    let Some(whole) = whole.take() else { return Poll::Pending };
                    whole.conclude(shared, found)
                }
                StateProj::Handling { handling } => {
                    match ready!(handling.poll(cx, &shared.observers, shared.sender.name())) {
                        Ok(answer) => {
                            return Poll::Ready(answer.map(|one| one.map(ResponseBody::inner)));
                        }
                        Err(rejection) => State::Refused { rejection },
                    }
                }
                StateProj::Refused { rejection } => {
                    let sender = &shared.sender;
                    let refusal =
                        rejection.refusal_as(sender.0.answered_as(*rejection), *sender.name());
                    let refusal = match rejection {
                        Rejection::MethodNotAllowed => refusal.header(header::ALLOW, POST),
                        _ => refusal,
                    };
                    let response = refusal.into_response(*this.flavour, &shared.renderer);
                    return Poll::Ready(Ok(response));
                }
            };
            this.state.set(next);
        }
    }
}

const POST: HeaderValue = HeaderValue::from_static("POST");

// By hand: a derive would ask for `F: Debug`, which the future of an `async fn` is not.
impl<S, F: Future, B> fmt::Debug for CertifiedFuture<S, F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Fetching { .. } => "fetching",
            State::Handling { .. } => "handling",
            State::Reading { .. } => "reading",
            State::Refused { .. } => "refused",
        };
        f.debug_struct("CertifiedFuture").field("state", &state).finish_non_exhaustive()
    }
}
