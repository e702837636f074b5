use std::sync::Arc;

use rempart_core::{Observers, Renderer, Source};
use tower_layer::Layer;

use super::{SharedLimiter, SharedPolicy, SharedRateLimit};

/// Applies [`SharedRateLimit`] to services: as [`RateLimitLayer`](crate::RateLimitLayer), with the
/// quotas of all instances together. A clone, and every service made, is the same instance's.
///
/// See [`SharedPolicy`] for an example. When the service shuts down, give back what it leased:
/// [`SharedStore::return_leases`](super::SharedStore::return_leases).
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is applied"]
pub struct SharedRateLimitLayer {
    shared: Arc<Shared>,
}

/// What a layer, its clones and their services hold in common.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub(super) limiter: SharedLimiter,
    pub(super) observers: Observers,
    pub(super) renderer: Renderer,
}

impl SharedRateLimitLayer {
    /// Limits by this policy, or by a [`Live`](rempart_core::Live) one.
    pub fn new(policy: impl Into<Source<SharedPolicy>>) -> Self {
        Self::sharing(&SharedLimiter::new(policy))
    }

    /// Limits together with everything else that shares this limiter.
    pub fn sharing(limiter: &SharedLimiter) -> Self {
        let (observers, renderer) = (Observers::default(), Renderer::default());
        Self { shared: Arc::new(Shared { limiter: limiter.clone(), observers, renderer }) }
    }

    /// Tells these observers of every decision, in place of the log.
    pub fn observer(mut self, observers: impl Into<Observers>) -> Self {
        Arc::make_mut(&mut self.shared).observers = observers.into();
        self
    }

    /// Renders refusals by this renderer.
    pub fn renderer(mut self, renderer: Renderer) -> Self {
        Arc::make_mut(&mut self.shared).renderer = renderer;
        self
    }

    /// The limiter, to share it.
    #[must_use]
    pub fn limiter(&self) -> &SharedLimiter {
        &self.shared.limiter
    }
}

impl<S> Layer<S> for SharedRateLimitLayer {
    type Service = SharedRateLimit<S>;

    fn layer(&self, inner: S) -> Self::Service {
        SharedRateLimit { inner, shared: Arc::clone(&self.shared) }
    }
}
