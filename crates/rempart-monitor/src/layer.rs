use std::sync::Arc;

use rempart_core::{Observers, Renderer};
use tower_layer::Layer;

use crate::{AnomalyDetector, Ban};

/// Applies [`Ban`] to services: turns away the clients that a detector's policy bans.
///
/// ```
/// use std::time::Duration;
/// use rempart_monitor::{AnomalyDetector, BanLayer, Policy};
///
/// let policy = Policy::builder("clients").ban(Duration::from_secs(600)).build()?;
/// let detector = AnomalyDetector::new(policy);
/// // The clone goes to the layers inside, as their observer.
/// let layer = BanLayer::new(&detector);
/// # let _ = layer;
/// # Ok::<(), rempart_monitor::ConfigErrors>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is applied"]
pub struct BanLayer {
    shared: Arc<Shared>,
}

/// What a layer, its clones and their services hold in common.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) detector: AnomalyDetector,
    pub(crate) observers: Observers,
    pub(crate) renderer: Renderer,
}

impl BanLayer {
    /// Turns away whom this detector bans; nobody, as long as its policy only watches.
    pub fn new(detector: &AnomalyDetector) -> Self {
        let (observers, renderer) = (Observers::default(), Renderer::default());
        Self { shared: Arc::new(Shared { detector: detector.clone(), observers, renderer }) }
    }

    /// Tells these observers of every request that is turned away, in place of the log.
    pub fn observer(mut self, observers: impl Into<Observers>) -> Self {
        Arc::make_mut(&mut self.shared).observers = observers.into();
        self
    }

    /// Renders refusals by this renderer.
    pub fn renderer(mut self, renderer: Renderer) -> Self {
        Arc::make_mut(&mut self.shared).renderer = renderer;
        self
    }
}

impl<S> Layer<S> for BanLayer {
    type Service = Ban<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Ban { inner, shared: Arc::clone(&self.shared) }
    }
}
