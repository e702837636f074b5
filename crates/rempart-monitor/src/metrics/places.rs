use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use rempart_core::PolicyName;

/// Gives each policy a place: the first 64 one of their own, the others one together.
#[derive(Debug)]
pub(super) struct Places {
    /// By the index of the name.
    of: Box<[AtomicU8]>,
    given: Mutex<u8>,
}

impl Places {
    pub(super) const COUNT: usize = OTHER as usize + 1;

    pub(super) fn new() -> Self {
        let of = (0..PolicyName::INDEXED).map(|_| AtomicU8::new(NONE)).collect();
        Self { of, given: Mutex::new(0) }
    }

    #[inline]
    pub(super) fn of(&self, policy: &PolicyName) -> usize {
        // Names without an index of their own have no place of their own either.
        let place = self.of.get(usize::from(policy.index()));
        match place.map_or(OTHER, |place| place.load(Ordering::Relaxed)) {
            NONE => self.give(policy),
            place => usize::from(place),
        }
    }

    /// What stands in the label for a policy in this place.
    pub(super) fn label(place: usize, policy: &PolicyName) -> String {
        let name = if place < usize::from(OTHER) { policy.as_str() } else { "other" };
        name.to_owned()
    }

    #[cold]
    fn give(&self, policy: &PolicyName) -> usize {
        // A thread that panicked here left a number, and numbers are whole.
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(place) = self.of.get(usize::from(policy.index())) else { return OTHER.into() };
        // Another thread may have been faster.
        if place.load(Ordering::Relaxed) == NONE {
            place.store(*given, Ordering::Relaxed);
            *given = given.saturating_add(1).min(OTHER);
        }
        place.load(Ordering::Relaxed).into()
    }
}

const OTHER: u8 = 64;
const NONE: u8 = u8::MAX;
