mod line;

use std::fmt;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};

use rempart_core::{ClientAddr, Faults};

pub(crate) use self::line::{Held, Look};
use self::line::{Line, WAYS};
use super::{Key, Seed, Store, WhenFull};
use crate::{Admission, ConfigError, ConfigErrors, RateError, Receipt, Standing, StrictWindow};

/// Remembers the last admissions of clients, in an amount of memory that is fixed when it is made.
///
/// ```
/// use rempart_rate_limit::{Admission, Quota, StrictWindow, WhenFull, WindowStore};
///
/// // A thousand clients, and the last ten admissions of each.
/// let store = WindowStore::with_capacity(1_000, 10)?;
/// let window = StrictWindow::new(Quota::per_minute(10))?;
/// let key = store.key("the tenant's number");
/// let charge = |cost| store.reserve(key, &window, cost, 0, WhenFull::Strict);
///
/// let (admission, receipt) = charge(10);
/// assert!(matches!(admission, Admission::Allowed(_)));
/// assert!(matches!(charge(1), (Admission::Denied { .. }, None)));
/// // It was a success, and only failures shall count.
/// store.refund(key, receipt.unwrap());
/// assert!(matches!(charge(1), (Admission::Allowed(_), Some(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # How it stays bounded
///
/// As a [`Store`] does: a keyed hash names a client's one line, in which sixteen logs are kept
/// behind a lock of their own. A client that is not in its line takes the slot of the client of
/// whom the fewest admissions still count, and of several the one whose last one is the oldest. So
/// clients that come once push out one another, and never one that is limited.
///
/// If some still count of every client of the line, the newcomer inherits what the evicted client
/// is remembered by ([`WhenFull::Strict`]) or gets a fresh start for as long as the line has
/// forgiven no more than it can hold in a window ([`WhenFull::Available`]).
///
/// A client that was pushed out may come back when others of its line have room again. Therefore a
/// strict line remembers, beside the logs of its clients, the latest times that any client was
/// pushed out with, and every newcomer takes these over too: no client is ever counted too low, and
/// all of them together are admitted at most [`WindowStore::slots`] limits in any window.
pub struct WindowStore {
    /// All lines but one, so that there is always one to give.
    lines: Box<[Line]>,
    last: Line,
    limit: u32,
    seed: Seed,
    evicted: AtomicU64,
    inherited: AtomicU64,
}

impl WindowStore {
    /// The most bytes that a table takes: 1.5 GiB.
    pub const MAX_BYTES: usize = 3 << 29;

    /// Makes room for this many clients at a time, and for this many admissions of each: six bytes
    /// for each admission, and about a hundred for the rest of each client.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Capacity`] if there are no clients, or more than [`Store::MAX_CAPACITY`];
    /// [`ConfigError::Rate`] if the limit is zero or above [`StrictWindow::MAX_LIMIT`];
    /// [`ConfigError::Logs`] if the table would be larger than [`WindowStore::MAX_BYTES`].
    pub fn with_capacity(clients: usize, limit: u32) -> Result<Self, ConfigErrors> {
        Self::check_capacity(clients, limit)?;
        Ok(Self::sized(clients, limit, Seed::random()))
    }

    pub(crate) fn check_capacity(clients: usize, limit: u32) -> Result<(), ConfigErrors> {
        let mut faults = Faults::new();
        if clients == 0 || clients > Store::MAX_CAPACITY {
            faults.push(ConfigError::Capacity { clients, most: Store::MAX_CAPACITY });
        } else if line_bytes(limit).saturating_mul(lines(clients)) > Self::MAX_BYTES {
            faults.push(ConfigError::Logs { clients, limit });
        }
        match limit {
            0 => faults.push(ConfigError::Rate(RateError::ZeroLimit)),
            1..=StrictWindow::MAX_LIMIT => {}
            _ => faults.push(ConfigError::Rate(RateError::NoWindow)),
        }
        faults.finish()
    }

    /// Takes what is remembered into a table with room for more admissions of each client, or fewer:
    /// for a policy that is replaced by one that allows more. Keys of this store are keys of that
    /// one, and what this one admits from now on, that one does not know.
    ///
    /// Of a client of whom this store has forgotten any, as many more are taken to be as old as the
    /// oldest that it remembers. Under the same period, none of these counts.
    ///
    /// # Errors
    ///
    /// As [`WindowStore::with_capacity`].
    pub fn remembering(&self, limit: u32) -> Result<Self, ConfigErrors> {
        Self::check_capacity(self.slots().saturating_mul(2).div_euclid(3), limit)?;
        Ok(Self {
            lines: self.lines.iter().map(|line| line.remembering(limit)).collect(),
            last: self.last.remembering(limit),
            limit,
            seed: self.seed.clone(),
            evicted: AtomicU64::new(self.evicted()),
            inherited: AtomicU64::new(self.inherited()),
        })
    }

    /// Hashes with this seed, for simulations and tests that must repeat themselves. What was
    /// counted so far is forgotten.
    ///
    /// # Security
    ///
    /// Who knows the seed can pick addresses that share a line with a victim's.
    #[must_use]
    pub fn dangerously_seeded(self, seed: [u64; 2]) -> Self {
        Self::empty(self.lines.len(), self.limit, Seed::new(seed))
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

    /// Decides on a request of this cost at the time `now`, in nanoseconds of the one clock that
    /// this store is used with, and writes down what was allowed. What is refused leaves no trace,
    /// and neither does a cost of zero, which asks where the client stands.
    ///
    /// A window that allows more than the store remembers is kept as if it allowed that much.
    ///
    /// A time more than a thousandth of the period before the last admission is a clock that
    /// stepped back: the log moves back with it, so that nobody is blocked for longer than one
    /// window. A time that little before it is that of a thread that came late.
    #[inline]
    pub fn charge(
        &self,
        key: Key,
        window: &StrictWindow,
        cost: u32,
        now: u64,
        when_full: WhenFull,
    ) -> Admission {
        self.reserve(key, window, cost, now, when_full).0
    }

    /// Does what [`WindowStore::charge`] does, and says what may be given back: nothing of what was
    /// not allowed or did not cost anything.
    #[inline]
    pub fn reserve(
        &self,
        key: Key,
        window: &StrictWindow,
        cost: u32,
        now: u64,
        when_full: WhenFull,
    ) -> (Admission, Option<Receipt>) {
        self.reserve_by(key, window, cost, || now, when_full)
    }

    /// Does the same, and reads the time once nobody else can write a later one for the client.
    #[inline]
    pub(crate) fn reserve_by(
        &self,
        key: Key,
        window: &StrictWindow,
        cost: u32,
        now: impl FnOnce() -> u64,
        when_full: WhenFull,
    ) -> (Admission, Option<Receipt>) {
        let mut held = self.hold(key);
        let now = now();
        if let Some(charged) = held.charge(window, cost, now) {
            return charged;
        }
        self.let_in(held, window, cost, now, when_full)
    }

    /// Decides on a request of a client that has no slot, and gives it one if it is allowed.
    #[inline(never)]
    fn let_in(
        &self,
        mut held: Held<'_>,
        window: &StrictWindow,
        cost: u32,
        now: u64,
        when_full: WhenFull,
    ) -> (Admission, Option<Receipt>) {
        let look = held.look(window, cost, now, when_full);
        let receipt = self.commit(&mut held, &look);
        (look.admission, receipt)
    }

    /// Gives back the admissions that a charge of this key wrote down, as far as the log still has
    /// them: not if another client took over the log since, or the clock stepped back.
    #[expect(clippy::needless_pass_by_value, reason = "nothing is given back twice")]
    pub fn refund(&self, key: Key, receipt: Receipt) {
        self.line(key).refund(key, &receipt);
    }

    /// Holds the client's line, so that nobody else is charged there until all limits of a request
    /// are decided.
    #[inline]
    pub(crate) fn hold(&self, key: Key) -> Held<'_> {
        self.line(key).hold(key, self.limit)
    }

    /// Writes down what a held line allowed; nothing of what it denied.
    #[inline]
    pub(crate) fn commit(&self, held: &mut Held<'_>, look: &Look) -> Option<Receipt> {
        if look.pushes_out() {
            self.count(look);
        }
        held.commit(look)
    }

    /// What the client may do at the time `now`; all that the window allows if it is not known.
    #[must_use]
    pub fn standing(&self, key: Key, window: &StrictWindow, now: u64) -> Standing {
        self.line(key).standing(key, &window.remembering(self.limit), now)
    }

    /// How many admissions it remembers of each client.
    pub(crate) const fn limit(&self) -> u32 {
        self.limit
    }

    /// How many clients it has room for, sixteen in each line.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.lines.len().saturating_add(1).saturating_mul(WAYS)
    }

    /// How many bytes it takes, now and for ever.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let lines = self.lines.len().saturating_add(1);
        let rest = size_of::<Self>().saturating_sub(size_of::<Line>());
        line_bytes(self.limit).saturating_mul(lines).saturating_add(rest)
    }

    /// How many slots hold a client of whom any admission counts at the time `now`. It visits
    /// every line in turn: for an operator's gauge, not for a request.
    #[must_use]
    pub fn occupied(&self, window: &StrictWindow, now: u64) -> usize {
        let lines = self.lines.iter().chain([&self.last]);
        lines.map(|line| line.occupied(window, now)).fold(0, usize::saturating_add)
    }

    /// How many times a client of whom admissions still counted gave its slot to a newcomer.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted.load(Ordering::Relaxed)
    }

    /// How many of these newcomers took over the admissions.
    #[must_use]
    pub fn inherited(&self) -> u64 {
        self.inherited.load(Ordering::Relaxed)
    }

    pub(crate) fn sized(clients: usize, limit: u32, seed: Seed) -> Self {
        Self::empty(lines(clients).saturating_sub(1), limit, seed)
    }

    fn empty(lines_but_one: usize, limit: u32, seed: Seed) -> Self {
        Self {
            lines: (0..lines_but_one).map(|_| Line::new(limit)).collect(),
            last: Line::new(limit),
            limit,
            seed,
            evicted: AtomicU64::new(0),
            inherited: AtomicU64::new(0),
        }
    }

    fn line(&self, key: Key) -> &Line {
        self.lines.get(key.index(self.lines.len())).unwrap_or(&self.last)
    }

    #[cold]
    fn count(&self, look: &Look) {
        self.evicted.fetch_add(1, Ordering::Relaxed);
        self.inherited.fetch_add(look.inherits().into(), Ordering::Relaxed);
    }
}

impl fmt::Debug for WindowStore {
    /// Says how large it is, not who is in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WindowStore")
            .field("slots", &self.slots())
            .field("limit", &self.limit)
            .field("evicted", &self.evicted())
            .field("inherited", &self.inherited())
            .finish_non_exhaustive()
    }
}

/// Three lines for 32 clients: a full table is two thirds full, and lines seldom are.
const fn lines(clients: usize) -> usize {
    clients.saturating_mul(3).div_ceil(WAYS.saturating_mul(2))
}

const fn line_bytes(limit: u32) -> usize {
    size_of::<Line>().saturating_add(Line::words(limit).saturating_mul(size_of::<u32>()))
}
