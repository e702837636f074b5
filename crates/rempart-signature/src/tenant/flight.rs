use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::{fmt, mem};

use rempart_core::Sleep;

use super::resolver::{ResolveError, Resolving};
use super::table::Table;
use super::{TenantId, Tenants};
use crate::{Policy, Rejection};

/// One look-up, for all who wait for it.
///
/// Nobody runs it in the background: whoever waits polls it, and it wakes them all. When the last
/// of them has gone, it is dropped.
pub(super) struct Flight {
    pub(super) tenant: TenantId,
    /// The tick at which it was asked for.
    pub(super) began: u64,
    state: Mutex<State>,
}

/// The policy with the tenant's keys; `None` if they cannot be had.
pub(super) type Outcome = Option<Policy>;

struct State {
    /// Not there while somebody polls it.
    work: Option<Work>,
    /// It woke while somebody polled it: what is not there cannot be polled again at once.
    woken: bool,
    waiters: HashMap<u64, Option<Waker>>,
    next: u64,
    outcome: Option<Outcome>,
}

#[derive(Default)]
struct Work {
    answer: Option<Resolving>,
    // Armed at the first wait.
    sleep: Option<Sleep>,
}

impl Flight {
    pub(super) fn new(tenant: TenantId, began: u64) -> Arc<Self> {
        let state = State {
            work: Some(Work::default()),
            woken: false,
            waiters: HashMap::new(),
            next: 0,
            outcome: None,
        };
        Arc::new(Self { tenant, began, state: Mutex::new(state) })
    }

    /// Waits too. Called with the table's lock held, as [`leave`](Self::leave) is: nobody joins
    /// what is being dropped.
    pub(super) fn join(&self) -> u64 {
        let mut state = self.state();
        let place = state.next;
        state.next = place.wrapping_add(1);
        state.waiters.insert(place, None);
        place
    }

    /// Waits no more. Gives what is to be dropped once no lock is held, and whether nobody waits.
    pub(super) fn leave(&self, place: u64) -> (impl Sized + use<>, bool) {
        let mut state = self.state();
        let waker = state.waiters.remove(&place);
        let last = state.waiters.is_empty();
        // It holds a waker that holds this flight: let go of it, or neither would ever end.
        let work = if last { state.work.take() } else { None };
        ((waker, work), last)
    }

    /// Tells everybody how it ended.
    pub(super) fn settle(&self, outcome: &Outcome) {
        let mut state = self.state();
        state.outcome = Some(outcome.clone());
        let wakers = state.wakers();
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    fn poll(self: &Arc<Self>, table: &Arc<Table>, place: u64, cx: &Context<'_>) -> Poll<Outcome> {
        let waker = cx.waker().clone();
        let mut state = self.state();
        if let Some(outcome) = &state.outcome {
            return Poll::Ready(outcome.clone());
        }
        let replaced = state.waiters.insert(place, Some(waker));
        let work = state.work.take();
        // If somebody polls it now, that it woke meanwhile is still to be told.
        state.woken &= work.is_none();
        drop(state);
        drop(replaced);
        let Some(mut work) = work else { return Poll::Pending };

        // No lock is held from here: what a resolver does is its own affair.
        let waker = Waker::from(Arc::clone(self));
        let panicking = Panicking { table, flight: self };
        let polled =
            work.poll(table.rules(), table, &self.tenant, &mut Context::from_waker(&waker));
        mem::forget(panicking);
        if let Poll::Ready(answer) = polled {
            drop(work);
            return Poll::Ready(table.landed(self, answer));
        }
        let mut state = self.state();
        state.work = Some(work);
        let wakers = if state.woken { state.wakers() } else { Vec::new() };
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        Poll::Pending
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Flight {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut state = self.state();
        state.woken = true;
        let wakers = if state.work.is_some() { state.wakers() } else { Vec::new() };
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl State {
    fn wakers(&mut self) -> Vec<Waker> {
        self.waiters.values_mut().filter_map(Option::take).collect()
    }
}

impl Work {
    fn poll(
        &mut self,
        rules: &Tenants,
        table: &Table,
        tenant: &TenantId,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<rempart_keys::KeyRing>, ResolveError>> {
        let answer = self.answer.get_or_insert_with(|| rules.resolver.resolve(tenant));
        if let Poll::Ready(answer) = answer.as_mut().poll(cx) {
            return Poll::Ready(answer);
        }
        let sleep = self.sleep.get_or_insert_with(|| table.sleep(rules.time_out));
        sleep.as_mut().poll(cx).map(|()| Err(ResolveError))
    }
}

/// A resolver that panics takes its own request with it; the others are told that there is no
/// answer.
struct Panicking<'a> {
    table: &'a Arc<Table>,
    flight: &'a Arc<Flight>,
}

impl Drop for Panicking<'_> {
    fn drop(&mut self) {
        self.table.landed(self.flight, Err(ResolveError));
    }
}

/// A request's wait for the keys of its tenant. Dropping it takes nothing from the others who wait.
pub(crate) struct Waiting {
    table: Arc<Table>,
    flight: Arc<Flight>,
    place: u64,
}

impl Waiting {
    pub(super) const fn new(table: Arc<Table>, flight: Arc<Flight>, place: u64) -> Self {
        Self { table, flight, place }
    }
}

impl Future for Waiting {
    type Output = Result<Policy, Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = self.flight.poll(&self.table, self.place, cx);
        polled.map(|outcome| outcome.ok_or(Rejection::KeysUnavailable))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.table.leave(&self.flight, self.place);
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").field("tenant", &self.flight.tenant).finish_non_exhaustive()
    }
}
