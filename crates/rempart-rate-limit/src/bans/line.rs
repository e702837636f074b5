use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::BanRule;
use crate::Key;
use crate::store::sync::{AtomicU64, Mutex, MutexGuard};

/// How many bans share a line: what fits 1,024 bytes beside the suspects.
pub(super) const BANS: usize = 16;

/// Of how many keys that are not banned a line counts the denials.
pub(super) const SUSPECTS: usize = 20;

/// Sixteen bans and twenty suspects behind one lock.
#[derive(Default)]
#[repr(align(64))]
pub(super) struct Line {
    /// When the last of the bans ends: after that, nobody needs the lock to learn that no key of
    /// this line is banned.
    last_end: AtomicU64,
    rows: Mutex<Rows>,
}

#[derive(Default)]
struct Rows {
    banned: [u64; BANS],
    bans: [Ban; BANS],
    suspected: [u64; SUSPECTS],
    suspects: [Suspect; SUSPECTS],
}

/// A ban, or the memory of one that is over.
#[derive(Clone, Copy, Default)]
struct Ban {
    until: u64,
    length: u64,
    /// How often the next ban is doubled, should nothing decay until then.
    level: u32,
}

#[derive(Clone, Copy, Default)]
struct Suspect {
    since: u64,
    denials: u32,
}

/// What became of a ban that was to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// It took the row of a ban that had less left.
    Evicting,
    /// It took a row that nobody needed.
    Free,
    /// All the others have more left, so it is the shortest, and gave way at once.
    KeptOut,
}

impl Line {
    /// How many nanoseconds are left of the key's ban.
    #[inline]
    pub(super) fn banned(&self, key: Key, now: u64) -> Option<u64> {
        if self.last_end.load(Ordering::Acquire) <= now {
            return None;
        }
        self.look(key, now)
    }

    /// Counts a denial; if it is the one too many: how long the ban is that starts, and what became
    /// of it.
    pub(super) fn denied(&self, key: Key, rule: &BanRule, now: u64) -> Option<(u64, Entry)> {
        let mut rows = self.lock();
        if rows.remaining(key, now).is_some() || !rows.suspect(key, rule, now) {
            return None;
        }
        let before = rows.own(key).map(|ban| (ban.level, now.saturating_sub(ban.until)));
        let level = before.map_or(0, |(level, quiet)| rule.decayed(level, quiet));
        let length = rule.length(level);
        let until = now.saturating_add(length);
        let ban = Ban { until, length, level: rule.above(level) };
        Some((length, self.start(&mut rows, key, ban, now)))
    }

    /// Starts a ban, unless one that is there ends later.
    pub(super) fn ban(&self, key: Key, length: u64, now: u64) -> Entry {
        let mut rows = self.lock();
        let until = now.saturating_add(length);
        if rows.remaining(key, now).is_some_and(|left| left >= length) {
            return Entry::Free;
        }
        let level = rows.own(key).map_or(0, |ban| ban.level);
        self.start(&mut rows, key, Ban { until, length, level }, now)
    }

    /// Ends a ban now, and forgets the denials; says whether there was one.
    pub(super) fn unban(&self, key: Key, now: u64) -> bool {
        let mut rows = self.lock();
        rows.forget_denials(key);
        let banned = rows.remaining(key, now).is_some();
        if let Some(ban) = rows.own(key).filter(|_| banned) {
            ban.until = now;
        }
        self.publish(&rows);
        banned
    }

    /// Forgets all that is known of a key.
    pub(super) fn reset(&self, key: Key) {
        let mut rows = self.lock();
        rows.forget_denials(key);
        if let Some(ban) = rows.own(key) {
            *ban = Ban::default();
        }
        self.publish(&rows);
    }

    pub(super) fn occupied(&self, now: u64) -> usize {
        self.lock().bans.iter().filter(|ban| ban.until > now).count()
    }

    #[cold]
    fn look(&self, key: Key, now: u64) -> Option<u64> {
        let mut rows = self.lock();
        let remaining = rows.remaining(key, now);
        self.publish(&rows);
        remaining
    }

    fn start(&self, rows: &mut Rows, key: Key, ban: Ban, now: u64) -> Entry {
        let entry = rows.start(key, ban, now);
        self.publish(rows);
        entry
    }

    /// Under the lock, so that of two who write the last one knows all.
    fn publish(&self, rows: &Rows) {
        let ends = rows.bans.iter().map(|ban| ban.until);
        self.last_end.store(ends.max().unwrap_or_default(), Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        // Nothing here can panic; if it could, each row would still be whole.
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    /// The ban of the key, over or not.
    fn own(&mut self, key: Key) -> Option<&mut Ban> {
        let row = self.banned.iter().position(|tag| *tag == key.tag())?;
        self.bans.get_mut(row)
    }

    /// What is left of the key's ban. If that is more than the whole of it, the clock has stepped
    /// back: then the whole of it is left, and no more.
    fn remaining(&mut self, key: Key, now: u64) -> Option<u64> {
        let ban = self.own(key)?;
        let left = ban.until.checked_sub(now).filter(|left| *left > 0)?.min(ban.length);
        ban.until = now.saturating_add(left);
        Some(left)
    }

    /// The row of the key, or else that of the ban that ends first.
    fn start(&mut self, key: Key, ban: Ban, now: u64) -> Entry {
        let own = self.banned.iter().position(|tag| *tag == key.tag());
        let first_end = || {
            let rows = self.bans.iter().enumerate();
            rows.min_by_key(|(_, ban)| ban.until).map(|(row, _)| row)
        };
        let Some(row) = own.or_else(first_end) else { return Entry::KeptOut };
        let (Some(tag), Some(old)) = (self.banned.get_mut(row), self.bans.get_mut(row)) else {
            return Entry::KeptOut;
        };
        let evicts = own.is_none() && old.until > now;
        if evicts && old.until >= ban.until {
            return Entry::KeptOut;
        }
        (*tag, *old) = (key.tag(), ban);
        if evicts { Entry::Evicting } else { Entry::Free }
    }

    /// Counts a denial; says whether that makes a ban, and then counts from zero.
    fn suspect(&mut self, key: Key, rule: &BanRule, now: u64) -> bool {
        let own = self.suspected.iter().position(|tag| *tag == key.tag());
        // The fewest denials give way, and the oldest of those, so that those who come once push
        // out one another. Nobody inherits: a ban is only ever for a key's own denials.
        let least = || {
            let counts =
                self.suspects.iter().map(|suspect| (suspect.counts(rule, now), suspect.since));
            counts.enumerate().min_by_key(|(_, counts)| *counts).map(|(row, _)| row)
        };
        let Some(row) = own.or_else(least) else { return false };
        let (Some(tag), Some(suspect)) = (self.suspected.get_mut(row), self.suspects.get_mut(row))
        else {
            return false;
        };
        let before = if own.is_some() { suspect.counts(rule, now) } else { 0 };
        let denials = before.saturating_add(1);
        if denials >= rule.denials() {
            if own.is_some() {
                *suspect = Suspect::default();
            }
            return true;
        }
        let since = if before == 0 { now } else { suspect.since };
        (*tag, *suspect) = (key.tag(), Suspect { since, denials });
        false
    }

    fn forget_denials(&mut self, key: Key) {
        let row = self.suspected.iter().position(|tag| *tag == key.tag());
        if let Some(suspect) = row.and_then(|row| self.suspects.get_mut(row)) {
            *suspect = Suspect::default();
        }
    }
}

impl Suspect {
    /// How many denials count at this time.
    fn counts(&self, rule: &BanRule, now: u64) -> u32 {
        if rule.spans(self.since, now) { self.denials } else { 0 }
    }
}
