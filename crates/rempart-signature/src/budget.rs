use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rempart_core::Faults;

use crate::body::Limits;
use crate::{ConfigError, Policy};

/// The bytes that the bodies of one policy may take up until they are verified.
///
/// Clones share it: a policy whose keys were changed goes on with what is taken already.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<Account>);

#[derive(Debug)]
struct Account {
    limit: u64,
    taken: AtomicU64,
}

impl Budget {
    /// What a frame takes beside its bytes: its place in the list of frames, and what an allocator
    /// adds to it. Without that a body of single bytes would take up fifty times what is counted.
    const FRAME: u64 = 96;

    /// As many bytes as were asked for, or else as a policy has by default; fewer than one body of
    /// these limits takes up is a fault.
    pub(crate) fn of(
        limits: &Limits,
        asked: Option<u64>,
        faults: &mut Faults<ConfigError>,
    ) -> Self {
        let frames = u64::try_from(limits.frames).unwrap_or(u64::MAX);
        let least = limits.bytes.saturating_add(frames.saturating_mul(Self::FRAME));
        let budget = asked.unwrap_or(Policy::BUFFER_BUDGET.max(least));
        if budget < least {
            faults.push(ConfigError::BufferBudgetTooSmall { budget, least });
        }
        Self(Arc::new(Account { limit: budget, taken: AtomicU64::new(0) }))
    }

    pub(crate) fn limit(&self) -> u64 {
        self.0.limit
    }

    pub(crate) fn taken(&self) -> u64 {
        self.0.taken.load(Ordering::Relaxed)
    }

    fn take(&self, bytes: u64) -> bool {
        let fits = |taken: u64| taken.checked_add(bytes).filter(|sum| *sum <= self.0.limit);
        // A count and nothing else: no other memory is told of by it.
        self.0.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok()
    }
}

/// What one body has taken of its policy's budget; it goes back when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Share {
    budget: Option<Budget>,
    taken: u64,
}

impl Share {
    /// Takes as much as a frame of this length needs, if so much is left.
    pub(crate) fn take(&mut self, budget: &Budget, frame: usize) -> bool {
        let frame = u64::try_from(frame).unwrap_or(u64::MAX).saturating_add(Budget::FRAME);
        let own = self.budget.get_or_insert_with(|| budget.clone());
        let fits = own.take(frame);
        if fits {
            self.taken = self.taken.saturating_add(frame);
        }
        fits
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Some(budget) = &self.budget {
            budget.0.taken.fetch_sub(self.taken, Ordering::Relaxed);
        }
    }
}
