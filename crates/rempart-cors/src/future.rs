use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;

use crate::Grant;

pin_project! {
    /// Response future of [`Cors`](crate::Cors).
    ///
    /// Polled again after it has answered, it does what the service's own does, or stays pending
    /// if the answer was not the service's.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        kind: Kind<F>,
    }
}

pin_project! {
    #[project = KindProj]
    enum Kind<F> {
        Inner { #[pin] future: F, grant: Grant },
        Answered { response: Option<Response<()>> },
    }
}

impl<F> ResponseFuture<F> {
    /// Waits for the service, whose response the grant is for.
    pub(crate) const fn inner(future: F, grant: Grant) -> Self {
        Self { kind: Kind::Inner { future, grant } }
    }

    /// Has the answer.
    pub(crate) const fn answered(response: Response<()>) -> Self {
        Self { kind: Kind::Answered { response: Some(response) } }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Default,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().kind.project() {
            KindProj::Inner { future, grant } => {
                let mut response = ready!(future.poll(cx))?;
                grant.apply(response.headers_mut());
                Poll::Ready(Ok(response))
            }
            KindProj::Answered { response } => match response.take() {
                Some(response) => Poll::Ready(Ok(response.map(|()| B::default()))),
                None => Poll::Pending,
            },
        }
    }
}

// By hand: a derive would ask for `F: Debug`, which the future of an `async fn` is not.
impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("ResponseFuture");
        match &self.kind {
            Kind::Inner { grant, .. } => debug.field("grant", grant),
            Kind::Answered { response } => debug.field("response", response),
        };
        debug.finish_non_exhaustive()
    }
}
