use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::backend::BackendError;
use super::decide::decide;
use super::job::{Job, Task};
use super::refund::refund;
use super::reply::EXACT;
use super::write::{Change, Write};

/// What a [`Backend`](super::Backend) is to do with the values of some keys, all at once; clones are
/// the same one.
#[derive(Clone)]
pub struct Transaction(Arc<Job>);

/// What a [`Transaction`] decided: what is to be written, and what is to be said, which nobody else
/// can say.
#[must_use = "it counts once it is written, and handed back"]
pub struct Decided {
    of: Transaction,
    numbers: Vec<u64>,
    /// One for each key, and none for those that stay as they are.
    changes: Vec<Option<Change>>,
}

impl Transaction {
    pub(super) fn new(job: Job) -> Self {
        Self(Arc::new(job))
    }

    /// The keys whose values it wants to know: one to eight, no two the same, of visible ASCII
    /// characters, at most 180 of them.
    #[must_use]
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.0.keys.iter().map(String::as_str)
    }

    /// Decides, by what the store holds of each key at the time `now`: since 1970, or since any
    /// moment that is the same for all instances and always was.
    ///
    /// Nothing is remembered here: a store that has to begin anew reads anew, asks again, and hands
    /// back what it wrote in the end. Values by their keys cannot come in a wrong order; what is no
    /// value of this crate's is read as the scripts for Redis read it.
    ///
    /// # Errors
    ///
    /// [`BackendError::Clock`] for a time that is not after the beginning of all times, or 285 years
    /// after it.
    pub fn decide<H: AsRef<[u8]>>(
        &self,
        now: Duration,
        held: impl FnMut(&str) -> Option<H>,
    ) -> Result<Decided, BackendError> {
        let micros = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
        if !(1..EXACT).contains(&micros) {
            return Err(BackendError::Clock { now });
        }
        let held = self.keys().map(held);
        let (numbers, changes) = match &self.0.task {
            Task::Decide { part, wishes } => decide(*part, wishes, micros, held),
            Task::Refund(spent) => refund(spent, micros, held),
            Task::Reset => {
                let changes: Vec<_> = held.map(|held| held.map(|_| Change::Delete)).collect();
                (vec![0], changes)
            }
        };
        Ok(Decided { of: self.clone(), numbers, changes })
    }
}

impl Decided {
    /// What is to be written before it counts: often nothing, and never a key twice.
    pub fn writes(&self) -> impl Iterator<Item = Write<'_>> {
        let each = self.of.keys().zip(&self.changes);
        each.filter_map(|(key, change)| Some(change.as_ref()?.of(key)))
    }

    /// What was said, if this transaction said it, and no other.
    pub(super) fn numbers(self, of: &Transaction) -> Option<Vec<u64>> {
        Arc::ptr_eq(&self.of.0, &of.0).then_some(self.numbers)
    }
}

impl fmt::Debug for Transaction {
    /// Not the keys, which stand for clients.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("keys", &self.0.keys.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Decided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decided").field("writes", &self.writes().count()).finish_non_exhaustive()
    }
}
