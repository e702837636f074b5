use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;
use rempart_core::ResponseBody;

use crate::{Grant, preflight};

pin_project! {
    /// Response future of [`Cors`](crate::Cors).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        // None for a preflight, which is answered here.
        #[pin]
        inner: Option<F>,
        grant: Grant,
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) const fn new(inner: Option<F>, grant: Grant) -> Self {
        Self { inner, grant }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else {
            return Poll::Ready(Ok(preflight::answer(this.grant)));
        };
        let mut response = ready!(inner.poll(cx))?;
        this.grant.apply(response.headers_mut());
        Poll::Ready(Ok(response.map(ResponseBody::inner)))
    }
}

// By hand: a derive would ask for `F: Debug`, which the future of an `async fn` is not.
impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("grant", &self.grant).finish_non_exhaustive()
    }
}
