use std::mem;

use crate::StrictWindow;

/// When the last requests of one client were admitted, beside the ages that are kept elsewhere.
///
/// An age counts *ticks* of 2^shift nanoseconds, from the admission to the newest one, both rounded
/// up to a multiple of a tick: so an admission is taken for up to a tick younger than it is, and
/// however many come after it do not add to that. Ages are in the order of age. One more is kept
/// than the largest limit, which says how old those may be at most that were forgotten.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Log {
    /// In nanoseconds: nothing was admitted later.
    newest: u64,
    count: u8,
    shift: u8,
    /// Another one whenever what was written before is no longer where a receipt says.
    era: u16,
}

/// Says which admissions a charge wrote down, so that they can be given back once.
#[derive(Debug)]
#[must_use = "what is not given back stays charged"]
pub struct Receipt {
    at: u64,
    cost: u32,
    era: u16,
    /// Which log of its line, for who keeps the logs.
    pub(crate) row: u8,
}

impl Receipt {
    /// Of so many of them, and no more.
    pub(crate) fn at_most(self, cost: u32) -> Self {
        Self { cost: self.cost.min(cost), ..self }
    }
}

/// A log at one time, by one rule.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    ages: &'a [u32],
    shift: u8,
    /// For how many nanoseconds more the newest admission counts.
    left: u64,
    /// The same, if it is rounded up to a tick, as the ages are.
    within: u64,
}

impl Seen<'_> {
    /// How many admissions count.
    #[inline]
    pub(crate) fn live(&self) -> u32 {
        if self.left == 0 {
            return 0;
        }
        // An age counts that is less than so many nanoseconds: at most so many ticks.
        let last = self.within.saturating_sub(1) >> self.shift;
        let live = self.ages.partition_point(|age| u64::from(*age) <= last);
        u32::try_from(live).unwrap_or(u32::MAX)
    }

    /// For how many nanoseconds more the nth newest admission counts.
    #[inline]
    pub(crate) fn still(&self, nth: u32) -> u64 {
        let age = usize::try_from(nth).ok().and_then(|nth| self.ages.get(nth));
        age.map_or(0, |age| {
            self.within.saturating_sub(u64::from(*age) << self.shift).min(self.left)
        })
    }
}

impl Log {
    #[inline]
    pub(crate) fn seen<'a>(&self, ages: &'a [u32], window: &StrictWindow, now: u64) -> Seen<'a> {
        let left = self.left(window, now);
        let within = left.saturating_add(gap(self.newest, self.shift));
        Seen { ages: self.remembered(ages), shift: self.shift, left, within }
    }

    /// Whether any admission counts.
    #[inline]
    pub(crate) fn counts(&self, window: &StrictWindow, now: u64) -> bool {
        self.count > 0 && self.left(window, now) > 0
    }

    pub(crate) const fn newest(&self) -> u64 {
        self.newest
    }

    /// Forgets a future that the clock has taken back: what was admitted in it was admitted now, or
    /// as long before as it was before the newest.
    ///
    /// A thousandth of the period is left alone: two threads may have read the clock in one order
    /// and come here in the other.
    #[inline]
    pub(crate) fn cut(&mut self, ages: &mut [u32], window: &StrictWindow, now: u64) {
        if self.newest.saturating_sub(now) > window.period / JITTER {
            self.newest = now;
            self.era = self.era.wrapping_add(1);
            // The newest may be nearer to the next tick than it was.
            for age in self.remembered_mut(ages) {
                *age = age.saturating_sub(1);
            }
        }
    }

    /// Writes down so many admissions at the time `now`, or at that of the newest if that is later.
    #[inline]
    pub(crate) fn admit(
        &mut self,
        ages: &mut [u32],
        window: &StrictWindow,
        cost: u32,
        now: u64,
    ) -> Receipt {
        self.measure(ages, window.shift);
        let passed = self.pass(now);
        let new = usize::try_from(cost).unwrap_or(usize::MAX);
        let end = usize::from(self.count).saturating_add(new).min(ages.len());
        let kept = ages.get_mut(..end).unwrap_or_default();
        if new == 1 {
            // By far the most frequent: one walk, in which each makes room for the one before it.
            let mut newer = 0;
            for age in kept {
                newer = mem::replace(age, newer).saturating_add(passed);
            }
        } else {
            let new = new.min(end);
            kept.copy_within(..end.saturating_sub(new), new);
            for (nth, age) in kept.iter_mut().enumerate() {
                *age = if nth < new { 0 } else { age.saturating_add(passed) };
            }
        }
        self.count = u8::try_from(end).unwrap_or(u8::MAX);
        Receipt { at: self.newest, cost, era: self.era, row: 0 }
    }

    /// Takes back what a receipt says, as far as it is still here.
    pub(crate) fn refund(&mut self, ages: &mut [u32], receipt: &Receipt) {
        let Receipt { at, cost, era, .. } = *receipt;
        if era != self.era || at > self.newest {
            return;
        }
        let age = self.ticks_since(at);
        let first = self.remembered(ages).partition_point(|other| *other < age);
        let found = self.remembered(ages).iter().skip(first).take_while(|other| **other == age);
        let cost = usize::try_from(cost).unwrap_or(usize::MAX);
        self.remove(ages, first, found.take(cost).count());
    }

    /// Forgets so many of the newest admissions.
    pub(crate) fn forget_newest(&mut self, ages: &mut [u32], count: usize) {
        self.remove(ages, 0, count);
    }

    /// Forgets all admissions.
    pub(crate) fn clear(&mut self) {
        *self = Self { era: self.era.wrapping_add(1), ..Self::default() };
    }

    /// Becomes another client's.
    pub(crate) fn hand_over(&mut self) {
        self.era = self.era.wrapping_add(1);
    }

    /// Takes the admissions of another log, and keeps its era.
    pub(crate) fn copy(&mut self, ages: &mut [u32], other: Self, others: &[u32]) {
        *self = Self { era: self.era, ..other };
        ages.iter_mut().zip(others).for_each(|(age, other)| *age = *other);
    }

    /// Moves to where there is room for more ages, or for fewer: a log that was full has forgotten
    /// others, which may be as young as its oldest.
    pub(crate) fn fit(&mut self, old: &[u32], ages: &mut [u32]) {
        let (remembered, oldest) = (self.remembered(old), old.last().copied().unwrap_or_default());
        let is_full = remembered.len() == old.len();
        let all = remembered.iter().copied();
        let all = all.chain(is_full.then_some(oldest).into_iter().cycle()).take(ages.len());
        let mut count: u8 = 0;
        for (age, old) in ages.iter_mut().zip(all) {
            *age = old;
            count = count.saturating_add(1);
        }
        self.count = count;
    }

    /// Keeps the later of both for each of the newest, the second newest, and so on: then it allows
    /// nothing that either of them would not.
    pub(crate) fn join(
        &mut self,
        ages: &mut [u32],
        mut other: Self,
        others: &mut [u32],
        window: &StrictWindow,
    ) {
        self.measure(ages, window.shift.max(other.shift));
        other.measure(others, self.shift);
        self.advance(ages, other.newest);
        other.advance(others, self.newest);
        let mine = usize::from(self.count);
        for (nth, (age, other)) in ages.iter_mut().zip(other.remembered(others)).enumerate() {
            *age = if nth < mine { *other.min(age) } else { *other };
        }
        self.count = self.count.max(other.count);
    }

    /// For how many nanoseconds more the newest admission counts.
    fn left(&self, window: &StrictWindow, now: u64) -> u64 {
        let ahead = window.period.saturating_add(self.newest.saturating_sub(now));
        ahead.saturating_sub(now.saturating_sub(self.newest))
    }

    /// The time of the newest admission becomes this one, unless it is later already.
    fn advance(&mut self, ages: &mut [u32], to: u64) {
        let passed = self.pass(to);
        for age in self.remembered_mut(ages) {
            *age = age.saturating_add(passed);
        }
    }

    /// The same but for the ages: they are to grow by so much.
    fn pass(&mut self, to: u64) -> u32 {
        let newest = self.newest.max(to);
        let since = round(newest, self.shift).saturating_sub(round(self.newest, self.shift));
        self.newest = newest;
        u32::try_from(since >> self.shift).unwrap_or(u32::MAX)
    }

    /// Counts ages in ticks as long as these, if they are not longer already. Shorter ones would not
    /// reach as far back, and what is taken for younger than it is counts again under the longer
    /// period.
    fn measure(&mut self, ages: &mut [u32], shift: u8) {
        if self.shift < shift {
            self.remeasure(ages, shift);
        }
    }

    #[cold]
    fn remeasure(&mut self, ages: &mut [u32], shift: u8) {
        let (log, newest) = (*self, round(self.newest, self.shift));
        self.shift = shift;
        for age in log.remembered_mut(ages) {
            let at = newest.saturating_sub(u64::from(*age) << log.shift);
            *age = self.ticks_since(at);
        }
    }

    /// From a time to the newest.
    fn ticks_since(&self, at: u64) -> u32 {
        let since = round(self.newest, self.shift).saturating_sub(round(at, self.shift));
        u32::try_from(since >> self.shift).unwrap_or(u32::MAX)
    }

    /// A log that was full has forgotten others, none of them younger than its oldest: where one
    /// is removed, one of those takes its place.
    fn remove(&mut self, ages: &mut [u32], first: usize, count: usize) {
        let (all, after) = (usize::from(self.count), first.saturating_add(count));
        let oldest = self.remembered(ages).last().copied();
        if after > all || after > ages.len() {
            return;
        }
        ages.copy_within(after..all.min(ages.len()), first);
        let left = all.saturating_sub(count);
        match oldest {
            Some(oldest) if all >= ages.len() => {
                ages.iter_mut().skip(left).for_each(|age| *age = oldest);
            }
            _ => self.count = u8::try_from(left).unwrap_or(u8::MAX),
        }
    }

    fn remembered<'a>(&self, ages: &'a [u32]) -> &'a [u32] {
        ages.get(..usize::from(self.count)).unwrap_or_default()
    }

    fn remembered_mut<'a>(&self, ages: &'a mut [u32]) -> &'a mut [u32] {
        ages.get_mut(..usize::from(self.count)).unwrap_or_default()
    }
}

/// From a time to the next multiple of 2^shift nanoseconds.
const fn gap(at: u64, shift: u8) -> u64 {
    at.wrapping_neg() & (1_u64 << shift).wrapping_sub(1)
}

/// That multiple.
const fn round(at: u64, shift: u8) -> u64 {
    at.saturating_add(gap(at, shift))
}

/// A thread that comes late by a thousandth of the period does not move the clock back.
const JITTER: u64 = 1 << 10;
