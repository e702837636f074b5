use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rempart_core::{Clock, Event, EventKind, Observer, Outcome, Reason, TracingObserver};
use tracing::{Level, field};

/// Bounds how many lines refusals may write: an attack is not to fill the disk.
///
/// Of each kind and reason up to 20 events a second pass on to the observer inside. Once a second
/// brings more, one line a second is written in their place, with a `suppressed` count, until a
/// second brings no more than 20 again. Events of other outcomes all pass.
///
/// ```
/// use rempart_core::{Observers, SystemClock};
/// use rempart_redact::RefusalLog;
///
/// let observers = Observers::from(RefusalLog::new(SystemClock));
/// # let _ = observers;
/// ```
pub struct RefusalLog<O = TracingObserver> {
    inner: O,
    clock: Arc<dyn Clock>,
    /// By kind, then by reason; the last of each kind is for events without one.
    counters: Box<[Mutex<Counter>]>,
}

/// How many lines a second a kind and reason may write.
const A_SECOND: u32 = 20;

#[derive(Clone, Copy, Debug, Default)]
struct Counter {
    /// The second that is counted, plus one: 0 is none yet.
    second: u64,
    events: u32,
    /// Events since the last line that told of them.
    suppressed: u64,
    /// Whether the second before brought too many.
    flooded: bool,
    /// Whether the line of this second was written.
    told: bool,
}

/// What becomes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Pass,
    Tell(u64),
    Suppress,
}

impl RefusalLog {
    /// Writes through `tracing`, as layers do by default.
    pub fn new(clock: impl Clock + 'static) -> Self {
        Self::around(TracingObserver, clock)
    }
}

impl<O> RefusalLog<O> {
    /// Passes events on to `inner`.
    pub fn around(inner: O, clock: impl Clock + 'static) -> Self {
        let places = EventKind::ALL.len().saturating_mul(Self::reasons());
        let counters = (0..places).map(|_| Mutex::default()).collect();
        Self { inner, clock: Arc::new(clock), counters }
    }

    /// Writes the counts that no event has told of yet; for a timer, and before the process ends.
    pub fn flush(&self) {
        for (place, counter) in self.counters.iter().enumerate() {
            let mut counter = counter.lock().unwrap_or_else(PoisonError::into_inner);
            let suppressed = std::mem::take(&mut counter.suppressed);
            drop(counter);
            if suppressed == 0 {
                continue;
            }
            let kind = place.checked_div(Self::reasons()).and_then(|at| EventKind::ALL.get(at));
            let reason = place.checked_rem(Self::reasons()).and_then(|at| Reason::ALL.get(at));
            tracing::event!(
                target: "rempart",
                Level::WARN,
                event.name = kind.map(|kind| kind.event_name(Outcome::Refused)),
                outcome = Outcome::Refused.as_str(),
                reason = reason.map(|reason| reason.as_str()),
                suppressed,
                "refusals were not logged one by one",
            );
        }
    }

    const fn reasons() -> usize {
        Reason::ALL.len().saturating_add(1)
    }

    fn line(&self, event: &Event<'_>) -> Line {
        let reason = event.reason.map_or(Reason::ALL.len(), Reason::index);
        let place = event.kind.index().saturating_mul(Self::reasons()).saturating_add(reason);
        let Some(counter) = self.counters.get(place) else { return Line::Pass };
        let second = Duration::from_nanos(self.clock.ticks()).as_secs().saturating_add(1);
        // A thread that panicked here left numbers, and numbers are whole.
        counter.lock().unwrap_or_else(PoisonError::into_inner).next(second)
    }
}

impl Counter {
    fn next(&mut self, second: u64) -> Line {
        // A clock read before another thread's may be a second behind: it counts as that one's.
        if second > self.second {
            let follows = second.saturating_sub(self.second) == 1;
            self.flooded = follows && self.events > A_SECOND;
            self.second = second;
            self.events = 0;
            self.told = false;
        }
        self.events = self.events.saturating_add(1);
        if !self.flooded && self.events <= A_SECOND {
            // What an earlier flood left untold is told by the first line after it.
            return match std::mem::take(&mut self.suppressed) {
                0 => Line::Pass,
                suppressed => Line::Tell(suppressed),
            };
        }
        if self.flooded && !self.told {
            self.told = true;
            return Line::Tell(std::mem::take(&mut self.suppressed));
        }
        self.suppressed = self.suppressed.saturating_add(1);
        Line::Suppress
    }
}

impl<O: Observer> Observer for RefusalLog<O> {
    fn observe(&self, event: &Event<'_>) {
        let line = match event.outcome {
            Outcome::Refused if !event.kind.is_critical() => self.line(event),
            _ => Line::Pass,
        };
        match line {
            Line::Pass => self.inner.observe(event),
            Line::Suppress => {}
            Line::Tell(suppressed) => tracing::event!(
                target: "rempart",
                Level::WARN,
                event.name = event.name(),
                owasp = event.kind.owasp(event.outcome),
                outcome = event.outcome.as_str(),
                reason = event.reason.map(Reason::as_str),
                policy = event.policy.as_str(),
                client.address = event.client.map(field::display),
                http.route = event.route,
                http.request.method = event.method.map(rempart_core::HttpMethod::as_str),
                suppressed,
            ),
        }
    }
}

impl<O: std::fmt::Debug> std::fmt::Debug for RefusalLog<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RefusalLog").field("inner", &self.inner).finish_non_exhaustive()
    }
}
