use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use pin_project_lite::pin_project;
use rempart_core::ResponseBody;

use crate::refused::Refused;

pin_project! {
    /// Response future of [`Bearer`](crate::Bearer), and of the guards that turn requests away:
    /// [`AdminGuard`](crate::admin::AdminGuard) and [`BrowserGuard`](crate::browser::BrowserGuard).
    /// A refusal that is polled again after it was given is given again.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        kind: Kind<F>,
    }
}

pin_project! {
    #[project = KindProj]
    enum Kind<F> {
        Served { #[pin] inner: F },
        Refused { refused: Refused },
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) const fn served(inner: F) -> Self {
        Self { kind: Kind::Served { inner } }
    }

    pub(crate) const fn refused(refused: Refused) -> Self {
        Self { kind: Kind::Refused { refused } }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().kind.project() {
            KindProj::Served { inner } => {
                inner.poll(cx).map_ok(|response| response.map(ResponseBody::inner))
            }
            KindProj::Refused { refused } => Poll::Ready(Ok(refused.response())),
        }
    }
}

// By hand: a derive would ask for `F: Debug`, which the future of an `async fn` is not.
impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refused = match &self.kind {
            Kind::Served { .. } => None,
            Kind::Refused { refused } => Some(refused.reason()),
        };
        f.debug_struct("ResponseFuture").field("refused", &refused).finish_non_exhaustive()
    }
}
