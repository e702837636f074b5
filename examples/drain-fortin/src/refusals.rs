//! The log of decisions: each refusal a line, up to a rate at which lines tell nothing new.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rempart_core::{Event, EventKind, Observer, Outcome, Reason, SharedClock, TracingObserver};

/// Writes every event, but of one kind and reason at most [`LINES`] a second; of the others, one
/// line a second tells how many they were.
///
/// What it remembers is bounded by the vocabulary of events: a few hundred small entries.
pub(crate) struct RefusalLog {
    clock: SharedClock,
    seen: Mutex<HashMap<(EventKind, Option<Reason>), Second>>,
}

/// What happened in one second.
#[derive(Clone, Copy, Default)]
struct Second {
    number: u64,
    lines: u32,
    suppressed: u64,
}

impl RefusalLog {
    pub(crate) fn new(clock: SharedClock) -> Self {
        Self { clock, seen: Mutex::default() }
    }

    /// Tells of what was suppressed in the seconds before this one.
    pub(crate) fn flush(&self) {
        self.tell_before(self.now());
    }

    /// Tells of everything that was suppressed and not yet told.
    pub(crate) fn finish(&self) {
        self.tell_before(u64::MAX);
    }

    fn tell_before(&self, now: u64) {
        // Written after the lock is given back: a slow log must not hold up the requests.
        let mut told = Vec::new();
        self.seen().retain(|what, second| {
            if second.number >= now {
                return true;
            }
            if second.suppressed > 0 {
                told.push((*what, second.suppressed));
            }
            false
        });
        for ((kind, reason), suppressed) in told {
            tell(kind, reason, suppressed);
        }
    }

    fn now(&self) -> u64 {
        self.clock.ticks() / 1_000_000_000
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<(EventKind, Option<Reason>), Second>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RefusalLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefusalLog").finish_non_exhaustive()
    }
}

impl Observer for RefusalLog {
    fn observe(&self, event: &Event<'_>) {
        if event.outcome == Outcome::Allowed {
            return TracingObserver.observe(event);
        }
        let now = self.now();
        let what = (event.kind, event.reason);
        let (write, before) = {
            let mut seen = self.seen();
            let second = seen.entry(what).or_default();
            let mut before = 0;
            if second.number != now {
                before = second.suppressed;
                *second = Second { number: now, ..Second::default() };
            }
            let write = second.lines < LINES;
            if write {
                second.lines = second.lines.saturating_add(1);
            } else {
                second.suppressed = second.suppressed.saturating_add(1);
            }
            (write, before)
        };
        if before > 0 {
            tell(event.kind, event.reason, before);
        }
        if write {
            TracingObserver.observe(event);
        }
    }
}

fn tell(kind: EventKind, reason: Option<Reason>, suppressed: u64) {
    tracing::event!(
        target: "rempart",
        tracing::Level::WARN,
        event.name = "log.suppressed",
        kind = kind.as_str(),
        reason = reason.map(Reason::as_str),
        suppressed,
    );
}

/// Lines a second for one kind and reason.
const LINES: u32 = 20;
