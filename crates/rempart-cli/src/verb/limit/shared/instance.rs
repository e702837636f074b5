use super::engine::Answer;
use super::rule::{OPEN_FOR, SECOND};
use crate::verb::limit::arrivals::Arrival;
use crate::verb::limit::local::Local;
use crate::verb::limit::random::Random;

/// One instance: its part of the quota, what it keeps of the shared store's answers, and whether
/// it asks at all.
pub(super) struct Instance {
    /// Charged for whatever is served, whoever allowed it, so that nobody has a fresh burst when
    /// the shared store goes.
    pub(super) local: Local,
    denials: Places<Denial>,
    leases: Places<Lease>,
    breaker: Breaker,
}

/// What need not be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    Denial,
    Lease,
}

#[derive(Clone, Copy, Debug, Default)]
struct Denial {
    client: u64,
    until: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Lease {
    client: u64,
    left: u32,
    until: u64,
}

/// Leaves a shared store alone that did not answer so many times running.
#[derive(Clone, Copy, Debug, Default)]
struct Breaker {
    failures: u32,
    open_until: u64,
}

impl Instance {
    pub(super) fn new(local: Local, random: &mut Random, leases: bool) -> Self {
        Self {
            local,
            denials: Places::new(DENIALS, random),
            leases: Places::new(if leases { LEASES } else { 0 }, random),
            breaker: Breaker::default(),
        }
    }

    /// Repeats a denial, or spends one request of a lease.
    pub(super) fn recall(&mut self, arrival: &Arrival) -> Option<Kept> {
        let is_of = |client, until| client == arrival.source && arrival.at < until;
        let denial = self.denials.place(arrival.source);
        if denial.is_some_and(|denial| is_of(denial.client, denial.until)) {
            return Some(Kept::Denial);
        }
        let lease = self.leases.place(arrival.source)?;
        let left = lease.left.checked_sub(1).filter(|_| is_of(lease.client, lease.until))?;
        lease.left = left;
        Some(Kept::Lease)
    }

    /// Whether there is room for a lease: the place may be another client's.
    pub(super) fn has_room(&mut self, arrival: &Arrival) -> bool {
        let lease = self.leases.place(arrival.source);
        lease.is_some_and(|lease| lease.left == 0 || lease.until <= arrival.at)
    }

    /// Keeps a lease, for so many nanoseconds.
    pub(super) fn keep_lease(&mut self, arrival: &Arrival, leased: u32, life: u64) {
        if let Some(lease) = self.leases.place(arrival.source) {
            let until = arrival.at.saturating_add(life);
            *lease = Lease { client: arrival.source, left: leased, until };
        }
    }

    /// Keeps a denial, in the place of the one that was there; for a second at most.
    pub(super) fn keep_denial(&mut self, arrival: &Arrival, wait: u64) {
        if let Some(denial) = self.denials.place(arrival.source) {
            let until = arrival.at.saturating_add(wait.min(SECOND));
            *denial = Denial { client: arrival.source, until };
        }
    }

    /// Asks the shared store, if it is worth asking; it does not answer while it is away.
    pub(super) fn ask(&mut self, now: u64, away: bool, ask: impl FnOnce() -> Answer) -> Asked {
        if now < self.breaker.open_until {
            return Asked::Not;
        }
        if !away {
            self.breaker.failures = 0;
            return Asked::Answered(ask());
        }
        self.breaker.failures = self.breaker.failures.saturating_add(1);
        if self.breaker.failures >= FAILURES {
            self.breaker.open_until = now.saturating_add(OPEN_FOR);
        }
        Asked::InVain
    }
}

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Answered(Answer),
    InVain,
    Not,
}

/// So many places: a client has one, by a hash that is the instance's own, and shares it with
/// whoever has the same.
struct Places<T> {
    places: Box<[T]>,
    seed: u64,
}

impl<T: Clone + Default> Places<T> {
    fn new(places: usize, random: &mut Random) -> Self {
        Self { places: vec![T::default(); places].into(), seed: random.next() }
    }

    fn place(&mut self, client: u64) -> Option<&mut T> {
        let hash = Random::new(self.seed, client).next();
        let nth = usize::try_from(hash >> 16).unwrap_or_default().checked_rem(self.places.len())?;
        self.places.get_mut(nth)
    }
}

const DENIALS: usize = 4096;

const FAILURES: u32 = 5;

const LEASES: usize = 1024;
