mod cuts;
mod in_flight;
mod key;
mod line;
#[cfg(all(rempart_loom, test))]
mod model;
pub(crate) mod sync;
mod windows;

use std::fmt;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};

use rempart_core::ClientAddr;

pub(crate) use self::cuts::Cuts;
pub use self::in_flight::{Busy, InFlight, Permit};
pub(crate) use self::in_flight::{Held as HeldRows, Place};
pub use self::key::Key;
pub(crate) use self::key::{KeyHasher, Seed};
use self::line::{Evicted, Line, Seldom, WAYS};
pub(crate) use self::line::{Held, Look, Owed};
pub use self::windows::WindowStore;
pub(crate) use self::windows::{Held as HeldLogs, Look as LogsLook};
use crate::{ConfigError, ConfigErrors, Gcra, Verdict};

/// Remembers what clients owe, in an amount of memory that is fixed when it is made.
///
/// ```
/// use rempart_rate_limit::{Gcra, Quota, Store, Verdict, WhenFull};
///
/// let store = Store::with_capacity(100_000)?;
/// let gcra = Gcra::new(Quota::per_minute(1))?;
/// let key = store.key("the tenant's number");
/// let mut charge = || store.charge(key, &gcra, 1, 0, WhenFull::Strict);
/// assert!(matches!(charge(), Verdict::Allowed { .. }));
/// assert!(matches!(charge(), Verdict::Denied { .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # How it stays bounded
///
/// The memory is cut into lines of 256 bytes: fifteen slots of sixteen bytes behind a lock of
/// their own. A keyed hash, whose key is drawn at random for each store, names a client's one
/// line, so nobody can choose whose line to share. A client that is not in its line takes the slot
/// of the client that owes least, which is nearly always one that owes nothing any more. What
/// happens when all fifteen still owe is the policy's choice: [`WhenFull`]. It happens to one
/// newcomer in a hundred when there are as many clients in debt as the store was made for, and to
/// one in ten thousand when there are half as many.
///
/// A client that is limited owes more than those who come once, so they push out one another and
/// never it. Nothing is swept, no task runs, and no request looks at more than one line.
pub struct Store {
    /// All lines but one, so that there is always one to give.
    lines: Box<[Line]>,
    last: Line,
    seed: Seed,
    evicted: AtomicU64,
    inherited: AtomicU64,
    cuts: Cuts,
}

/// What a store does for a newcomer whose line is full of clients that still owe.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenFull {
    /// Gives it a fresh start as long as the line has forgiven no more debt than it can hold, and
    /// inherits after that. In all, at most twice as much is admitted as [`WhenFull::Strict`]
    /// would. For what strangers shall be able to read while somebody floods.
    Available,
    /// Lets it inherit the debt of the client whose slot it takes. No client is ever counted too
    /// low, and all clients together are admitted at most [`Store::slots`] quotas, at the price of
    /// denying strangers early during a flood. For logins and whatever else is guessed at.
    #[default]
    Strict,
}

impl Store {
    /// For how many clients in debt a store is made unless told otherwise.
    pub const DEFAULT_CAPACITY: usize = 65_536;

    /// The largest capacity, a table of 1.5 GiB.
    pub const MAX_CAPACITY: usize = 1 << 26;

    /// Makes room for this many clients in debt at a time, 24 bytes for each.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Capacity`] if it is zero or above [`Store::MAX_CAPACITY`].
    pub fn with_capacity(clients: usize) -> Result<Self, ConfigErrors> {
        Self::check_capacity(clients)?;
        Ok(Self::sized(clients, Seed::random()))
    }

    pub(crate) const fn check_capacity(clients: usize) -> Result<(), ConfigError> {
        if clients == 0 || clients > Self::MAX_CAPACITY {
            return Err(ConfigError::Capacity { clients, most: Self::MAX_CAPACITY });
        }
        Ok(())
    }

    /// Hashes with this seed, for simulations and tests that must repeat themselves. What was
    /// counted so far is forgotten.
    ///
    /// # Security
    ///
    /// Who knows the seed can pick addresses that share a line with a victim's.
    #[must_use]
    pub fn dangerously_seeded(self, seed: [u64; 2]) -> Self {
        Self::empty(self.lines.len(), Seed::new(seed))
    }

    /// The key of anything that can be hashed: a tenant, a verified identity, a tuple of both.
    #[must_use]
    pub fn key<T: Hash + ?Sized>(&self, of: &T) -> Key {
        self.seed.key(of)
    }

    /// The key of a client: its IPv4 address, or the /64 network of its IPv6 address.
    #[must_use]
    #[inline]
    pub fn client(&self, client: ClientAddr) -> Key {
        self.seed.client(client)
    }

    /// The one key of all clients whose address nobody knows.
    #[must_use]
    pub fn unknown_client(&self) -> Key {
        self.seed.unknown_client()
    }

    /// Decides on a request of this cost at the time `now`, in nanoseconds of the one clock that
    /// this store is used with, and writes down what was allowed. What is refused leaves no trace.
    ///
    /// A store counts by one quota at a time: under a smaller one, debts are cut to what it can
    /// hold.
    #[inline]
    pub fn charge(
        &self,
        key: Key,
        gcra: &Gcra,
        cost: u32,
        now: u64,
        when_full: WhenFull,
    ) -> Verdict {
        self.charge_by(key, gcra, cost, || now, when_full)
    }

    /// Does the same, and reads the time once nobody else can write a later one for the client: or a
    /// thread that was held up between both would take that for a clock that stepped back.
    #[expect(clippy::inline_always, reason = "a tenth of a decision would go into the call")]
    #[inline(always)]
    pub(crate) fn charge_by(
        &self,
        key: Key,
        gcra: &Gcra,
        cost: u32,
        now: impl FnOnce() -> u64,
        when_full: WhenFull,
    ) -> Verdict {
        let seldom = |seldom| match seldom {
            Seldom::Evicted(evicted) => self.count(evicted),
            Seldom::Cut { tag } => self.cuts.count(tag),
        };
        self.line(key).charge(key, gcra, cost, now, when_full, seldom)
    }

    /// Holds the client's line, so that nobody else is charged there until all limits of a request
    /// are decided.
    pub(crate) fn hold(&self, key: Key) -> Held<'_> {
        self.line(key).hold(key, &self.cuts)
    }

    /// Writes down what a held line allowed; says what the client owes then.
    pub(crate) fn commit(&self, held: &mut Held<'_>, look: Look, now: u64) -> Owed {
        let until = now.saturating_add(look.debt());
        if let Some(evicted) = held.commit(look, until) {
            self.count(evicted);
        }
        held.owed(until)
    }

    /// Gives back what is left of a charge that was committed; nothing once debts were cut, since
    /// nobody knows how much of it that took.
    pub(crate) fn give_back(&self, key: Key, gcra: &Gcra, cost: u32, owed: Owed, now: u64) {
        self.line(key).give_back(key, gcra.charge(cost), owed, now, &self.cuts);
    }

    /// Gives back what is left, at the time `now`, of a charge after which the client owed
    /// `until`. The debts that the client ran up later stay, and one that was paid is not given
    /// back: so a refund admits nothing that the quota would not have admitted without the charge.
    /// That holds as long as the store counts by one quota and the clock does not step back; else a
    /// debt may have been cut, and the charge with it.
    pub fn refund(&self, key: Key, gcra: &Gcra, cost: u32, until: u64, now: u64) {
        self.line(key).refund(key, gcra.charge(cost), until, now);
    }

    /// What the client owes at the time `now`, in nanoseconds; zero if it is not known.
    #[must_use]
    pub fn debt(&self, key: Key, gcra: &Gcra, now: u64) -> u64 {
        gcra.debt(self.line(key).until(key), now)
    }

    /// How many slots there are, fifteen for each line.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.lines.len().saturating_add(1).saturating_mul(WAYS)
    }

    /// How many bytes it takes, now and for ever.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>().saturating_add(size_of_val(&*self.lines))
    }

    /// How many slots hold a client that still owes at the time `now`. It visits every line in
    /// turn: for an operator's gauge, not for a request.
    #[must_use]
    pub fn occupied(&self, now: u64) -> usize {
        let lines = self.lines.iter().chain([&self.last]);
        lines.map(|line| line.occupied(now)).fold(0, usize::saturating_add)
    }

    /// How many times a client that still owed gave its slot to a newcomer.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted.load(Ordering::Relaxed)
    }

    /// How many of these newcomers took over the debt.
    #[must_use]
    pub fn inherited(&self) -> u64 {
        self.inherited.load(Ordering::Relaxed)
    }

    pub(crate) fn sized(clients: usize, seed: Seed) -> Self {
        // Three lines for 32 clients: a full table is two thirds full, and lines seldom are.
        let lines = clients.saturating_mul(3).div_ceil(32);
        Self::empty(lines.saturating_sub(1), seed)
    }

    fn empty(lines_but_one: usize, seed: Seed) -> Self {
        Self {
            lines: (0..lines_but_one).map(|_| Line::default()).collect(),
            last: Line::default(),
            seed,
            evicted: AtomicU64::new(0),
            inherited: AtomicU64::new(0),
            cuts: Cuts::default(),
        }
    }

    fn line(&self, key: Key) -> &Line {
        self.lines.get(key.index(self.lines.len())).unwrap_or(&self.last)
    }

    #[cold]
    fn count(&self, Evicted { inherited }: Evicted) {
        self.evicted.fetch_add(1, Ordering::Relaxed);
        self.inherited.fetch_add(inherited.into(), Ordering::Relaxed);
    }
}

impl Default for Store {
    fn default() -> Self {
        Self::sized(Self::DEFAULT_CAPACITY, Seed::random())
    }
}

impl fmt::Debug for Store {
    /// Says how large it is, not who is in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("slots", &self.slots())
            .field("evicted", &self.evicted())
            .field("inherited", &self.inherited())
            .finish_non_exhaustive()
    }
}
