use std::sync::Arc;

use rempart_core::{Clock, Observers, Renderer, SharedClock, Source, SystemClock};
use tower_layer::Layer;

use crate::shared::Shared;
use crate::{Bearer, Policy};

/// Applies [`Bearer`] to a service.
///
/// ```
/// use rempart_core::Live;
/// use rempart_keys::{KeyId, KeyRing, Secret};
/// use rempart_token::{Policy, TokenLayer};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let ring = KeyRing::single(
/// #     KeyId::new("a")?,
/// #     Secret::new("made-up-for-the-documentation-only")?,
/// # );
/// # let new_ring = ring.clone();
/// let policy = Policy::builder("api").hs256(ring).issuer("auth").audience("api").build()?;
///
/// let fixed = TokenLayer::new(policy.clone());
/// // Or one whose keys can be changed while it serves:
/// let live = Live::new(policy);
/// let layer = TokenLayer::new(live.clone());
/// let changed = live.load().with_keys(new_ring)?;
/// live.store(changed);
/// # let _ = (fixed, layer); Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is applied"]
pub struct TokenLayer {
    shared: Arc<Shared<Policy, SharedClock>>,
}

impl TokenLayer {
    /// Lets through who bears a token that `policy` finds good.
    pub fn new(policy: impl Into<Source<Policy>>) -> Self {
        Self { shared: Shared::new(policy.into(), Arc::new(SystemClock)) }
    }

    /// Tells these observers of every decision, instead of the log.
    pub fn observer(mut self, observers: impl Into<Observers>) -> Self {
        Arc::make_mut(&mut self.shared).observers = observers.into();
        self
    }

    /// Tells the time by this clock.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        Arc::make_mut(&mut self.shared).clock = Arc::new(clock);
        self
    }

    /// Renders refusals otherwise.
    pub fn renderer(mut self, renderer: Renderer) -> Self {
        Arc::make_mut(&mut self.shared).renderer = renderer;
        self
    }
}

impl<S> Layer<S> for TokenLayer {
    type Service = Bearer<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Bearer { inner, shared: Arc::clone(&self.shared) }
    }
}
