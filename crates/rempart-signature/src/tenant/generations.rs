use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::TenantId;

/// How often tenants were forgotten, in a room that does not grow with them.
///
/// Tenants share counters, so that one may seem forgotten where another was: what is asked of it then is
/// asked more strictly.
pub(super) struct Generations {
    counters: [AtomicU64; Self::COUNTERS],
    /// No client chooses whom it shares a counter with.
    hasher: RandomState,
}

/// Whose keys a policy has, and when they were trusted last.
pub(crate) struct Tenant {
    pub(crate) id: TenantId,
    generations: Arc<Generations>,
    counter: usize,
    seen: AtomicU64,
}

impl Generations {
    const COUNTERS: usize = 1024;

    pub(super) fn new() -> Arc<Self> {
        let counters = [const { AtomicU64::new(0) }; Self::COUNTERS];
        Arc::new(Self { counters, hasher: RandomState::new() })
    }

    /// A tenant whose keys are trusted from now on.
    pub(super) fn tenant(self: &Arc<Self>, id: &TenantId) -> Tenant {
        let counter = self.counter(id.as_str());
        let seen = AtomicU64::new(self.of(counter));
        Tenant { id: id.clone(), generations: Arc::clone(self), counter, seen }
    }

    pub(super) fn forget(&self, tenant: &str) {
        if let Some(counter) = self.counters.get(self.counter(tenant)) {
            counter.fetch_add(1, Ordering::Release);
        }
    }

    pub(super) fn forget_all(&self) {
        for counter in &self.counters {
            counter.fetch_add(1, Ordering::Release);
        }
    }

    /// Whether this tenant may have been forgotten since its keys were trusted last: here, or where
    /// they were looked up, if that was elsewhere.
    pub(super) fn may_have_forgotten(self: &Arc<Self>, tenant: &Tenant) -> bool {
        let there = tenant.generations.of(tenant.counter) != tenant.seen.load(Ordering::Acquire);
        let elsewhere = !Arc::ptr_eq(self, &tenant.generations);
        there || elsewhere && self.of(self.counter(tenant.id.as_str())) != 0
    }

    fn counter(&self, tenant: &str) -> usize {
        let hash = self.hasher.hash_one(tenant);
        let place = hash.checked_rem(Self::COUNTERS as u64).unwrap_or(0);
        usize::try_from(place).unwrap_or(0)
    }

    fn of(&self, counter: usize) -> u64 {
        self.counters.get(counter).map_or(0, |counter| counter.load(Ordering::Acquire))
    }
}

impl Tenant {
    /// Trusts its keys again: they are kept still, and would not be if it had been forgotten itself.
    pub(super) fn trust(&self) {
        self.seen.store(self.generations.of(self.counter), Ordering::Release);
    }
}

impl fmt::Debug for Generations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generations").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> TenantId {
        text.parse().unwrap()
    }

    #[test]
    fn who_was_forgotten_is_told_until_it_is_trusted_again() {
        let generations = Generations::new();
        let tenant = generations.tenant(&id("acme"));
        assert!(!generations.may_have_forgotten(&tenant));
        for forget in [|all: &Generations| all.forget("acme"), Generations::forget_all] {
            forget(&generations);
            assert!(generations.may_have_forgotten(&tenant));
            tenant.trust();
            assert!(!generations.may_have_forgotten(&tenant));
        }
        assert!(!generations.may_have_forgotten(&generations.tenant(&id("acme"))));
    }

    #[test]
    fn a_tenant_of_elsewhere_counts_as_forgotten_once_it_was_here_or_there() {
        let (there, here) = (Generations::new(), Generations::new());
        there.forget("acme");
        let tenant = there.tenant(&id("acme"));
        assert!(!here.may_have_forgotten(&tenant));
        there.forget("acme");
        assert!(here.may_have_forgotten(&tenant));
        let tenant = there.tenant(&id("acme"));
        here.forget("acme");
        assert!(here.may_have_forgotten(&tenant));
    }

    #[test]
    fn few_share_a_counter() {
        let generations = Generations::new();
        let others: Vec<_> =
            (0..100).map(|nth| generations.tenant(&id(&format!("t{nth}")))).collect();
        generations.forget("acme");
        let shared = others.iter().filter(|one| generations.may_have_forgotten(one)).count();
        assert!(shared < 10, "{shared}");
    }
}
