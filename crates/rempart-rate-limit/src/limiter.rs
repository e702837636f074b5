use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use rempart_core::{ClientAddr, Clock, Current, SharedClock, Source, SystemClock};

use crate::{Decision, Policy, Store, decision};

/// Counts by one policy in one store; clones count together.
///
/// A layer has one. Make it first where several layers, or something that is no layer, shall share
/// a client's quota: one bucket for all routes of a class.
///
/// ```
/// use rempart_core::ClientAddr;
/// use rempart_rate_limit::{Decision, Limiter, Policy, RateLimitLayer, Store};
///
/// let limiter = Limiter::new(Policy::new("api", "100 requests per minute")?)
///     .with_store(Store::with_capacity(10_000)?);
/// let (calls, leads) = (RateLimitLayer::sharing(&limiter), RateLimitLayer::sharing(&limiter));
///
/// // Outside of Tower: a message on a connection that is open already.
/// let client = ClientAddr::new("203.0.113.9".parse()?);
/// assert!(matches!(limiter.check(client), Decision::Allowed(_)));
/// # let _ = (calls, leads);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Limiter {
    policy: Source<Policy>,
    store: Arc<Store>,
    clock: SharedClock,
}

impl Limiter {
    /// Counts by this policy, or by a [`Live`](rempart_core::Live) one: then a client's debt
    /// survives a change of the quota, cut to what the new one can hold.
    pub fn new(policy: impl Into<Source<Policy>>) -> Self {
        let store = Arc::new(Store::default());
        Self { policy: policy.into(), store, clock: Arc::new(SystemClock) }
    }

    /// Counts in this store, in place of one of the default capacity.
    #[must_use]
    pub fn with_store(mut self, store: Store) -> Self {
        self.store = Arc::new(store);
        self
    }

    /// Tells the time by this clock. What was counted so far is forgotten, since another clock's
    /// ticks mean nothing to this one; clones made before go on as they were.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self.store = Arc::new(self.store.emptied());
        self
    }

    /// Decides on a request of this client, and writes down what is allowed.
    pub fn check(&self, client: ClientAddr) -> Decision {
        self.decide(&self.policy(), Some(client))
    }

    /// Decides on a request of this cost by anything that can be hashed: a tenant, a verified
    /// identity, a tuple of both.
    ///
    /// # Security
    ///
    /// A key that clients can make up gives them a fresh quota each time they do; a name that
    /// others know lets them use up its quota. Join it with the client's address.
    pub fn check_key<T: Hash + ?Sized>(&self, of: &T, cost: u32) -> Decision {
        let (key, now) = (self.store.key(of), self.clock.ticks());
        decision::charge(&self.policy(), &self.store, key, cost, now)
    }

    /// The policy of this moment.
    #[must_use]
    pub fn policy(&self) -> Current<'_, Policy> {
        self.policy.get()
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// How many slots of the store hold a client that still owes. It visits the whole store: for
    /// an operator's gauge, not for a request.
    #[must_use]
    pub fn occupied(&self) -> usize {
        self.store.occupied(self.clock.ticks())
    }

    #[inline]
    pub(crate) fn decide(&self, policy: &Policy, client: Option<ClientAddr>) -> Decision {
        decision::decide(policy, &self.store, client, self.clock.ticks())
    }
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter")
            .field("policy", &*self.policy())
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}
