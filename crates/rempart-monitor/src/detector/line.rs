use std::sync::{Mutex, MutexGuard, PoisonError};

use super::record::{Moment, Record};
use super::who::Who;

/// How many share a line: what fits ten cache lines beside the lock.
pub(super) const WAYS: usize = 15;

/// Fifteen clients behind one lock. A client has one line, so that two threads cannot both find
/// it missing and give it a place each.
#[derive(Default)]
#[repr(align(128))]
pub(super) struct Line(Mutex<Places>);

/// The names first and apart from the records, as they are written here: with the lock they are
/// two cache lines, and all that most searches look at.
#[derive(Clone, Copy, Default)]
#[repr(C)]
struct Places {
    bits: [u64; WAYS],
    records: [Record; WAYS],
}

impl Line {
    /// Changes the record of somebody, who takes the place of the one with the lowest score if it
    /// has none. Says as well whether that one still had a score.
    #[inline]
    pub(super) fn change<T>(
        &self,
        who: Who,
        now: Moment,
        change: impl FnOnce(&mut Record) -> T,
    ) -> (T, bool) {
        let mut places = self.lock();
        if let Some(record) = places.find(who) {
            return (change(record), false);
        }
        let mut newcomer = Record::of(who.family);
        let changed = change(&mut newcomer);
        (changed, places.replace_least(who.bits, newcomer, now))
    }

    /// Changes the record of somebody who has one.
    pub(super) fn known<T>(&self, who: Who, change: impl FnOnce(&mut Record) -> T) -> Option<T> {
        self.lock().find(who).map(change)
    }

    /// Visits all that are here: copies of them, so that nobody waits for the visitor.
    pub(super) fn each(&self, mut visit: impl FnMut(Who, &Record)) {
        let Places { bits, records } = *self.lock();
        for (bits, record) in bits.iter().zip(&records) {
            visit(Who { bits: *bits, family: record.family() }, record);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        // Nothing here can panic; if it could, each record would still be whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    #[inline]
    fn find(&mut self, who: Who) -> Option<&mut Record> {
        let mut places = self.bits.iter().zip(&mut self.records);
        // An IPv4 address and an IPv6 network may have the same bits.
        let own = places.find(|(bits, record)| **bits == who.bits && record.family() == who.family);
        own.map(|(_, record)| record)
    }

    fn replace_least(&mut self, by: u64, newcomer: Record, now: Moment) -> bool {
        let places = self.bits.iter_mut().zip(&mut self.records);
        let Some((bits, record)) = places.min_by_key(|(_, record)| record.worth(now)) else {
            return false;
        };
        let evicted = record.has_score(now);
        (*bits, *record) = (by, newcomer);
        evicted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_ten_cache_lines() {
        assert_eq!(size_of::<Line>(), 10 * 64);
    }
}
