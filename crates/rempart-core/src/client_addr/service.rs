use std::sync::Arc;
use std::task::{Context, Poll};

use http::Request;
use tower_service::Service;

use super::address::ClientAddr;
use super::decision::resolve;
use super::layer::Shared;
use super::peer::PeerAddr;

/// Puts a [`ClientAddr`] into every request before `S` sees it.
#[derive(Clone, Debug)]
pub struct ClientAddrService<S> {
    pub(super) inner: S,
    pub(super) shared: Arc<Shared>,
}

impl<S, B> Service<Request<B>> for ClientAddrService<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let known = PeerAddr::of(request.extensions()).map(|peer| {
            self.shared.unheeded.look(&self.shared.proxies, peer, request.headers());
            resolve(&self.shared.proxies, peer, request.headers())
        });
        let extensions = request.extensions_mut();
        match known {
            Some(resolution) => {
                extensions.insert(resolution.client);
                // Without a trusted word, what the listener itself knows of TLS stands.
                if let Some(scheme) = resolution.scheme {
                    extensions.insert(scheme);
                }
                if let Some(host) = resolution.host {
                    extensions.insert(host);
                }
            }
            // A client whom this layer does not know, nobody knows.
            None => drop(extensions.remove::<ClientAddr>()),
        }
        self.inner.call(request)
    }
}
