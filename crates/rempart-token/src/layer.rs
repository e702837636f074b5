use std::fmt;
use std::sync::Arc;

use rempart_core::{Clock, Observers, Renderer, SharedClock, Source, SystemClock};
use tower_layer::Layer;

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
    shared: Arc<Shared>,
}

/// What every clone of a service shares.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) policy: Source<Policy>,
    pub(crate) observers: Observers,
    pub(crate) clock: SharedClock,
    pub(crate) renderer: Renderer,
}

impl TokenLayer {
    /// Lets through who bears a token that `policy` finds good.
    pub fn new(policy: impl Into<Source<Policy>>) -> Self {
        Self {
            shared: Arc::new(Shared {
                policy: policy.into(),
                observers: Observers::default(),
                clock: Arc::new(SystemClock),
                renderer: Renderer::default(),
            }),
        }
    }

    /// Tells these observers of every decision, instead of the log.
    pub fn observer(self, observers: impl Into<Observers>) -> Self {
        self.with(|shared| shared.observers = observers.into())
    }

    /// Tells the time by this clock.
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        self.with(|shared| shared.clock = Arc::new(clock))
    }

    /// Renders refusals otherwise.
    pub fn renderer(self, renderer: Renderer) -> Self {
        self.with(|shared| shared.renderer = renderer)
    }

    fn with(mut self, change: impl FnOnce(&mut Shared)) -> Self {
        change(Arc::make_mut(&mut self.shared));
        self
    }
}

impl<S> Layer<S> for TokenLayer {
    type Service = Bearer<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Bearer { inner, shared: Arc::clone(&self.shared) }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("policy", &self.policy)
            .field("observers", &self.observers)
            .field("renderer", &self.renderer)
            .finish_non_exhaustive()
    }
}
