use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use http::{Extensions, HeaderMap};
use rempart_core::{ClientAddr, Clock, Current, PolicyName, SharedClock, Source, SystemClock};

use crate::by::Asker;
use crate::charges::{Charges, Keep};
use crate::decision::{Joint, Sole, Terms, jointly, terms};
use crate::gate::Gate;
use crate::store::Seed;
use crate::tables::{Alone, Binding, Bound, Tables};
use crate::{Decision, Policy, Rejection, Standing};

/// Counts by one policy, in a table for each of its limits; clones count together.
///
/// A layer has one. Make it first where several layers, or something that is no layer, shall share
/// a client's quota: one bucket for all routes of a class.
///
/// ```
/// use rempart_core::ClientAddr;
/// use rempart_rate_limit::{Decision, Limiter, Policy, RateLimitLayer};
///
/// let limiter = Limiter::new(Policy::new("api", "100 requests per minute")?);
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
    tables: Arc<Tables>,
    clock: SharedClock,
}

impl Limiter {
    /// Counts by this policy, or by a [`Live`](rempart_core::Live) one: then the debts of a limit
    /// survive every change but one of its name, of how it counts or of whom it counts together, cut
    /// to what the new quota can hold. A strict window that is made larger may miss what is admitted
    /// at that very moment.
    pub fn new(policy: impl Into<Source<Policy>>) -> Self {
        Self::hashing(policy.into(), Seed::random())
    }

    /// Tells the time by this clock. What was counted so far is forgotten, since another clock's
    /// ticks mean nothing to this one; clones made before go on as they were.
    #[must_use]
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        let seed = self.tables.seed().clone();
        Self { clock: Arc::new(clock), ..Self::hashing(self.policy, seed) }
    }

    /// Hashes with this seed, for simulations and tests that must repeat themselves. What was
    /// counted so far is forgotten.
    ///
    /// # Security
    ///
    /// Who knows the seed can pick addresses that share a line with a victim's.
    #[must_use]
    pub fn dangerously_seeded(self, seed: [u64; 2]) -> Self {
        Self { clock: self.clock, ..Self::hashing(self.policy, Seed::new(seed)) }
    }

    /// Decides on a request of this client, of which nothing else is known, and writes down what
    /// is allowed. It is in flight no longer than this takes.
    pub fn check(&self, client: ClientAddr) -> Decision {
        match self.only() {
            Some((policy, limit)) => self.alone(policy, limit, Some(client)).decision(),
            None => self.check_jointly(client),
        }
    }

    #[inline(never)]
    fn check_jointly(&self, client: ClientAddr) -> Decision {
        let (headers, extensions) = (&HeaderMap::new(), &Extensions::new());
        self.jointly(&self.bound(), &Asker { client: Some(client), headers, extensions }).decision
    }

    /// Decides on a request of this cost by anything that can be hashed, whatever the limits
    /// count by: a tenant, a verified identity, a tuple of both. A cost of zero asks where it
    /// stands, and changes nothing. Lists and bans are of clients, and are not asked.
    ///
    /// # Security
    ///
    /// A key that clients can make up gives them a fresh quota each time they do; a name that
    /// others know lets them use up its quota. Join it with the client's address.
    pub fn check_key<T: Hash + ?Sized>(&self, of: &T, cost: u32) -> Decision {
        self.jointly_by(of, cost, Keep::WhatDepends).decision
    }

    /// The same, for a cost that is known only later: the most that it can be is reserved, and what
    /// was not needed is given back.
    ///
    /// ```
    /// use rempart_rate_limit::{Limiter, Policy};
    ///
    /// let limiter = Limiter::new(Policy::new("tokens", "1000 per minute")?);
    /// let reserved = limiter.reserve_key("tenant 7", 600).unwrap();
    /// assert_eq!(reserved.standing().remaining(), 400);
    /// assert!(limiter.reserve_key("tenant 7", 600).is_err());
    /// reserved.settle(250);
    /// assert!(limiter.reserve_key("tenant 7", 600).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Why it is refused: then nothing is reserved.
    pub fn reserve_key<T: Hash + ?Sized>(
        &self,
        of: &T,
        cost: u32,
    ) -> Result<Reservation, Rejection> {
        let joint = self.jointly_by(of, cost, Keep::All);
        match joint.decision {
            Decision::Allowed(standing) => Ok(Reservation {
                charges: joint.charges,
                clock: SharedClock::clone(&self.clock),
                standing,
            }),
            Decision::Refused(rejection) => Err(rejection),
        }
    }

    /// Bans a client by hand, if the policy bans at all; says whether there was room for it. A ban
    /// that is there is not shortened.
    #[must_use = "where there is no room, nobody is banned"]
    pub fn ban(&self, client: ClientAddr, length: Duration) -> bool {
        self.gate().is_some_and(|gate| gate.ban(client, length, &*self.clock))
    }

    /// Ends the ban of a client; says whether there was one. The next one is as long as it would
    /// have been.
    #[must_use = "there may have been none"]
    pub fn unban(&self, client: ClientAddr) -> bool {
        self.gate().is_some_and(|gate| gate.unban(client, &*self.clock))
    }

    /// For how long a client is still banned.
    #[must_use]
    pub fn banned(&self, client: ClientAddr) -> Option<Duration> {
        self.gate()?.banned(client, &*self.clock)
    }

    /// If anybody is banned at all.
    fn gate(&self) -> Option<&Gate> {
        self.policy().ban_rule()?;
        Some(self.tables.gate())
    }

    /// The policy of this moment.
    #[must_use]
    pub fn policy(&self) -> Current<'_, Policy> {
        self.policy.get()
    }

    /// How full the table of each limit is. It visits the whole of them: for an operator's gauge,
    /// not for a request.
    #[must_use]
    pub fn usage(&self) -> Vec<Usage> {
        let now = self.clock.ticks();
        self.bound()
            .limits()
            .map(|(limit, table)| table.usage(limit.name, limit.rule, now))
            .collect()
    }

    pub(crate) fn bound(&self) -> Binding<'_> {
        self.tables.of(&self.policy)
    }

    /// If there is one limit, by client, and will never be another.
    #[inline]
    pub(crate) fn only(&self) -> Option<(&Policy, &Alone)> {
        self.tables.only()
    }

    /// Decides by the limit that is alone in its policy.
    #[expect(clippy::inline_always, reason = "a tenth of a decision would go into the call")]
    #[inline(always)]
    pub(crate) fn alone<'a>(
        &self,
        policy: &Policy,
        limit: &'a Alone,
        client: Option<ClientAddr>,
    ) -> Sole<'a> {
        let seed = self.tables.seed();
        let key = match client {
            Some(client) => seed.client(client),
            None if policy.shares_unknown() => seed.unknown_client(),
            None => return Sole::Nobody,
        };
        Sole::of(limit, key, || self.clock.ticks())
    }

    /// Decides by the lists, the bans and all limits together.
    // Kept out of the way of the policies that have one limit and no more.
    #[inline(never)]
    pub(crate) fn jointly(&self, bound: &Bound, asker: &Asker<'_>) -> Joint {
        let policy = bound.policy();
        match self.before(policy, asker.client) {
            Some(Ok(())) => return Joint::unlimited(),
            Some(Err(rejection)) => return Joint::refused(rejection),
            None => {}
        }
        let terms = match terms(bound, self.tables.seed(), asker) {
            Ok(terms) => terms,
            Err(rejection) => return Joint::refused(rejection),
        };
        let joint = jointly(bound, &terms, &*self.clock, Keep::WhatDepends);
        if joint.is_own {
            self.tables.gate().refused(policy, asker.client, &*self.clock);
        }
        joint
    }

    /// What the lists and the bans say, if they say anything.
    pub(crate) fn before(
        &self,
        policy: &Policy,
        client: Option<ClientAddr>,
    ) -> Option<Result<(), Rejection>> {
        self.tables.gate().ask(policy, client, &*self.clock)
    }

    pub(crate) fn time(&self) -> &SharedClock {
        &self.clock
    }

    fn hashing(policy: Source<Policy>, seed: Seed) -> Self {
        let tables = Arc::new(Tables::new(&policy, seed));
        Self { policy, tables, clock: Arc::new(SystemClock) }
    }

    fn jointly_by<T: Hash + ?Sized>(&self, of: &T, cost: u32, keep: Keep) -> Joint {
        let key = self.tables.seed().key(of);
        let terms = [Some(Terms { key, cost, tier: 0, partition: None }); Policy::MAX_LIMITS];
        jointly(&self.bound(), &terms, &*self.clock, keep)
    }
}

/// What was charged, and may be given back; see [`Limiter::reserve_key`]. Dropped, it stays
/// charged, but for a limit of concurrency: a request is in flight as long as this lives.
#[must_use = "what is not given back stays charged"]
pub struct Reservation {
    charges: Charges,
    clock: SharedClock,
    standing: Standing,
}

impl Reservation {
    /// Where the client stood when it was charged.
    #[must_use]
    pub const fn standing(&self) -> Standing {
        self.standing
    }

    /// Gives back what is left of the charge. What was charged later stays, and what time has
    /// forgiven meanwhile is not given twice. Nor is what a debt was charged with that was cut since,
    /// by a smaller quota or a clock that stepped back.
    pub fn give_back(self) {
        self.settle(0);
    }

    /// Gives back what was reserved beyond this cost, as far as it is left. Of a cost above what was
    /// reserved, the rest is charged as far as there is room: up to a whole burst and the
    /// [overdraft](crate::Limit::overdraft), or as many as a window admits.
    pub fn settle(self, cost: u32) {
        self.charges.settle_at(cost, &*self.clock);
    }
}

/// How full the table of a limit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// The limit.
    pub limit: PolicyName,
    /// How many slots it has.
    pub slots: usize,
    /// How many bytes it takes, now and for ever.
    pub bytes: usize,
    /// How many slots hold a key that still owes.
    pub occupied: usize,
    /// How many times a key that still owed gave its slot to a newcomer.
    pub evicted: u64,
    /// How many of these newcomers took over the debt.
    pub inherited: u64,
    /// Of a strict window: how many admissions of each key it remembers. Fewer than the limit
    /// allows if a reload asked for a longer log than the table has room for: then the limit is kept
    /// as if it allowed so many, and nobody is forgiven.
    pub remembered: Option<u32>,
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter").field("policy", &*self.policy()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Reservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reservation").field("standing", &self.standing).finish_non_exhaustive()
    }
}
