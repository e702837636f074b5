use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rempart_core::{Clock, SharedClock};
use rempart_monitor::EventLog;

/// Caps the lines on what no limit counts: whoever is served without one could fill the disk.
///
/// What has a limit has a line a request, and a client has as many as its limit lets through.
pub(crate) struct Flood {
    clock: SharedClock,
    most: NonZeroU32,
    seen: Mutex<Seen>,
}

/// The lines of one second, and what was left out and not told of yet.
#[derive(Default)]
struct Seen {
    second: u64,
    lines: u32,
    suppressed: u64,
}

impl Flood {
    /// As many lines a second as an event may write.
    pub(super) fn new(clock: SharedClock) -> Self {
        Self { clock, most: EventLog::LINES_PER_SECOND, seen: Mutex::default() }
    }

    /// Whether there is room for one line more in this second; counts it if there is none.
    pub(super) fn has_room(&self) -> bool {
        let second = Duration::from_nanos(self.clock.ticks()).as_secs();
        // A thread that panicked here left numbers, and numbers are whole.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if second > seen.second {
            (seen.second, seen.lines) = (second, 0);
        }
        seen.lines = seen.lines.saturating_add(1);
        let has_room = seen.lines <= self.most.get();
        if !has_room {
            seen.suppressed = seen.suppressed.saturating_add(1);
        }
        has_room
    }

    /// Writes how many requests no line has told of; for a timer, and before the process ends.
    pub(crate) fn flush(&self) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let suppressed = std::mem::take(&mut seen.suppressed);
        // The line itself is one of those that are looked at here.
        drop(seen);
        if suppressed > 0 {
            tracing::info!(target: super::ACCESS, suppressed, "not logged one by one");
        }
    }
}

impl fmt::Debug for Flood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flood").field("lines_per_second", &self.most).finish_non_exhaustive()
    }
}
