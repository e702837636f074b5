mod index;
mod links;
mod table;
mod wheel;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rempart_core::{Clock, SharedClock, SystemClock};

use self::table::Table;
use super::{Claim, Claimed, ReplayKey, ReplayStore, Reply, Settled};
use crate::{ConfigError, ConfigErrors};

/// Remembers in this process, in an amount of memory that is fixed when it is made.
///
/// ```
/// use std::sync::Arc;
/// use rempart_signature::MemoryReplayStore;
///
/// // Two policies can share one, since the policy's name is in the key.
/// let store = Arc::new(MemoryReplayStore::default());
/// assert!(store.bytes() < 8 * 1024 * 1024);
/// ```
///
/// # How it stays bounded
///
/// Every entry has a place in a table that never grows, and stands in a list of those that end at
/// about the same time. A newcomer takes a place that was never used or was given back, or else
/// that of one entry that has ended: nothing is swept, no task runs, and the work is the same
/// whether the table is empty or full. Where every place holds an entry that still counts the
/// answer is [`Claimed::Unavailable`], and none of them is forgotten: who could fill the table
/// could otherwise replay what it held.
///
/// An entry counts for exactly its time. Its place is free again a little after: by a thirty-second
/// of that time at most, or a millisecond.
///
/// Two instances of a service have two memories: a request that went to one is fresh to the other.
/// Where a request can reach either, they need a store that they share.
pub struct MemoryReplayStore {
    table: Mutex<Table>,
    clock: SharedClock,
}

impl MemoryReplayStore {
    /// How many entries a store has room for unless told otherwise; they take less than 8 MiB.
    pub const DEFAULT_CAPACITY: usize = 100_000;

    /// The largest capacity, a table of 1 GiB.
    pub const MAX_CAPACITY: usize = 1 << 24;

    /// Makes room for this many entries, at most 80 bytes for each and 40 KiB in all.
    ///
    /// # Errors
    ///
    /// [`ConfigError::ReplayCapacity`] if it is zero or above
    /// [`MAX_CAPACITY`](Self::MAX_CAPACITY).
    pub fn with_capacity(entries: usize) -> Result<Self, ConfigErrors> {
        if entries == 0 || entries > Self::MAX_CAPACITY {
            return Err(ConfigError::ReplayCapacity { entries }.into());
        }
        Ok(Self::sized(entries))
    }

    /// Tells the time by this clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How many entries there is room for.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.table().capacity()
    }

    /// How many bytes it takes, now and for ever.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>().saturating_add(self.table().bytes())
    }

    fn sized(entries: usize) -> Self {
        Self { table: Mutex::new(Table::new(entries)), clock: Arc::new(SystemClock) }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // Nothing that holds the lock can panic.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryReplayStore {
    fn default() -> Self {
        Self::sized(Self::DEFAULT_CAPACITY)
    }
}

impl ReplayStore for MemoryReplayStore {
    fn claim(&self, key: ReplayKey, lease: Duration) -> Reply<Claimed> {
        let now = self.clock.ticks();
        Reply::now(self.table().claim(key, lease, now))
    }

    fn commit(&self, claim: Claim, ttl: Duration) -> Reply<Settled> {
        let now = self.clock.ticks();
        Reply::now(self.table().commit(&claim, ttl, now))
    }

    fn release(&self, claim: Claim) -> Reply<Settled> {
        let now = self.clock.ticks();
        Reply::now(self.table().release(&claim, now))
    }
}

impl fmt::Debug for MemoryReplayStore {
    /// Says how large it is, not what is in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryReplayStore")
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}
