use std::sync::Arc;

use tower_layer::Layer;

use super::policy::TrustedProxies;
use super::service::ClientAddrService;
use super::unheeded::Unheeded;

/// Decides who the client is, once, for every layer inside.
///
/// It stands outermost. It puts a [`ClientAddr`](crate::ClientAddr) into each request (and a
/// [`ClientScheme`](crate::ClientScheme) and a [`ClientHost`](crate::ClientHost), if the policy asks
/// for them); where the peer is unknown it
/// puts none, and the layers that need one say so.
///
/// ```
/// use rempart_core::{ClientAddrLayer, TrustedProxies};
///
/// let layer = ClientAddrLayer::new(TrustedProxies::none());
/// # let _ = layer;
/// ```
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is applied"]
pub struct ClientAddrLayer {
    shared: Arc<Shared>,
}

/// What a layer, its clones and their services hold in common.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) proxies: TrustedProxies,
    pub(super) unheeded: Unheeded,
}

impl ClientAddrLayer {
    /// Believes these proxies.
    ///
    /// If one of the first thousand requests names a client in a header that is not read, since
    /// its peer is not trusted or another header is, that is said in the log, once for each
    /// of both: a proxy that
    /// was forgotten is taken for all of its clients.
    pub fn new(proxies: TrustedProxies) -> Self {
        Self { shared: Arc::new(Shared { proxies, unheeded: Unheeded::new() }) }
    }
}

impl<S> Layer<S> for ClientAddrLayer {
    type Service = ClientAddrService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ClientAddrService { inner, shared: Arc::clone(&self.shared) }
    }
}
