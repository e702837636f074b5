use std::sync::atomic::{AtomicU32, Ordering};

use super::Key;

/// How often debts were cut, counted for one client in thirty-two together.
///
/// A clock that steps back or a smaller quota cuts what a client owes beyond a whole burst. How much
/// of that was for one charge, nobody knows any more: what was charged before a cut is not given back
/// after it.
#[derive(Debug, Default)]
pub(crate) struct Cuts([AtomicU32; GROUPS]);

impl Cuts {
    /// Once a debt of this client was cut, which is seldom; its line is held.
    #[cold]
    pub(super) fn count(&self, tag: u64) {
        if let Some(cuts) = self.group(tag) {
            cuts.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many there were until now; the client's line is held.
    #[inline]
    pub(super) fn of(&self, key: Key) -> u32 {
        self.group(key.tag()).map_or(0, |cuts| cuts.load(Ordering::Relaxed))
    }

    #[inline]
    fn group(&self, tag: u64) -> Option<&AtomicU32> {
        // The low bits of the hash: the high ones say which line it is.
        let group = tag.checked_rem(GROUPS as u64)?;
        self.0.get(usize::try_from(group).ok()?)
    }
}

const GROUPS: usize = 32;
