use std::fmt;
use std::sync::Arc;

use rempart_core::{Clock, Observers, Renderer, SharedClock, SystemClock};
use tower_layer::Layer;

use super::{Certified, CertifiedSender};

/// Applies [`Certified`] to a service.
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is applied"]
pub struct CertifiedLayer {
    shared: Arc<Shared>,
}

/// What every clone of a service shares.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) sender: CertifiedSender,
    pub(crate) observers: Observers,
    pub(crate) clock: SharedClock,
    pub(crate) renderer: Renderer,
}

impl CertifiedLayer {
    /// Lets through what this sender has signed.
    pub fn new(sender: impl Into<CertifiedSender>) -> Self {
        Self {
            shared: Arc::new(Shared {
                sender: sender.into(),
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

impl<S> Layer<S> for CertifiedLayer {
    type Service = Certified<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Certified { inner, shared: Arc::clone(&self.shared) }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("sender", &self.sender)
            .field("observers", &self.observers)
            .field("renderer", &self.renderer)
            .finish_non_exhaustive()
    }
}
