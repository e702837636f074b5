use rempart_core::{Observers, Source};
use tower_layer::Layer;

use crate::{Cors, DebugSwitch, Policy};

/// Applies [`Cors`] to a service.
///
/// It stands outside everything that refuses, so that a page can read a 401, a 413 or a 429, and
/// inside the layer that adds security headers.
///
/// ```
/// use rempart_core::Live;
/// use rempart_cors::{CorsLayer, Policy};
///
/// let policy = Policy::credentialed("api").origins(["https://app.example.com"]).build()?;
/// let fixed = CorsLayer::new(policy.clone());
///
/// // One that can be replaced while requests are served.
/// let live = Live::new(policy);
/// let layer = CorsLayer::new(live.clone());
/// live.store(Policy::credentialed("api").origins(["https://new.example.com"]).build()?);
/// # Ok::<_, rempart_cors::ConfigErrors>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is applied"]
pub struct CorsLayer {
    policy: Source<Policy>,
    observers: Observers,
    debug: Option<DebugSwitch>,
}

impl CorsLayer {
    /// Makes requests follow `policy`, a [`Policy`] or a [`Live`](rempart_core::Live) one.
    pub fn new(policy: impl Into<Source<Policy>>) -> Self {
        Self { policy: policy.into(), observers: Observers::default(), debug: None }
    }

    /// Tells these observers of every decision about another origin; without it, `tracing`.
    pub fn observer(mut self, observers: impl Into<Observers>) -> Self {
        self.observers = observers.into();
        self
    }

    /// Lets browsers say why a preflight was refused, while the switch is on.
    pub fn debug(mut self, switch: DebugSwitch) -> Self {
        self.debug = Some(switch);
        self
    }
}

impl<S> Layer<S> for CorsLayer {
    type Service = Cors<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let (policy, observers) = (self.policy.clone(), self.observers.clone());
        Cors { inner, policy, observers, debug: self.debug.clone() }
    }
}
