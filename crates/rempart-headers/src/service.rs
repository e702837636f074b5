use std::task::{Context, Poll};

use http::{Request, Response};
use rempart_core::{ClientScheme, Source};
use tower_service::Service;

use crate::{Nonce, Policy, ResponseFuture};

/// Adds the headers of a [`Policy`] to every response of `S`.
#[derive(Clone, Debug)]
pub struct Headers<S> {
    pub(crate) inner: S,
    pub(crate) policy: Source<Policy>,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Headers<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let policy = Policy::clone(&self.policy.get());
        let channel = policy.channel(ClientScheme::of(request.extensions()), request.uri());
        let nonce = policy.uses_nonce().then(|| nonce_of(&mut request));
        ResponseFuture::new(self.inner.call(request), policy, channel, nonce)
    }
}

/// The nonce that a layer further out has put there, so that a page has one and no more; else a
/// new one.
fn nonce_of<B>(request: &mut Request<B>) -> Nonce {
    if let Some(nonce) = Nonce::of(request.extensions()) {
        return nonce.clone();
    }
    let nonce = Nonce::new();
    request.extensions_mut().insert(nonce.clone());
    nonce
}
