#[cfg(all(rempart_loom, test))]
mod model;

use std::fmt;
use std::sync::{Arc, PoisonError};

use thiserror::Error;

use super::Key;
use super::sync::{Mutex, MutexGuard};
use crate::{ConfigError, ConfigErrors};

/// Counts the requests of each key that are being served, in an amount of memory that is fixed
/// when it is made.
///
/// ```
/// use std::sync::Arc;
/// use rempart_rate_limit::{Busy, InFlight, Store};
///
/// let key = Store::default().key("the tenant's number");
/// let in_flight = Arc::new(InFlight::default());
/// let (first, _second) = (in_flight.acquire(key, 2, 1)?, in_flight.acquire(key, 2, 1)?);
/// assert_eq!(in_flight.acquire(key, 2, 1).unwrap_err(), Busy::Limited { in_flight: 2 });
/// // A permit ends with the request that holds it.
/// drop(first);
/// assert!(in_flight.acquire(key, 2, 1).is_ok());
/// # Ok::<(), Busy>(())
/// ```
///
/// # How it stays bounded
///
/// The memory is cut into lines of 256 bytes: twenty rows behind a lock of their own. A row is in
/// use while its key has requests in flight; then it cannot be taken away, since each of them will
/// come back to be counted out. So a newcomer whose line has twenty such keys is refused, and told
/// apart from one that has too many requests itself: [`Busy::TableFull`]. Which line a key has is a
/// keyed hash, so nobody can fill the line of another on purpose. A table takes 51 bytes for each
/// key that it is made for, which leaves a line three quarters empty: it happens to one newcomer in
/// three million when that many keys are in flight, and to one in 70,000 when a third more are.
pub struct InFlight {
    /// All lines but one, so that there is always one to give.
    lines: Box<[Line]>,
    last: Line,
}

impl InFlight {
    /// For how many keys in flight at once a table is made unless told otherwise: 820 KiB.
    pub const DEFAULT_CAPACITY: usize = 16_384;

    /// The largest capacity, a table of 820 MiB.
    pub const MAX_CAPACITY: usize = 1 << 24;

    /// Makes room for this many keys in flight at once, 51 bytes for each.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Capacity`] if it is zero or above [`InFlight::MAX_CAPACITY`].
    pub fn with_capacity(keys: usize) -> Result<Self, ConfigErrors> {
        Self::check_capacity(keys)?;
        Ok(Self::sized(keys))
    }

    pub(crate) const fn check_capacity(keys: usize) -> Result<(), ConfigError> {
        if keys == 0 || keys > Self::MAX_CAPACITY {
            return Err(ConfigError::Capacity { clients: keys, most: Self::MAX_CAPACITY });
        }
        Ok(())
    }

    /// Counts a request of this cost in, if no more than `most` are in flight with it.
    ///
    /// A request that costs nothing is a peek: it is answered as others are, and not counted.
    ///
    /// # Errors
    ///
    /// [`Busy`] if it has to wait, or can never be served. It is not counted then.
    pub fn acquire(self: &Arc<Self>, key: Key, most: u32, cost: u32) -> Result<Permit, Busy> {
        let held = self.hold(key);
        let place = held.look(most, cost)?;
        Ok(held.commit(place))
    }

    /// How many requests of this key are in flight.
    #[must_use]
    pub fn of(&self, key: Key) -> u32 {
        let rows = self.line(key).lock();
        let row = rows.own(key);
        row.and_then(|row| rows.in_flight.get(row)).copied().unwrap_or_default()
    }

    /// How many keys have requests in flight. It visits every line in turn: for an operator's
    /// gauge, not for a request.
    #[must_use]
    pub fn occupied(&self) -> usize {
        let lines = self.lines.iter().chain([&self.last]);
        lines.map(|line| line.lock().occupied()).fold(0, usize::saturating_add)
    }

    /// How many keys it has room for, twenty in each line.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.lines.len().saturating_add(1).saturating_mul(ROWS)
    }

    /// How many bytes it takes, now and for ever.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>().saturating_add(size_of_val(&*self.lines))
    }

    /// Locks the key's one line, until all that a request is charged with is decided. No permit may
    /// be dropped by the same thread meanwhile: it would wait for itself.
    pub(crate) fn hold(self: &Arc<Self>, key: Key) -> Held<'_> {
        Held { table: self, rows: self.line(key).lock(), key }
    }

    fn release(&self, key: Key, cost: u32) {
        let mut rows = self.line(key).lock();
        let own = rows.own(key);
        if let Some(in_flight) = own.and_then(|row| rows.in_flight.get_mut(row)) {
            *in_flight = in_flight.saturating_sub(cost);
        }
    }

    fn line(&self, key: Key) -> &Line {
        self.lines.get(key.index(self.lines.len())).unwrap_or(&self.last)
    }

    pub(crate) fn sized(keys: usize) -> Self {
        let lines = keys.div_ceil(KEYS_PER_LINE);
        let lines = (1..lines).map(|_| Line::default()).collect();
        Self { lines, last: Line::default() }
    }
}

impl Default for InFlight {
    fn default() -> Self {
        Self::sized(Self::DEFAULT_CAPACITY)
    }
}

impl fmt::Debug for InFlight {
    /// Says how large it is, not who is in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InFlight").field("bytes", &self.bytes()).finish_non_exhaustive()
    }
}

/// Keeps a request counted as in flight, until it is dropped: with the body of the response, with
/// the future that nobody waits for any more, or by a panic.
///
/// One that is leaked ([`std::mem::forget`]) is counted for ever.
#[must_use = "the request is in flight as long as its permit lives"]
pub struct Permit {
    table: Arc<InFlight>,
    key: Key,
    cost: u32,
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.table.release(self.key, self.cost);
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("cost", &self.cost).finish_non_exhaustive()
    }
}

/// Why a request is not counted in.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Busy {
    /// Too many of the key's requests are in flight; when one of them ends, nobody knows.
    #[error("{in_flight} requests are in flight, and that is all there may be")]
    Limited {
        /// How many there are, without this one.
        in_flight: u32,
    },
    /// The request costs more than may be in flight at all: no waiting helps.
    #[error("the request costs more than may be in flight")]
    NeverPossible,
    /// None of the key's requests are in flight, and the line is full of keys whose requests are.
    #[error("there is no room to count the requests of one more key")]
    TableFull,
}

/// A line that one key's request holds.
pub(crate) struct Held<'a> {
    table: &'a Arc<InFlight>,
    rows: MutexGuard<'a, Rows>,
    key: Key,
}

/// Where a request that was allowed is counted in.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    row: usize,
    cost: u32,
    /// How many are in flight without this request.
    in_flight: u32,
}

impl Place {
    /// How many are in flight with this request.
    pub(crate) const fn in_flight(self) -> u32 {
        self.in_flight.saturating_add(self.cost)
    }
}

impl Held<'_> {
    /// Decides, and writes nothing.
    pub(crate) fn look(&self, most: u32, cost: u32) -> Result<Place, Busy> {
        if cost > most {
            return Err(Busy::NeverPossible);
        }
        let own = self.rows.own(self.key);
        let in_flight = own.and_then(|row| self.rows.in_flight.get(row)).copied().unwrap_or(0);
        // Fewer may be allowed now than are in flight since before.
        if most.checked_sub(in_flight).is_none_or(|free| cost > free) {
            return Err(Busy::Limited { in_flight });
        }
        match own.or_else(|| self.rows.free()) {
            Some(row) => Ok(Place { row, cost, in_flight }),
            // A peek needs no room, and is not told that there is some.
            None if cost == 0 => Ok(Place { row: ROWS, cost, in_flight: most }),
            None => Err(Busy::TableFull),
        }
    }

    /// Counts in what was allowed.
    pub(crate) fn commit(mut self, Place { row, cost, .. }: Place) -> Permit {
        let Rows { tags, in_flight } = &mut *self.rows;
        if let (Some(tag), Some(in_flight)) = (tags.get_mut(row), in_flight.get_mut(row)) {
            *tag = self.key.tag();
            *in_flight = in_flight.saturating_add(cost);
        }
        Permit { table: Arc::clone(self.table), key: self.key, cost }
    }
}

/// How many keys share a line: what fits 256 bytes beside the lock.
const ROWS: usize = 20;

/// How many of them a line is made for.
const KEYS_PER_LINE: usize = 5;

#[derive(Default)]
#[repr(align(64))]
struct Line(Mutex<Rows>);

/// Row by row: whose it is, and how many of its requests are in flight. A row without any is
/// nobody's.
#[derive(Default)]
struct Rows {
    tags: [u64; ROWS],
    in_flight: [u32; ROWS],
}

impl Line {
    fn lock(&self) -> MutexGuard<'_, Rows> {
        // Nothing here can panic; if it could, each row would still be whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    fn own(&self, key: Key) -> Option<usize> {
        let mut rows = self.tags.iter().zip(&self.in_flight);
        rows.position(|(tag, in_flight)| *tag == key.tag() && *in_flight > 0)
    }

    fn free(&self) -> Option<usize> {
        self.in_flight.iter().position(|in_flight| *in_flight == 0)
    }

    fn occupied(&self) -> usize {
        self.in_flight.iter().filter(|in_flight| **in_flight > 0).count()
    }
}
