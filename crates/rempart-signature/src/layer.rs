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
    #[cfg(feature = "explain")]
    pub(crate) explaining: Option<Arc<crate::explain::Teller>>,
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
                #[cfg(feature = "explain")]
                explaining: None,
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

    /// Says in the log why a signature failed, as [`explain`](crate::explain) guesses it: one line a
    /// second at most, on one of the requests that were refused with 401.
    ///
    /// # Security
    ///
    /// For development. What is guessed costs some thirty verifications, on the request that is being
    /// answered: whoever sends forged ones has the service work for it, and sees from the time that
    /// one was explained. The line holds no secret; it does tell who reads the log which mistake lets
    /// a signature pass.
    #[cfg(feature = "explain")]
    #[cfg_attr(docsrs, doc(cfg(feature = "explain")))]
    pub fn dangerously_explain(self) -> Self {
        self.with(|shared| shared.explaining = Some(Arc::default()))
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
