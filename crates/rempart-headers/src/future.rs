use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;

use crate::{Channel, Nonce, Policy, decide};

pin_project! {
    /// Response future of [`Headers`](crate::Headers).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        policy: Policy,
        channel: Channel,
        nonce: Option<Nonce>,
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) const fn new(
        inner: F,
        policy: Policy,
        channel: Channel,
        nonce: Option<Nonce>,
    ) -> Self {
        Self { inner, policy, channel, nonce }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(cx))?;
        let nonce = this.nonce.as_ref().and_then(Nonce::seal);
        decide(this.policy, *this.channel, response.status(), nonce).apply(response.headers_mut());
        Poll::Ready(Ok(response))
    }
}

// By hand: a derive would ask for `F: Debug`, which the future of an `async fn` is not.
impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("policy", self.policy.name())
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}
