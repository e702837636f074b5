use std::sync::Arc;

use rempart_core::{Clock, Observers, Renderer, Source};
use tower_layer::Layer;

#[cfg(feature = "governor")]
use crate::governor::Governed;
use crate::{Limiter, Policy, RateLimit};

/// Applies [`RateLimit`] to services. A clone, and every service made, counts together with it.
///
/// ```
/// use rempart_rate_limit::{Policy, RateLimitLayer};
///
/// /// It has a name that can be written down, and no parameters.
/// struct Limits {
///     api: RateLimitLayer,
///     auth: RateLimitLayer,
/// }
///
/// let limits = Limits {
///     api: RateLimitLayer::new(Policy::new("api", "100 requests per minute")?),
///     auth: RateLimitLayer::new(Policy::new("auth", "5 requests per minute")?),
/// };
/// # let _ = (limits.api, limits.auth);
/// # Ok::<(), rempart_rate_limit::ConfigErrors>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is applied"]
pub struct RateLimitLayer {
    shared: Arc<Shared>,
}

/// What a layer, its clones and their services hold in common.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) counter: Counter,
    pub(crate) observers: Observers,
    pub(crate) renderer: Renderer,
}

/// Who counts.
#[derive(Clone, Debug)]
pub(crate) enum Counter {
    Own(Limiter),
    #[cfg(feature = "governor")]
    Governor(Governed),
}

impl RateLimitLayer {
    /// Limits by this policy, or by a [`Live`](rempart_core::Live) one, in tables of its own.
    pub fn new(policy: impl Into<Source<Policy>>) -> Self {
        Self::sharing(&Limiter::new(policy))
    }

    /// Limits together with everything else that shares this limiter.
    pub fn sharing(limiter: &Limiter) -> Self {
        Self::counting(limiter.clone())
    }

    /// Tells these observers of every decision, in place of the log.
    pub fn observer(mut self, observers: impl Into<Observers>) -> Self {
        self.shared_mut().observers = observers.into();
        self
    }

    /// Tells the time by this clock, from empty tables on; a governor keeps its own.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        if let Some(limiter) = self.limiter().cloned() {
            self.shared_mut().counter = limiter.clock(clock).into();
        }
        self
    }

    /// Renders refusals by this renderer.
    pub fn renderer(mut self, renderer: Renderer) -> Self {
        self.shared_mut().renderer = renderer;
        self
    }

    /// The limiter, to share it; `None` if a governor counts.
    #[must_use]
    pub fn limiter(&self) -> Option<&Limiter> {
        match &self.shared.counter {
            Counter::Own(limiter) => Some(limiter),
            #[cfg(feature = "governor")]
            Counter::Governor(_) => None,
        }
    }

    pub(crate) fn counting(counter: impl Into<Counter>) -> Self {
        let (observers, renderer) = (Observers::default(), Renderer::default());
        Self { shared: Arc::new(Shared { counter: counter.into(), observers, renderer }) }
    }

    fn shared_mut(&mut self) -> &mut Shared {
        Arc::make_mut(&mut self.shared)
    }
}

impl<S> Layer<S> for RateLimitLayer {
    type Service = RateLimit<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RateLimit { inner, shared: Arc::clone(&self.shared) }
    }
}

impl From<Limiter> for Counter {
    fn from(limiter: Limiter) -> Self {
        Self::Own(limiter)
    }
}

#[cfg(feature = "governor")]
impl From<Governed> for Counter {
    fn from(governed: Governed) -> Self {
        Self::Governor(governed)
    }
}
