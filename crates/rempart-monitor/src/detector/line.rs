use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::record::{Moment, Record};
use super::who::{Family, Who};

/// How many share a line: what fits ten cache lines beside the lock.
pub(super) const WAYS: usize = 15;

/// Fifteen clients behind one lock. A client has one line, so that two threads cannot both find
/// it missing and give it a place each.
#[derive(Default)]
#[repr(align(64))]
pub(super) struct Line(Mutex<Places>);

/// The names apart from the records: they are all that most searches look at.
#[derive(Default)]
struct Places {
    bits: [u64; WAYS],
    families: [Family; WAYS],
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
        let mut newcomer = Record::default();
        let changed = change(&mut newcomer);
        let Places { bits, families, records } = &mut *places;
        let places = bits.iter_mut().zip(families).zip(records);
        let least = places.min_by_key(|(_, record)| record.worth(now));
        let evicted = least.is_some_and(|((bits, family), record)| {
            (*bits, *family) = (who.bits, who.family);
            let (score, _) = mem::replace(record, newcomer).worth(now);
            score > 0
        });
        (changed, evicted)
    }

    /// Changes the record of somebody who has one.
    pub(super) fn known<T>(&self, who: Who, change: impl FnOnce(&mut Record) -> T) -> Option<T> {
        self.lock().find(who).map(change)
    }

    /// Visits all that are here.
    pub(super) fn each(&self, mut visit: impl FnMut(Who, &Record)) {
        let places = self.lock();
        let Places { bits, families, records } = &*places;
        for ((bits, family), record) in bits.iter().zip(families).zip(records) {
            visit(Who { bits: *bits, family: *family }, record);
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
        // An IPv4 address and an IPv6 network may have the same bits.
        let mut names = self.bits.iter().zip(&self.families);
        let own = |(bits, family): (&u64, &Family)| *bits == who.bits && *family == who.family;
        self.records.get_mut(names.position(own)?)
    }
}
