use std::convert::Infallible;
use std::task::{Context, Poll};

use tower_service::Service;

/// A service that panics when it is called without having been polled ready: the mock that every
/// layer is tested around. A clone is not ready, whatever its original was.
#[derive(Debug)]
pub struct Strict<F> {
    answer: F,
    ready: bool,
}

/// A [`Strict`] service that answers with `answer`.
pub fn strict<F>(answer: F) -> Strict<F> {
    Strict { answer, ready: false }
}

impl<F: Clone> Clone for Strict<F> {
    fn clone(&self) -> Self {
        strict(self.answer.clone())
    }
}

impl<F, Request, Fut, Response> Service<Request> for Strict<F>
where
    F: FnMut(Request) -> Fut,
    Fut: Future<Output = Response>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Answer<Fut>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        assert!(self.ready, "called without having been polled ready");
        self.ready = false;
        Answer(Box::pin((self.answer)(request)))
    }
}

/// The future of [`Strict`].
pub struct Answer<Fut>(std::pin::Pin<Box<Fut>>);

impl<Fut: Future> Future for Answer<Fut> {
    type Output = Result<Fut::Output, Infallible>;

    fn poll(mut self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx).map(Ok)
    }
}

impl<Fut> std::fmt::Debug for Answer<Fut> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").finish_non_exhaustive()
    }
}
