use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;
use rempart_core::ResponseBody;

type Refused<B> = Response<ResponseBody<B>>;

pin_project! {
    /// Response future of a layer of this service: the inner one's, or a refusal.
    #[must_use = "futures do nothing unless polled"]
    pub(crate) struct ResponseFuture<F, B = axum::body::Body> {
        #[pin]
        kind: Kind<F, B>,
    }
}

pin_project! {
    #[project = KindProj]
    enum Kind<F, B> {
        Served { #[pin] inner: F },
        Refused { response: Option<Refused<B>> },
    }
}

impl<F, B> ResponseFuture<F, B> {
    pub(crate) const fn served(inner: F) -> Self {
        Self { kind: Kind::Served { inner } }
    }

    pub(crate) const fn refused(response: Refused<B>) -> Self {
        Self { kind: Kind::Refused { response: Some(response) } }
    }
}

impl<F, B, E> Future for ResponseFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Refused<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().kind.project() {
            KindProj::Served { inner } => {
                Poll::Ready(Ok(ready!(inner.poll(cx))?.map(ResponseBody::inner)))
            }
            // After it was ready it stays pending, as a fused future may.
            KindProj::Refused { response } => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
        }
    }
}
