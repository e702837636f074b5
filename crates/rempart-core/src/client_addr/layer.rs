use tower_layer::Layer;

use super::policy::TrustedProxies;
use super::service::ClientAddrService;

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
    proxies: TrustedProxies,
}

impl ClientAddrLayer {
    /// Believes these proxies.
    pub const fn new(proxies: TrustedProxies) -> Self {
        Self { proxies }
    }
}

impl<S> Layer<S> for ClientAddrLayer {
    type Service = ClientAddrService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ClientAddrService { inner, proxies: self.proxies.clone() }
    }
}
