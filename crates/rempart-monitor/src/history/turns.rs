use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::Duration;

use super::History;
use super::counters::Counters;
use super::layout::{LENGTH, Row};

/// When each slot began, and what the counters stood at then.
pub(super) struct Turns {
    /// Added to the clock's ticks: slots begin with whole minutes of the day, as the clock told
    /// it when the history began. A clock that is set later moves no slot.
    shift: Shift,
    /// The number of the slot that is being filled.
    slot: AtomicU64,
    begun: Mutex<Begun>,
}

#[derive(Clone, Copy, Debug)]
struct Shift {
    /// Subtracted first.
    ticks: u64,
    /// Then added.
    nanos: u64,
}

/// The counters as they stood when the slots began that are remembered.
struct Begun {
    /// By the number of the slot, modulo how many are remembered.
    rows: Box<[Row]>,
    /// The number of the slot that is being filled.
    slot: u64,
}

/// The hour that ends now: what was counted in each slot.
#[derive(Clone, Debug)]
pub(super) struct Hour {
    /// Oldest first; the last is being filled.
    pub(super) rows: Vec<Row>,
    /// The number of the last.
    pub(super) slot: u64,
    /// How long ago the last began.
    pub(super) into: Duration,
    /// How long ago the history began.
    pub(super) age: Duration,
}

impl Turns {
    pub(super) fn new(ticks: u64, unix: Duration) -> Self {
        // An hour is added, so that there are numbers for all the slots before the first.
        let in_hour = unix.as_nanos().checked_rem(History::SPAN.as_nanos()).unwrap_or_default();
        let nanos = u64::try_from(in_hour).unwrap_or_default().saturating_add(HOUR);
        let shift = Shift { ticks, nanos };
        let slot = shift.slot(ticks);
        let rows = vec![[0; LENGTH]; History::SLOTS].into_boxed_slice();
        Self { shift, slot: AtomicU64::new(slot), begun: Mutex::new(Begun { rows, slot }) }
    }

    /// Begins a new slot if it is time.
    ///
    /// One caller does so, and the others do not wait for it: what they count at that very moment
    /// falls into the slot before.
    pub(super) fn turn(&self, ticks: u64, counters: &Counters) {
        let slot = self.shift.slot(ticks);
        if slot <= self.slot.load(Ordering::Relaxed) {
            return;
        }
        let mut begun = match self.begun.try_lock() {
            Ok(begun) => begun,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        self.begin(&mut begun, slot, counters);
    }

    /// What was counted in the hour that ends now.
    pub(super) fn hour(&self, ticks: u64, counters: &Counters) -> Hour {
        // A thread that panicked here left at worst a slot half-begun.
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        self.begin(&mut begun, self.shift.slot(ticks), counters);
        let mut rows = Vec::with_capacity(History::SLOTS);
        let mut end = counters.read();
        for nth in 0..History::SLOTS {
            let number = begun.slot.saturating_sub(u64::try_from(nth).unwrap_or(u64::MAX));
            let start = begun.rows.get(place(number)).copied().unwrap_or(end);
            let mut row = end;
            for (figure, before) in row.iter_mut().zip(&start) {
                *figure = figure.wrapping_sub(*before);
            }
            rows.push(row);
            end = start;
        }
        rows.reverse();
        let slot = begun.slot;
        drop(begun);
        let since_slot = self.shift.nanos(ticks).saturating_sub(slot.saturating_mul(SLOT));
        let since_start = ticks.saturating_sub(self.shift.ticks);
        let nanos = Duration::from_nanos;
        Hour { rows, slot, into: nanos(since_slot), age: nanos(since_start) }
    }

    /// Begins every slot up to this one; after long silence most of them are passed over.
    fn begin(&self, begun: &mut Begun, slot: u64, counters: &Counters) {
        if slot <= begun.slot {
            return;
        }
        let row = counters.read();
        let remembered = u64::try_from(History::SLOTS).unwrap_or(u64::MAX);
        let first = begun.slot.max(slot.saturating_sub(remembered)).saturating_add(1);
        for number in first..=slot {
            if let Some(place) = begun.rows.get_mut(place(number)) {
                *place = row;
            }
        }
        begun.slot = slot;
        self.slot.store(slot, Ordering::Relaxed);
    }
}

impl Shift {
    /// Nanoseconds since the start of an hour before the history began.
    const fn nanos(self, ticks: u64) -> u64 {
        ticks.saturating_sub(self.ticks).saturating_add(self.nanos)
    }

    fn slot(self, ticks: u64) -> u64 {
        self.nanos(ticks).checked_div(SLOT).unwrap_or_default()
    }
}

fn place(slot: u64) -> usize {
    let slot = usize::try_from(slot).unwrap_or(usize::MAX);
    slot.checked_rem(History::SLOTS).unwrap_or_default()
}

const SLOT: u64 = 10_000_000_000;
const HOUR: u64 = 3_600_000_000_000;
