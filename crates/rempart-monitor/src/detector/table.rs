use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use super::line::{Line, WAYS};
use super::record::{Moment, Record};
use super::who::{Seed, Who};

/// Remembers what is known of clients, or of networks, in an amount of memory that is fixed when
/// it is made.
pub(super) struct Table {
    /// All lines but one, so that there is always one to give.
    lines: Box<[Line]>,
    last: Line,
    seed: Seed,
    evicted: AtomicU64,
}

impl Table {
    /// Makes room for so many at a time.
    pub(super) fn for_about(number: usize) -> Self {
        // Three lines for 32: a full table is two thirds full, and lines seldom are.
        let lines = number.saturating_mul(3).div_ceil(32);
        Self::sized(lines.saturating_sub(1))
    }

    /// The same room, with nobody in it.
    pub(super) fn emptied(&self) -> Self {
        Self::sized(self.lines.len())
    }

    #[inline]
    pub(super) fn change<T>(
        &self,
        who: Who,
        now: Moment,
        change: impl FnOnce(&mut Record) -> T,
    ) -> T {
        let (changed, evicted) = self.line(who).change(who, now, change);
        if evicted {
            self.evicted.fetch_add(1, Ordering::Relaxed);
        }
        changed
    }

    pub(super) fn known<T>(&self, who: Who, change: impl FnOnce(&mut Record) -> T) -> Option<T> {
        self.line(who).known(who, change)
    }

    /// Visits everybody, a line at a time.
    pub(super) fn each(&self, mut visit: impl FnMut(Who, &Record)) {
        self.lines.iter().chain([&self.last]).for_each(|line| line.each(&mut visit));
    }

    pub(super) fn evicted(&self) -> u64 {
        self.evicted.load(Ordering::Relaxed)
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>().saturating_add(size_of_val(&*self.lines))
    }

    fn sized(lines_but_one: usize) -> Self {
        Self {
            lines: (0..lines_but_one).map(|_| Line::default()).collect(),
            last: Line::default(),
            seed: Seed::random(),
            evicted: AtomicU64::new(0),
        }
    }

    #[inline]
    fn line(&self, who: Who) -> &Line {
        let lines = (self.lines.len() as u64).saturating_add(1);
        // The high half of the product is below `lines`, all being equally likely.
        let index = u128::from(self.seed.hash(who)).saturating_mul(lines.into()) >> u64::BITS;
        usize::try_from(index).ok().and_then(|index| self.lines.get(index)).unwrap_or(&self.last)
    }
}

impl fmt::Debug for Table {
    /// Says how large it is, not who is in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self.lines.len().saturating_add(1).saturating_mul(WAYS);
        f.debug_struct("Table")
            .field("places", &places)
            .field("evicted", &self.evicted())
            .finish_non_exhaustive()
    }
}
