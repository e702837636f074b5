use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::layer::Shared;
use super::question::Question;
use super::service::go;
use crate::LimitedBody;
use crate::course::Course;

pin_project! {
    /// Response future of [`SharedRateLimit`](super::SharedRateLimit).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        state: State<S, S::Future, B>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, F, B> {
        Asking { waiting: Option<Waiting<S, B>> },
        Decided { #[pin] inner: crate::ResponseFuture<F> },
    }
}

/// A request whose limits are being asked, and the service that is ready for it.
struct Waiting<S, B> {
    shared: Arc<Shared>,
    question: Box<Question>,
    service: S,
    request: Request<B>,
}

impl<S, B> ResponseFuture<S, B>
where
    S: Service<Request<B>>,
{
    pub(super) const fn asking(
        shared: Arc<Shared>,
        question: Box<Question>,
        service: S,
        request: Request<B>,
    ) -> Self {
        let waiting = Waiting { shared, question, service, request };
        Self { state: State::Asking { waiting: Some(waiting) } }
    }

    pub(super) fn decided(
        shared: &Shared,
        course: Course,
        service: S,
        request: Request<B>,
    ) -> Self {
        Self { state: State::Decided { inner: go(shared, course, service, request) } }
    }
}

impl<S, B, ResBody> Future for ResponseFuture<S, B>
where
    S: Service<Request<B>, Response = Response<ResBody>>,
{
    type Output = Result<Response<LimitedBody<ResBody>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            match state.as_mut().project() {
                StateProj::Decided { inner } => return inner.poll(cx),
                StateProj::Asking { waiting } => {
                    // Only a service that panicked when it was called leaves nobody waiting.
                    let Some(asking) = waiting else { return Poll::Pending };
                    let joint = ready!(Pin::new(&mut *asking.question).poll(cx));
                    let Some(asked) = waiting.take() else { return Poll::Pending };
                    let Waiting { shared, question, service, request } = asked;
                    let course = shared.answered(&question.policy, joint, &request);
                    let inner = go(&shared, course, service, request);
                    state.set(State::Decided { inner });
                }
            }
        }
    }
}

// By hand: a derive would ask for `S::Future: Debug`, which the future of an `async fn` is not.
impl<S, B> fmt::Debug for ResponseFuture<S, B>
where
    S: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asking = matches!(&self.state, State::Asking { .. });
        f.debug_struct("ResponseFuture").field("asking", &asking).finish_non_exhaustive()
    }
}
