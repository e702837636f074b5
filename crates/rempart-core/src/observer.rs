//! Who is told of decisions: observers, called behind one function that outlives their panics.

mod log;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{fmt, mem};

pub use self::log::TracingObserver;
use crate::{Event, EventKind, Outcome};

/// Is told of every decision, in the thread that took it, before the request moves on.
///
/// An observer counts, scores or writes; it cannot change the decision, and should neither block
/// nor wait. If it panics the decision stands (see [`observer_panics`]).
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use rempart_core::{Event, Observer, Observers, Outcome, TracingObserver};
///
/// #[derive(Default)]
/// struct Refusals(AtomicU64);
///
/// impl Observer for Refusals {
///     fn observe(&self, event: &Event<'_>) {
///         if event.outcome == Outcome::Refused {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
///
/// let refusals = Arc::new(Refusals::default());
/// // What a layer's `.observer(…)` takes: one, or several as a tuple.
/// let observers = Observers::from((TracingObserver, refusals));
/// ```
pub trait Observer: Send + Sync {
    /// Takes note of a decision.
    fn observe(&self, event: &Event<'_>);
}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn observe(&self, event: &Event<'_>) {
        (**self).observe(event);
    }
}

impl<O: Observer> Observer for Option<O> {
    fn observe(&self, event: &Event<'_>) {
        if let Some(observer) = self {
            observer.observe(event);
        }
    }
}

impl<O: Observer> Observer for Vec<O> {
    fn observe(&self, event: &Event<'_>) {
        for observer in self {
            observer.observe(event);
        }
    }
}

/// Nobody: a layer with `()` for an observer tells no one.
impl Observer for () {
    fn observe(&self, _: &Event<'_>) {}
}

macro_rules! impl_observer_for_tuples {
    ($( ($($O:ident $o:ident),+) )+) => { $(
        /// Each in turn; one that panics keeps none of the others from being told.
        impl<$($O: Observer),+> Observer for ($($O,)+) {
            fn observe(&self, event: &Event<'_>) {
                let ($($o,)+) = self;
                $( guarded($o, event); )+
            }
        }
    )+ };
}

impl_observer_for_tuples! {
    (A a, B b)
    (A a, B b, C c)
    (A a, B b, C c, D d)
}

/// The observers of a layer: [`TracingObserver`] unless told otherwise.
#[derive(Clone, Default)]
pub struct Observers(Option<Arc<dyn Observer>>);

impl Observers {
    /// Whether an event of this kind and outcome would reach anybody. It is `false` only where the
    /// log is the one observer and no subscriber wants that level: then a layer need not look up
    /// what it would say.
    #[must_use]
    pub fn listen(&self, kind: EventKind, outcome: Outcome) -> bool {
        self.0.is_some() || TracingObserver::listens(kind, outcome)
    }

    /// Tells the observers. It returns when all have been told, and never panics
    /// (with `panic = "abort"` an observer's panic ends the process: nothing can be promised).
    pub fn emit(&self, event: &Event<'_>) {
        match &self.0 {
            None => guarded(&TracingObserver, event),
            Some(observer) => guarded(observer, event),
        }
    }
}

impl<O: Observer + 'static> From<O> for Observers {
    fn from(observer: O) -> Self {
        Self(Some(Arc::new(observer)))
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Observers(custom)" } else { "Observers(tracing)" })
    }
}

static PANICS: AtomicU64 = AtomicU64::new(0);

/// How many times an observer of this process panicked; the first time is logged as well.
#[must_use]
pub fn observer_panics() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

/// The one place where observers are called: their panic ends here.
fn guarded<O: Observer + ?Sized>(observer: &O, event: &Event<'_>) {
    // The decision is taken and nothing of it is lent out mutably, so nothing is left half-done.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| observer.observe(event))) {
        contain(payload);
    }
}

#[cold]
fn contain(payload: Box<dyn Any + Send>) {
    let first = PANICS.fetch_add(1, Ordering::Relaxed) == 0;
    // Both may panic in turn: the payload when it is dropped, the log if it was the one at fault.
    let last_words = catch_unwind(AssertUnwindSafe(move || {
        drop(payload);
        if first {
            tracing::error!(target: "rempart", "an observer panicked; further panics are counted");
        }
    }));
    if let Err(payload) = last_words {
        mem::forget(payload);
    }
}
