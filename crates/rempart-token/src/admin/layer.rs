use std::sync::Arc;

use rempart_core::{Observers, Renderer, Source};
use tower_layer::Layer;

use super::{AdminGuard, Policy};
use crate::shared::Shared;

/// Applies [`AdminGuard`] to a service; stands inside [`TokenLayer`](crate::TokenLayer).
///
/// ```
/// use rempart_token::admin::{AdminGuardLayer, Policy};
///
/// let policy = Policy::builder("admin").role("admin").build()?;
/// let layer = AdminGuardLayer::new(policy);
/// # let _ = layer;
/// # Ok::<(), rempart_token::admin::ConfigErrors>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is applied"]
pub struct AdminGuardLayer {
    shared: Arc<Shared<Policy>>,
}

impl AdminGuardLayer {
    /// Lets in whom this policy names.
    pub fn new(policy: impl Into<Source<Policy>>) -> Self {
        Self { shared: Shared::new(policy.into(), ()) }
    }

    /// Tells these observers of every access, instead of the log.
    pub fn observer(mut self, observers: impl Into<Observers>) -> Self {
        Arc::make_mut(&mut self.shared).observers = observers.into();
        self
    }

    /// Renders refusals otherwise.
    pub fn renderer(mut self, renderer: Renderer) -> Self {
        Arc::make_mut(&mut self.shared).renderer = renderer;
        self
    }
}

impl<S> Layer<S> for AdminGuardLayer {
    type Service = AdminGuard<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AdminGuard { inner, shared: Arc::clone(&self.shared) }
    }
}
