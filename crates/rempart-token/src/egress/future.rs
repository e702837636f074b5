use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Response;
use http::response::Parts;
use http_body::Body;
use pin_project_lite::pin_project;
use rempart_core::{Flavour, ResponseBody};

use super::held::{Held, Read};
use super::watch::{Asked, Watch};
use super::{Decision, GuardedBody, Length, Policy, Rejection, decide};
use crate::shared::Shared;

pin_project! {
    /// Response future of [`EgressGuard`](super::EgressGuard): done when the body was searched.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F, B> {
        shared: Arc<Shared<Policy>>,
        flavour: Flavour,
        asked: Asked,
        #[pin]
        state: State<F, B>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F, B> {
        Calling {
            #[pin]
            response: F,
        },
        // `reading` is taken when the body was read, and the future is done.
        Reading {
            #[pin]
            body: B,
            reading: Option<Reading>,
        },
        // The body is on the heap, since it may have to go on from here.
        Holding {
            body: Option<Pin<Box<B>>>,
            reading: Option<Reading>,
        },
    }
}

/// A response without its body, and what was read of that.
struct Reading {
    policy: Policy,
    parts: Parts,
    held: Held,
}

/// What the head of a response says is to be done.
enum Verdict<F, B: Body> {
    Answer(Answer<B>),
    Read(State<F, B>),
}

type Answer<B> = Response<ResponseBody<GuardedBody<B>>>;

impl<F, B> ResponseFuture<F, B> {
    pub(super) const fn new(
        response: F,
        shared: Arc<Shared<Policy>>,
        flavour: Flavour,
        asked: Asked,
    ) -> Self {
        Self { shared, flavour, asked, state: State::Calling { response } }
    }
}

impl<F, B, E> Future for ResponseFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body<Data = Bytes>,
{
    type Output = Result<Answer<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let guard = Guard { shared: this.shared, flavour: *this.flavour, asked: this.asked };
        loop {
            let next = match this.state.as_mut().project() {
                StateProj::Calling { response } => match guard.judge(ready!(response.poll(cx))?) {
                    Verdict::Answer(answer) => return Poll::Ready(Ok(answer)),
                    Verdict::Read(next) => next,
                },
                StateProj::Reading { body, reading } => {
                    let Some(open) = reading else { return Poll::Pending };
                    let limit = open.policy.body_limit();
                    let read = ready!(open.held.poll_read(body, limit, cx));
                    let Some(reading) = reading.take() else { return Poll::Pending };
                    return Poll::Ready(Ok(guard.conclude(reading, read, None)));
                }
                StateProj::Holding { body, reading } => {
                    let (Some(from), Some(open)) = (body.as_mut(), reading.as_mut()) else {
                        return Poll::Pending;
                    };
                    let limit = open.policy.body_limit();
                    let read = ready!(open.held.poll_read(from.as_mut(), limit, cx));
                    let Some(reading) = reading.take() else { return Poll::Pending };
                    return Poll::Ready(Ok(guard.conclude(reading, read, body.take())));
                }
            };
            this.state.set(next);
        }
    }
}

// By hand: a derive would ask for `F: Debug`, which the future of an `async fn` is not, and the
// response may hold the secret.
impl<F, B> fmt::Debug for ResponseFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Calling { .. } => "calling",
            State::Holding { .. } => "holding",
            State::Reading { .. } => "reading",
        };
        f.debug_struct("ResponseFuture").field("state", &state).finish_non_exhaustive()
    }
}

/// What the future knows of its request, whatever state it is in.
#[derive(Clone, Copy)]
struct Guard<'a> {
    shared: &'a Arc<Shared<Policy>>,
    flavour: Flavour,
    asked: &'a Asked,
}

impl Guard<'_> {
    /// Answers by the head of the response, or begins to read its body.
    fn judge<F, B: Body<Data = Bytes>>(self, response: Response<B>) -> Verdict<F, B> {
        let (parts, body) = response.into_parts();
        let policy = self.shared.policy.get().clone();
        let exact = body.size_hint().exact();
        let length = match exact {
            _ if body.is_end_stream() => Length::None,
            Some(bytes) => Length::Exact(bytes),
            None => Length::Unknown,
        };
        match decide(&policy, parts.status, &parts.headers, length) {
            Decision::Refuse(rejection) => Verdict::Answer(self.refuse(&policy, rejection)),
            Decision::Pass => {
                let watch = (length != Length::None).then(|| self.watch(policy));
                Verdict::Answer(answer(parts, GuardedBody::passed(body, watch)))
            }
            Decision::Read => {
                let reading = Some(Reading { policy, parts, held: Held::new(exact) });
                Verdict::Read(State::Reading { body, reading })
            }
            Decision::Hold => {
                let reading = Some(Reading { policy, parts, held: Held::new(exact) });
                Verdict::Read(State::Holding { body: Some(Box::pin(body)), reading })
            }
        }
    }

    /// Sends what was read, with `rest` after it if there is more, or refuses.
    fn conclude<B: Body<Data = Bytes>>(
        self,
        reading: Reading,
        read: Read<B::Error>,
        rest: Option<Pin<Box<B>>>,
    ) -> Answer<B> {
        let Reading { policy, parts, mut held } = reading;
        let trailers = || policy.find_in_headers(held.trailers()?);
        if let Some(secret) = policy.find(held.data()).or_else(trailers) {
            return self.refuse(&policy, Rejection::Exposed { secret });
        }
        let body = match (read, rest) {
            (Read::Whole, _) => GuardedBody::searched(held, None),
            (Read::Broken(error), _) => GuardedBody::searched(held, Some(error)),
            (Read::TooLong, Some(rest)) if !policy.refuses_longer() => {
                GuardedBody::resumed(held.take_data(), rest, self.watch(policy))
            }
            // Without a rest: it said how long it is, and that was not true.
            (Read::TooLong, _) => return self.refuse(&policy, Rejection::TooLarge),
        };
        answer(parts, body)
    }

    fn refuse<B: Body>(self, policy: &Policy, rejection: Rejection<'_>) -> Answer<B> {
        self.asked.tell(self.shared, policy, rejection);
        rejection.refusal(*policy.name()).into_response(self.flavour, &self.shared.renderer)
    }

    fn watch(self, policy: Policy) -> Watch {
        Watch { shared: Arc::clone(self.shared), policy, asked: self.asked.clone() }
    }
}

fn answer<B: Body>(parts: Parts, body: GuardedBody<B>) -> Answer<B> {
    Response::from_parts(parts, ResponseBody::inner(body))
}
