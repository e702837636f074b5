use std::task::Poll;
use std::time::Duration;

use rempart_core::SharedClock;

/// Measures work, not waiting: the time of a slow client is not the time of a verification.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch {
    since: Option<u64>,
    spent: u64,
}

impl Stopwatch {
    pub(crate) fn start(clock: &SharedClock) -> Self {
        Self { since: Some(clock.ticks()), spent: 0 }
    }

    pub(crate) fn pause(&mut self, clock: &SharedClock) {
        if let Some(since) = self.since.take() {
            self.spent = self.spent.saturating_add(clock.ticks().saturating_sub(since));
        }
    }

    pub(crate) fn resume(&mut self, clock: &SharedClock) {
        self.since.get_or_insert_with(|| clock.ticks());
    }

    /// Measures what a poll does, and not the wait that it may begin.
    pub(crate) fn around<T>(
        &mut self,
        clock: &SharedClock,
        poll: impl FnOnce() -> Poll<T>,
    ) -> Poll<T> {
        self.resume(clock);
        let polled = poll();
        if polled.is_pending() {
            self.pause(clock);
        }
        polled
    }

    pub(crate) fn total(mut self, clock: &SharedClock) -> Duration {
        self.pause(clock);
        Duration::from_nanos(self.spent)
    }
}
