use std::fmt::Display;

use rempart::rate_limit::{Admission, Gcra, Store, StrictWindow, Verdict, WhenFull, WindowStore};

use super::Guard;
use super::arrivals::Arrival;
use super::plan::Plan;
use super::random::Random;
use super::report::StoreReport;
use super::rule::Rule;
use crate::failure::Failure;

/// One limiter with its own store.
pub(super) struct Local {
    table: Table,
    when_full: WhenFull,
    /// The most slots that were ever seen occupied.
    peak: usize,
    end: usize,
}

enum Table {
    Debts(Store, Gcra),
    Logs(WindowStore, StrictWindow),
}

impl Local {
    /// The limiter of this number among those of a plan, with a rule of its own.
    pub(super) fn new(plan: &Plan, rule: Rule, nth: u32) -> Result<Self, Failure> {
        let mut random = Random::new(plan.seed, STREAM.saturating_add(nth.into()));
        let seed = [random.next(), random.next()];
        let table = match rule {
            Rule::Gcra(gcra) => {
                let store = Store::with_capacity(plan.capacity).map_err(unfit)?;
                Table::Debts(store.dangerously_seeded(seed), gcra)
            }
            Rule::Window(window) => {
                let store = WindowStore::with_capacity(plan.capacity, window.limit());
                let store = store.map_err(unfit)?;
                Table::Logs(store.dangerously_seeded(seed), window)
            }
        };
        Ok(Self { table, when_full: plan.when_full, peak: 0, end: 0 })
    }

    /// Decides on a request, and charges it if it is served.
    pub(super) fn charge(&self, arrival: &Arrival) -> bool {
        let Arrival { at, address, .. } = *arrival;
        match &self.table {
            Table::Debts(store, gcra) => {
                let verdict = store.charge(store.client(address), gcra, 1, at, self.when_full);
                matches!(verdict, Verdict::Allowed { .. })
            }
            Table::Logs(store, window) => {
                let admission = store.charge(store.client(address), window, 1, at, self.when_full);
                matches!(admission, Admission::Allowed(_))
            }
        }
    }

    pub(super) fn report(&self) -> StoreReport {
        let (slots, bytes, evicted, inherited) = match &self.table {
            Table::Debts(store, _) => {
                (store.slots(), store.bytes(), store.evicted(), store.inherited())
            }
            Table::Logs(store, _) => {
                (store.slots(), store.bytes(), store.evicted(), store.inherited())
            }
        };
        let (occupied_peak, occupied_end) = (self.peak, self.end);
        StoreReport { slots, bytes, occupied_peak, occupied_end, evicted, inherited }
    }
}

impl Guard for Local {
    fn admits(&mut self, arrival: &Arrival) -> bool {
        self.charge(arrival)
    }

    fn look(&mut self, now: u64) {
        self.end = match &self.table {
            Table::Debts(store, _) => store.occupied(now),
            Table::Logs(store, window) => store.occupied(window, now),
        };
        self.peak = self.peak.max(self.end);
    }
}

/// A fault of a table begins with the word `capacity`, as the option does.
fn unfit(faults: impl Display) -> Failure {
    Failure::Usage(format!("--{faults}"))
}

/// The groups' streams of chance are those before.
const STREAM: u64 = 1 << 32;
