use std::fmt;
use std::sync::Arc;

use rempart_core::{Clock, Observers, Renderer, SharedClock, Source, SystemClock};
use tower_layer::Layer;

use crate::{Policy, Signature};

/// Applies [`Signature`] to a service.
///
/// ```
/// use rempart_core::{Live, ManualClock};
/// use rempart_keys::{KeyId, KeyRing, Secret};
/// use rempart_signature::{Policy, Scheme, SignatureLayer};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let ring = KeyRing::single(KeyId::new("a")?, Secret::new("made-up-for-the-documentation")?);
/// let policy = Policy::builder("vapi")
///     .scheme(Scheme::vapi())
///     .keys(ring)
///     .timer(ManualClock::default()) // in a server: `TokioTimer`
///     .build()?;
///
/// let fixed = SignatureLayer::new(policy.clone());
/// // Or one whose keys can be changed while it serves:
/// let live = Live::new(policy);
/// let layer = SignatureLayer::new(live.clone());
/// # let _ = (fixed, layer); Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is applied"]
pub struct SignatureLayer {
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

impl SignatureLayer {
    /// Lets through what `policy` says is signed.
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

impl<S> Layer<S> for SignatureLayer {
    type Service = Signature<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Signature { inner, shared: Arc::clone(&self.shared) }
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
