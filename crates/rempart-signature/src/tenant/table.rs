use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rempart_core::{SharedClock, SharedTimer, Sleep};
use rempart_keys::KeyRing;

use super::cache::Cache;
use super::flight::{Flight, Outcome, Waiting};
use super::generations::{Generations, Tenant};
use super::resolver::ResolveError;
use super::{TenantId, Tenants};
use crate::{Decision, Head, Policy, Rejection, decide};

/// Policies by tenant: the ready ones, who is known not to be there, and what is being looked up.
pub(crate) struct Table {
    rules: Tenants,
    /// Everything of a policy but the keys.
    base: Policy,
    /// Verifies for who is not there, and never finds anything good.
    stand_in: Policy,
    timer: SharedTimer,
    /// Changed where the lock is held, with what is kept.
    generations: Arc<Generations>,
    state: Mutex<State>,
}

struct State {
    known: Cache<Policy>,
    unknown: Cache<()>,
    flights: HashMap<TenantId, Arc<Flight>>,
}

/// What there is of a tenant's keys.
pub(crate) enum Found {
    Ready(Policy),
    Waiting(Waiting),
}

/// What is known of the keys of a tenant that had some.
pub(crate) enum Known {
    /// It has these.
    As(Policy),
    /// Nothing: others were asked for more lately, and nobody said that it is to be forgotten.
    NoLonger,
    /// They are not to be trusted.
    NotToBe,
}

impl Table {
    /// `base` has no keys; its `stand_in` has one that nothing matches.
    pub(crate) fn new(rules: Tenants, base: Policy, stand_in: Policy, timer: SharedTimer) -> Self {
        let state = State {
            known: Cache::new(rules.capacity),
            unknown: Cache::new(rules.capacity),
            flights: HashMap::new(),
        };
        let (generations, state) = (Generations::new(), Mutex::new(state));
        Self { rules, base, stand_in, timer, generations, state }
    }

    /// The policy for this request, or the wait for it; if its head gives no reason to refuse it.
    pub(crate) fn find(
        self: &Arc<Self>,
        policy: &Policy,
        head: &Head<'_>,
        now: Duration,
        clock: &SharedClock,
    ) -> Result<Found, Rejection> {
        if let Decision::Refuse(rejection) = decide(policy, head, now) {
            return Err(rejection);
        }
        let name = self.rules.source.read(head)?;
        let now = clock.ticks();
        let mut state = self.state();
        // Both are asked, whatever the first one says: whether there is such a tenant is nobody's
        // business.
        let (known, unknown) = (state.known.get(&name, now), state.unknown.get(&name, now));
        known.iter().filter_map(Policy::tenant).for_each(Tenant::trust);
        if let Some(policy) = known.or_else(|| unknown.map(|()| self.stand_in.clone())) {
            return Ok(Found::Ready(policy));
        }
        let flight = match state.flights.get(&*name) {
            Some(flight) => Arc::clone(flight),
            None if state.flights.len() >= Tenants::MAX_LOOKUPS => {
                return Err(Rejection::KeysUnavailable);
            }
            None => {
                let tenant: TenantId = name.parse().map_err(|_| Rejection::Malformed)?;
                let flight = Flight::new(tenant.clone(), now);
                state.flights.insert(tenant, Arc::clone(&flight));
                flight
            }
        };
        let place = flight.join();
        drop(state);
        Ok(Found::Waiting(Waiting::new(Arc::clone(self), flight, place)))
    }

    /// Looks a tenant's keys up again when they are asked for, and trusts those no more that
    /// requests are being verified with.
    pub(crate) fn forget(&self, tenant: &str) {
        let mut state = self.state();
        let gone = (state.known.take(tenant), state.unknown.take(tenant));
        let flight = state.flights.remove(tenant);
        self.generations.forget(tenant);
        drop(state);
        drop((gone, flight));
    }

    pub(crate) fn forget_all(&self) {
        let mut state = self.state();
        let gone = (state.known.take_all(), state.unknown.take_all());
        let flights = std::mem::take(&mut state.flights);
        self.generations.forget_all();
        drop(state);
        drop((gone, flights));
    }

    /// What is known now of the keys that a request began with.
    pub(crate) fn known(&self, tenant: &Tenant) -> Known {
        let state = self.state();
        // What is kept was looked up after it was forgotten, if it was.
        match (state.known.peek(&tenant.id), state.unknown.peek(&tenant.id)) {
            (Some(policy), _) => Known::As(policy.clone()),
            (None, Some(())) => Known::NotToBe,
            (None, None) if self.generations.may_have_forgotten(tenant) => Known::NotToBe,
            (None, None) => Known::NoLonger,
        }
    }

    pub(super) const fn rules(&self) -> &Tenants {
        &self.rules
    }

    pub(super) fn sleep(&self, duration: Duration) -> Sleep {
        self.timer.sleep(duration)
    }

    /// Keeps the answer of a look-up, and tells everybody who waits for it.
    pub(super) fn landed(
        &self,
        flight: &Arc<Flight>,
        answer: Result<Option<KeyRing>, ResolveError>,
    ) -> Outcome {
        // Keys are prepared once, and where no lock is held.
        let prepared = answer.ok().and_then(|ring| match ring {
            Some(ring) => Some((self.prepare(&flight.tenant, &ring)?, true)),
            None => Some((self.stand_in.clone(), false)),
        });
        let until = |time: Duration| {
            let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
            flight.began.saturating_add(nanoseconds)
        };
        let mut state = self.state();
        let ours = state.flights.get(&flight.tenant).is_some_and(|one| Arc::ptr_eq(one, flight));
        // Else it was forgotten meanwhile, and may tell of what was.
        let prepared = prepared.filter(|_| ours);
        let tenant = flight.tenant.clone();
        let gone = match &prepared {
            Some((policy, true)) => {
                let until = until(self.rules.time_to_live);
                (Some(state.known.put(tenant, policy.clone(), until)), None)
            }
            Some((_, false)) => {
                let until = until(Tenants::NEGATIVE_TIME_TO_LIVE);
                (None, Some(state.unknown.put(tenant, (), until)))
            }
            None => (None, None),
        };
        let flown = if ours { state.flights.remove(&flight.tenant) } else { None };
        drop(state);
        drop((gone, flown));
        let outcome = prepared.map(|(policy, _)| policy);
        flight.settle(&outcome);
        outcome
    }

    pub(super) fn leave(&self, flight: &Arc<Flight>, place: u64) {
        let mut state = self.state();
        let (gone, last) = flight.leave(place);
        let ours = state.flights.get(&flight.tenant).is_some_and(|one| Arc::ptr_eq(one, flight));
        let flown = if last && ours { state.flights.remove(&flight.tenant) } else { None };
        drop(state);
        drop((gone, flown));
    }

    /// `None` for keys that the scheme has no use for.
    fn prepare(&self, tenant: &TenantId, ring: &KeyRing) -> Option<Policy> {
        self.base.of_tenant(self.generations.tenant(tenant), ring).ok()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Table")
            .field("rules", &self.rules)
            .field("known", &state.known.len())
            .field("unknown", &state.unknown.len())
            .field("flights", &state.flights.len())
            .finish_non_exhaustive()
    }
}
