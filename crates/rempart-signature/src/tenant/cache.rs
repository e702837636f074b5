use std::collections::HashMap;
use std::mem;

use super::TenantId;

/// Keeps what was asked for last: two generations, of which the older one goes when the younger one
/// is full. What is found in the older one becomes young again.
pub(super) struct Cache<V> {
    young: Generation<V>,
    old: Generation<V>,
    half: usize,
}

/// Values, and the tick at which each is over.
pub(super) type Generation<V> = HashMap<TenantId, (V, u64)>;

impl<V: Clone> Cache<V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), half: (capacity / 2).max(1) }
    }

    pub(super) fn get(&mut self, tenant: &str, now: u64) -> Option<V> {
        if let Some((value, until)) = self.young.get(tenant) {
            return (now < *until).then(|| value.clone());
        }
        let (tenant, (value, until)) = self.old.remove_entry(tenant)?;
        if now >= until {
            return None;
        }
        if self.young.len() < self.half {
            self.young.insert(tenant, (value.clone(), until));
        } else {
            // Stays where it is: only what is new makes generations change.
            self.old.insert(tenant, (value.clone(), until));
        }
        Some(value)
    }

    /// Keeps a value until this tick. Gives what had to go, to be dropped where no lock is held.
    #[must_use]
    pub(super) fn put(&mut self, tenant: TenantId, value: V, until: u64) -> Generation<V> {
        let mut gone = Generation::new();
        if self.young.len() >= self.half && !self.young.contains_key(&tenant) {
            gone = mem::replace(&mut self.old, mem::take(&mut self.young));
        }
        self.old.remove(&tenant);
        self.young.insert(tenant, (value, until));
        gone
    }

    /// What is there, however old.
    pub(super) fn peek(&self, tenant: &TenantId) -> Option<&V> {
        self.young.get(tenant).or_else(|| self.old.get(tenant)).map(|(value, _)| value)
    }

    pub(super) fn take(&mut self, tenant: &str) -> Option<V> {
        let (young, old) = (self.young.remove(tenant), self.old.remove(tenant));
        young.or(old).map(|(value, _)| value)
    }

    pub(super) fn take_all(&mut self) -> impl Iterator<Item = V> + use<V> {
        let (young, old) = (mem::take(&mut self.young), mem::take(&mut self.old));
        young.into_values().chain(old.into_values()).map(|(value, _)| value)
    }

    pub(super) fn len(&self) -> usize {
        self.young.len().saturating_add(self.old.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(nth: usize) -> TenantId {
        format!("t{nth}").parse().unwrap()
    }

    #[test]
    fn keeps_what_was_asked_for_last_and_never_more_than_it_may() {
        let mut cache = Cache::new(8);
        for nth in 0..1000 {
            drop(cache.put(id(nth), nth, u64::MAX));
            assert!(cache.len() <= 8);
            // Asked for again and again, it stays.
            assert_eq!(cache.get("t0", 0), Some(0), "after {nth}");
        }
        assert_eq!(cache.get("t999", 0), Some(999));
        assert_eq!(cache.get("t500", 0), None);
    }

    #[test]
    fn what_is_over_is_not_there() {
        let mut cache = Cache::new(8);
        drop(cache.put(id(1), 1, 10));
        assert_eq!((cache.get("t1", 9), cache.get("t1", 10)), (Some(1), None));
        drop(cache.put(id(1), 2, 20));
        assert_eq!(cache.get("t1", 10), Some(2));
        assert_eq!((cache.take("t1"), cache.get("t1", 10)), (Some(2), None));
    }
}
