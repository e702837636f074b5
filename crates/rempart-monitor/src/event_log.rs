//! One line an event, up to a cap: an attack is not to fill the disk.

mod cap;
mod place;

use std::fmt;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rempart_core::{Clock, Event, EventKind, Observer, SharedClock, TracingObserver};

use self::cap::{Cap, Line};
use self::place::Place;

/// Writes each event through `tracing`, up to a cap, and counts what it left out.
///
/// Of each kind, outcome and reason up to 20 events a second are written, a line each, as
/// [`TracingObserver`] writes them. Once a second brings more, one line a second is written in their
/// place, with a `suppressed` count, until a second brings no more than the cap again. The lines of
/// an event and the counts in them add up to how often it happened, exactly.
///
/// What was allowed has no cap: it is written at DEBUG, for whoever asked for that.
///
/// ```
/// use rempart_core::{Event, EventKind, ManualClock, Observer, Outcome, PolicyName, Reason};
/// use rempart_monitor::EventLog;
///
/// let log = EventLog::new(ManualClock::default());
/// let policy = PolicyName::new("vapi")?;
/// let forged = Event::new(EventKind::Signature, Outcome::Refused, &policy).reason(Reason::Mismatch);
/// for _ in 0..1000 {
///     log.observe(&forged);
/// }
/// assert_eq!(log.suppressed(EventKind::Signature), 980);
/// // One line more, which says how many were left out.
/// log.flush();
/// # Ok::<(), rempart_core::NameError>(())
/// ```
#[must_use = "a log says nothing until a layer tells it"]
pub struct EventLog {
    clock: SharedClock,
    most: NonZeroU32,
    /// In the order of [`Place::all`].
    caps: Box<[Mutex<Cap>]>,
    /// What was left out since the start, by kind.
    suppressed: [AtomicU64; EventKind::ALL.len()],
}

impl EventLog {
    /// How many lines a second an event may write, unless said otherwise.
    pub const LINES_PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);

    /// Counts by the seconds of this clock.
    pub fn new(clock: impl Clock + 'static) -> Self {
        Self {
            clock: Arc::new(clock),
            most: Self::LINES_PER_SECOND,
            caps: (0..Place::COUNT).map(|_| Mutex::default()).collect(),
            suppressed: [const { AtomicU64::new(0) }; EventKind::ALL.len()],
        }
    }

    /// Takes another cap: so many lines a second of each kind, outcome and reason.
    pub const fn lines_per_second(mut self, most: NonZeroU32) -> Self {
        self.most = most;
        self
    }

    /// How many events of this kind were left out since the start, whether a line has told of them
    /// by now or not.
    #[must_use]
    pub fn suppressed(&self, kind: EventKind) -> u64 {
        self.suppressed.get(kind.index()).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    /// Writes the counts that no line has told of yet; for a timer, and before the process ends.
    ///
    /// Such a line stands for no event of its own: it has a kind, an outcome, a reason and the
    /// count, and neither policy nor client.
    pub fn flush(&self) {
        for (place, cap) in Place::all().zip(&self.caps) {
            let untold = cap.lock().unwrap_or_else(PoisonError::into_inner).take_untold();
            if untold > 0 {
                place.sum_up(untold);
            }
        }
    }

    /// What becomes of an event.
    fn line(&self, event: &Event<'_>) -> Line {
        let cap = Place::index_of(event).and_then(|index| self.caps.get(index));
        let Some(cap) = cap else { return Line::Pass };
        let second = Duration::from_nanos(self.clock.ticks()).as_secs();
        // A thread that panicked here left numbers, and numbers are whole.
        cap.lock().unwrap_or_else(PoisonError::into_inner).next(second, self.most.get())
    }
}

impl Observer for EventLog {
    fn observe(&self, event: &Event<'_>) {
        // The line is written when the cap is let go: a slow disk holds nobody up but its thread.
        match self.line(event) {
            Line::Pass => TracingObserver.observe(event),
            Line::Tell(suppressed) => TracingObserver::tell(event, suppressed),
            Line::Suppress => {
                if let Some(count) = self.suppressed.get(event.kind.index()) {
                    count.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }
}

impl fmt::Debug for EventLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suppressed = EventKind::ALL.iter().map(|kind| (kind.as_str(), self.suppressed(*kind)));
        f.debug_struct("EventLog")
            .field("lines_per_second", &self.most)
            .field("suppressed", &suppressed.filter(|(_, count)| *count > 0).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
