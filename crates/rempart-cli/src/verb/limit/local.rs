use rempart::rate_limit::{Gcra, Store, Verdict, WhenFull};

use super::Guard;
use super::arrivals::Arrival;
use super::plan::Plan;
use super::random::Random;
use super::report::StoreReport;

/// One limiter with its own store.
pub(super) struct Local {
    store: Store,
    gcra: Gcra,
    when_full: WhenFull,
    /// The most slots that were ever seen occupied.
    peak: usize,
    end: usize,
}

impl Local {
    /// The limiter of this number among those of a plan, with a quota of its own.
    pub(super) fn new(plan: &Plan, gcra: Gcra, nth: u32) -> Option<Self> {
        let mut random = Random::new(plan.seed, STREAM.saturating_add(nth.into()));
        let seed = [random.next(), random.next()];
        let store = Store::with_capacity(plan.capacity).ok()?.dangerously_seeded(seed);
        Some(Self { store, gcra, when_full: plan.when_full, peak: 0, end: 0 })
    }

    /// Decides on a request, and charges it if it is served.
    pub(super) fn charge(&self, arrival: &Arrival) -> bool {
        let key = self.store.client(arrival.address);
        let verdict = self.store.charge(key, &self.gcra, 1, arrival.at, self.when_full);
        matches!(verdict, Verdict::Allowed { .. })
    }

    pub(super) fn report(&self) -> StoreReport {
        StoreReport {
            slots: self.store.slots(),
            bytes: self.store.bytes(),
            occupied_peak: self.peak,
            occupied_end: self.end,
            evicted: self.store.evicted(),
            inherited: self.store.inherited(),
        }
    }
}

impl Guard for Local {
    fn admits(&mut self, arrival: &Arrival) -> bool {
        self.charge(arrival)
    }

    fn look(&mut self, now: u64) {
        self.end = self.store.occupied(now);
        self.peak = self.peak.max(self.end);
    }
}

/// The groups' streams of chance are those before.
const STREAM: u64 = 1 << 32;
