use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::rule::Kind;
use super::{Answer, Charge, Charges};

/// Requests that the server has charged already, for this instance to admit without asking.
///
/// A lease is over after a second, or after as long as its requests would have taken to come one
/// by one, whichever is sooner: so what is admitted in any window was charged in that window or so
/// shortly before it, and it is at most one lease more than the quota.
pub(super) struct Leases {
    /// How many requests at most; `None` if nothing is leased.
    most: Option<u32>,
    places: Mutex<Places>,
    hasher: RandomState,
}

struct Places {
    places: Box<[Place]>,
    /// The number of the next lease, so that no refund is put into another one.
    next: u64,
}

#[derive(Clone, Default)]
enum Place {
    #[default]
    Empty,
    /// Somebody asks the server for one.
    Reserved {
        number: u64,
        until: u64,
    },
    Leased(Lease),
}

#[derive(Clone)]
struct Lease {
    number: u64,
    charge: Charge,
    left: u32,
    since: u64,
    until: u64,
    /// Until when the client owes the server, with all of the lease.
    owed: u64,
    answer: Answer,
}

/// A part of a lease that was not spent, for the server to take back.
pub(super) struct Unspent {
    pub(super) charge: Charge,
    /// Until when the client owes the server, with all of the lease.
    pub(super) until: u64,
}

/// What was granted with the answer to one charge.
pub(super) struct Granted {
    pub(super) requests: u32,
    /// Until when the client owes the server, with all of the lease.
    pub(super) until: u64,
    pub(super) answer: Answer,
}

impl Leases {
    /// Smaller bursts are not leased: a lease is an eighth of one at most.
    const SMALLEST_BURST: u32 = 64;

    pub(super) fn new(most: Option<u32>) -> Self {
        let places = most.map_or(0, |_| PLACES);
        let places = Places { places: vec![Place::Empty; places].into(), next: 1 };
        Self { most, places: Mutex::new(places), hasher: RandomState::new() }
    }

    /// How many requests to ask for with each charge. One question at a time asks for a client.
    pub(super) fn reserve(&self, charges: &Charges, now: u64) -> Vec<(u32, u64)> {
        // A lease is spent by requests that need nothing else: one part of it alone would lie idle.
        let reserve = |charge| self.reserve_one(charge, now).unwrap_or_default();
        if charges.iter().all(Self::is_leased) {
            charges.iter().map(reserve).collect()
        } else {
            vec![(0, 0); charges.len()]
        }
    }

    fn is_leased(charge: &Charge) -> bool {
        let rule = charge.limit.rule();
        let is_large = rule.kind() == Kind::Gcra && rule.size() >= Self::SMALLEST_BURST;
        is_large && charge.cost > 0 && !charge.limit.is_on_trial()
    }

    fn reserve_one(&self, charge: &Charge, now: u64) -> Option<(u32, u64)> {
        let (most, eighth) = (self.most?, charge.limit.rule().size().checked_div(8)?);
        let index = self.index(charge);
        let mut places = self.lock();
        let number = places.next;
        let place = places.places.get_mut(index).filter(|place| !place.is_taken(now))?;
        // Whoever asks has a deadline; a question that nobody waits for any more is over then.
        *place = Place::Reserved { number, until: now.saturating_add(SECOND) };
        places.next = number.wrapping_add(1);
        Some((most.min(eighth), number))
    }

    /// Keeps what the server granted, from the moment that it was asked.
    pub(super) fn keep(&self, charge: &Charge, number: u64, granted: &Granted, since: u64) {
        let index = self.index(charge);
        let mut places = self.lock();
        let Some(place) = places.places.get_mut(index) else { return };
        if !matches!(place, Place::Reserved { number: reserved, .. } if *reserved == number) {
            return;
        }
        let left = granted.requests;
        let life = charge.limit.rule().charge(left).saturating_mul(1_000).min(SECOND);
        let until = since.saturating_add(life);
        let (charge, owed, answer) = (*charge, granted.until, granted.answer);
        *place = match left {
            0 => Place::Empty,
            _ => Place::Leased(Lease { number, charge, left, since, until, owed, answer }),
        };
    }

    /// Nothing came of asking.
    pub(super) fn release(&self, charges: &Charges, reserved: &[(u32, u64)]) {
        for (charge, (_, number)) in charges.iter().zip(reserved) {
            let nothing = |place: &&mut Place| place.number() == Some(*number);
            let mut places = self.lock();
            if let Some(place) = places.places.get_mut(self.index(charge)).filter(nothing) {
                *place = Place::Empty;
            }
        }
    }

    /// Spends what was leased, of all limits or of none. Returns the answers, and the numbers of
    /// the leases.
    pub(super) fn spend(&self, charges: &Charges, now: u64) -> Option<(Vec<Answer>, Vec<u64>)> {
        self.most?;
        let mut places = self.lock();
        let enough = |charge: &Charge| {
            let lease = places.lease(self.index(charge), charge, now);
            lease.is_some_and(|lease| charge.cost > 0 && lease.left >= charge.cost)
        };
        if !charges.iter().all(enough) {
            return None;
        }
        let (mut answers, mut numbers) = (vec![], vec![]);
        for charge in charges {
            let lease = places.lease_mut(self.index(charge), charge, now)?;
            lease.left = lease.left.saturating_sub(charge.cost);
            let passed = Duration::from_nanos(now.saturating_sub(lease.since));
            let mut answer = lease.answer;
            answer.remaining = answer.remaining.saturating_add(lease.left);
            answer.next = answer.next.saturating_sub(passed);
            answers.push(answer);
            numbers.push(lease.number);
        }
        Some((answers, numbers))
    }

    /// Puts back what a request spent, if its lease is still there.
    pub(super) fn put_back(&self, charges: &Charges, numbers: &[u64], now: u64) -> bool {
        let mut places = self.lock();
        let mut given = false;
        for (charge, number) in charges.iter().zip(numbers) {
            let lease = places.lease_mut(self.index(charge), charge, now);
            if let Some(lease) = lease.filter(|lease| lease.number == *number) {
                lease.left = lease.left.saturating_add(charge.cost);
                given = true;
            }
        }
        given
    }

    /// Gives up all leases: once, and what is left of them.
    pub(super) fn give_up(&self, now: u64) -> Vec<Unspent> {
        let mut places = self.lock();
        let taken = places.places.iter_mut().filter_map(|place| match std::mem::take(place) {
            Place::Leased(lease) if lease.is_of(now) && lease.left > 0 => Some(lease),
            _ => None,
        });
        let unspent = |Lease { mut charge, left, owed, .. }: Lease| {
            charge.cost = left;
            Unspent { charge, until: owed }
        };
        taken.map(unspent).collect()
    }

    /// Gives up one client's lease.
    pub(super) fn drop_one(&self, charge: &Charge) {
        let index = self.index(charge);
        if let Some(place) = self.lock().places.get_mut(index)
            && matches!(place, Place::Leased(lease) if lease.charge.is_same(charge))
        {
            *place = Place::Empty;
        }
    }

    fn index(&self, charge: &Charge) -> usize {
        let hash = self.hasher.hash_one(charge.account());
        usize::try_from(hash >> 16).unwrap_or(0).checked_rem(PLACES).unwrap_or(0)
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        // Nothing that holds the lock can panic.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    fn lease(&self, index: usize, charge: &Charge, now: u64) -> Option<&Lease> {
        match self.places.get(index)? {
            Place::Leased(lease) => Some(lease).filter(|lease| lease.covers(charge, now)),
            Place::Empty | Place::Reserved { .. } => None,
        }
    }

    fn lease_mut(&mut self, index: usize, charge: &Charge, now: u64) -> Option<&mut Lease> {
        match self.places.get_mut(index)? {
            Place::Leased(lease) => Some(lease).filter(|lease| lease.covers(charge, now)),
            Place::Empty | Place::Reserved { .. } => None,
        }
    }
}

impl Place {
    fn is_taken(&self, now: u64) -> bool {
        match self {
            Self::Empty => false,
            Self::Reserved { until, .. } => now < *until,
            Self::Leased(lease) => lease.is_of(now) && lease.left > 0,
        }
    }

    fn number(&self) -> Option<u64> {
        match self {
            Self::Reserved { number, .. } => Some(*number),
            Self::Empty | Self::Leased(_) => None,
        }
    }
}

impl Lease {
    /// Whether it is for these charges: another tier, or another quota after a reload, is not.
    fn covers(&self, charge: &Charge, now: u64) -> bool {
        self.is_of(now) && self.charge.limit == charge.limit && self.charge.key == charge.key
    }

    /// Whether it is not over; a clock that stepped back ends it.
    fn is_of(&self, now: u64) -> bool {
        (self.since..self.until).contains(&now)
    }
}

/// How many leases there are at a time. A client whose place is another's goes without.
const PLACES: usize = 1024;

/// In nanoseconds: the longest life of a lease.
const SECOND: u64 = 1_000_000_000;
