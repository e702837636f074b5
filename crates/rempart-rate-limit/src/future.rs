use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Response;
use pin_project_lite::pin_project;
use rempart_core::{Flavour, ResponseBody};

use crate::layer::Shared;
use crate::{Policy, Rejection, Standing};

pin_project! {
    /// Response future of [`RateLimit`](crate::RateLimit). A refusal that is polled again after it
    /// was given is given again.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        kind: Kind<F>,
    }
}

pin_project! {
    #[project = KindProj]
    enum Kind<F> {
        Served { #[pin] inner: F, announced: Option<(Policy, Standing)> },
        Refused { shared: Arc<Shared>, policy: Policy, rejection: Rejection, flavour: Flavour },
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) const fn served(inner: F, announced: Option<(Policy, Standing)>) -> Self {
        Self { kind: Kind::Served { inner, announced } }
    }

    pub(crate) const fn refused(
        shared: Arc<Shared>,
        policy: Policy,
        rejection: Rejection,
        flavour: Flavour,
    ) -> Self {
        Self { kind: Kind::Refused { shared, policy, rejection, flavour } }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().kind.project() {
            KindProj::Served { inner, announced } => inner.poll(cx).map_ok(|mut response| {
                if let Some((policy, standing)) = announced {
                    policy.fields().announce(response.headers_mut(), *standing);
                }
                response.map(ResponseBody::inner)
            }),
            KindProj::Refused { shared, policy, rejection, flavour } => {
                let refusal = rejection.refusal(policy, *flavour);
                Poll::Ready(Ok(refusal.into_response(*flavour, &shared.renderer)))
            }
        }
    }
}

// By hand: a derive would ask for `F: Debug`, which the future of an `async fn` is not.
impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rejection = match &self.kind {
            Kind::Served { .. } => None,
            Kind::Refused { rejection, .. } => Some(rejection),
        };
        f.debug_struct("ResponseFuture").field("rejection", &rejection).finish_non_exhaustive()
    }
}
