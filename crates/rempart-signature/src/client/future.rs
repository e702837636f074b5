use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Request;
use http::request::Parts;
use http_body::Body;
use pin_project_lite::pin_project;
use rempart_core::RequestBody;
use tower_service::Service;

use super::collect::Collector;
use super::layer::Shared;
use super::{SignPolicy, SignRequestError};
use crate::body::{self, BoxError};

pin_project! {
    /// Response future of [`Sign`](crate::Sign).
    ///
    /// Dropping it before the body was whole sends nothing.
    #[must_use = "futures do nothing unless polled"]
    pub struct SignFuture<S, F, B> {
        shared: Arc<Shared>,
        #[pin]
        state: State<S, F, B>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, F, B> {
        Calling {
            #[pin]
            response: F,
        },
        // `waiting` is taken when the body is whole, and this state is left in the same poll.
        Collecting {
            #[pin]
            collector: Collector<B>,
            policy: SignPolicy,
            waiting: Option<(S, Parts)>,
        },
    }
}

impl<S, F, B> SignFuture<S, F, B> {
    pub(super) fn new(
        shared: Arc<Shared>,
        policy: SignPolicy,
        ready: S,
        request: Request<B>,
    ) -> Self {
        let (parts, body) = request.into_parts();
        let (collector, waiting) = (Collector::new(body), Some((ready, parts)));
        Self { shared, state: State::Collecting { collector, policy, waiting } }
    }
}

impl<S, F, B, R, E> Future for SignFuture<S, F, B>
where
    S: Service<Request<RequestBody<B>>, Response = R, Error = E, Future = F>,
    F: Future<Output = Result<R, E>>,
    E: Into<BoxError>,
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Output = Result<R, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let response = match this.state.as_mut().project() {
                StateProj::Calling { response } => {
                    return response.poll(cx).map_err(Into::into);
                }
                StateProj::Collecting { mut collector, policy, waiting } => {
                    if waiting.is_none() {
                        return Poll::Pending;
                    }
                    let collected = ready!(collector.as_mut().poll_collect(cx, policy));
                    let Some((mut ready, parts)) = waiting.take() else {
                        return Poll::Pending;
                    };
                    collected?;
                    let parts = this.shared.sign(parts, &body::whole(collector.frames()))?;
                    ready.call(Request::from_parts(parts, collector.replay()))
                }
            };
            this.state.set(State::Calling { response });
        }
    }
}

impl Shared {
    /// Signs with the key of this moment: a ring may have turned while the body was collected.
    fn sign(&self, parts: Parts, body: &[u8]) -> Result<Parts, SignRequestError> {
        self.policy.get().signer().sign(parts, body, self.clock.unix())
    }
}

// By hand: a derive would ask for `F: Debug`, which the future of an `async fn` is not.
impl<S, F, B> fmt::Debug for SignFuture<S, F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Calling { .. } => "calling",
            State::Collecting { .. } => "collecting",
        };
        f.debug_struct("SignFuture").field("state", &state).finish_non_exhaustive()
    }
}
