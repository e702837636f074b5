use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;

use crate::entry::Entry;

pin_project! {
    /// Response future of [`AccessLog`](crate::AccessLog).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        // Written when it is dropped, if nobody has written it before.
        entry: Option<Entry>,
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) const fn new(inner: F, entry: Option<Entry>) -> Self {
        Self { inner, entry }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.inner.poll(cx));
        if let Some(entry) = this.entry.take() {
            match &result {
                Ok(response) => entry.answered(response),
                Err(_) => entry.failed(),
            }
        }
        Poll::Ready(result)
    }
}

// By hand: a derive would ask for `F: Debug`, which the future of an `async fn` is not.
impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("entry", &self.entry).finish_non_exhaustive()
    }
}
