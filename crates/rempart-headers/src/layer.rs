use rempart_core::Source;
use tower_layer::Layer;

use crate::{Headers, Policy};

/// Applies [`Headers`] to a service.
///
/// ```
/// use rempart_headers::{HeadersLayer, Policy};
///
/// let layer = HeadersLayer::new(Policy::page("site").build()?);
/// # let _ = layer; Ok::<(), rempart_headers::ConfigErrors>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is applied"]
pub struct HeadersLayer {
    policy: Source<Policy>,
}

impl HeadersLayer {
    /// Makes responses follow `policy`, or whatever a [`Live`](rempart_core::Live) one holds when
    /// the request comes.
    pub fn new(policy: impl Into<Source<Policy>>) -> Self {
        Self { policy: policy.into() }
    }
}

impl<S> Layer<S> for HeadersLayer {
    type Service = Headers<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Headers { inner, policy: self.policy.clone() }
    }
}
