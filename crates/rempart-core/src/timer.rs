use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// What [`Timer::sleep`] gives: done when the time is over.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Waits. A layer takes its timer as a value, so that none of them is tied to a runtime.
///
/// The future is boxed: layers ask for it at the first wait only, and a request that never waits
/// never pays.
pub trait Timer: Send + Sync {
    /// Gives a future that is done when `duration` has passed, counted from this call.
    fn sleep(&self, duration: Duration) -> Sleep;
}

/// A timer as layers hold it.
pub type SharedTimer = Arc<dyn Timer>;

impl<T: Timer + ?Sized> Timer for Arc<T> {
    fn sleep(&self, duration: Duration) -> Sleep {
        (**self).sleep(duration)
    }
}

/// Waits on Tokio's clock; its sleeps must be polled within a Tokio runtime with time enabled.
#[cfg(feature = "tokio")]
#[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioTimer;

#[cfg(feature = "tokio")]
impl Timer for TokioTimer {
    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}
