use std::sync::PoisonError;

use super::sync::{Mutex, MutexGuard};
use super::{Cuts, Key, WhenFull};
use crate::{Gcra, Verdict};

/// How many clients share a line: what fits 256 bytes beside the lock and the sum forgiven.
pub(super) const WAYS: usize = 15;

/// Fifteen clients behind one lock. A client has one line, so that two requests of a new client
/// cannot both find it missing and give it a slot each.
#[derive(Default)]
#[repr(align(64))]
pub(super) struct Line(Mutex<Slots>);

#[derive(Default)]
struct Slots {
    slots: [Slot; WAYS],
    /// Until when the debts that were forgiven here count against further fresh starts, scaled
    /// down by the number of slots.
    forgiven_until: u64,
}

/// An empty slot is one that owes nothing: which client it was does not matter any more.
#[derive(Clone, Copy, Default)]
struct Slot {
    tag: u64,
    until: u64,
}

/// Somebody who still owed lost the slot.
#[derive(Clone, Copy)]
pub(super) struct Evicted {
    /// The newcomer took over the debt.
    pub(super) inherited: bool,
}

/// What a charge seldom comes to.
pub(super) enum Seldom {
    Evicted(Evicted),
    /// A debt of this client was longer than a whole burst.
    Cut {
        tag: u64,
    },
}

/// A line that one client's request holds, until all that the request is charged with is decided.
pub(crate) struct Held<'a> {
    slots: MutexGuard<'a, Slots>,
    key: Key,
    cuts: &'a Cuts,
}

/// What a charge left, for who may give it back.
#[derive(Clone, Copy)]
pub(crate) struct Owed {
    /// Until when the client owed.
    until: u64,
    /// How often debts had been cut.
    cuts: u32,
}

/// What a held line says of a request.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) verdict: Verdict,
    /// Of which slot.
    way: usize,
    /// If the client is new here: until when the line has forgiven too much, should it forgive the
    /// debt of the slot that the client takes.
    fresh_start: Option<u64>,
    pushes_out: bool,
    /// A debt was longer than a whole burst.
    cuts: bool,
}

impl Line {
    #[inline]
    pub(super) fn hold<'a>(&'a self, key: Key, cuts: &'a Cuts) -> Held<'a> {
        Held { slots: self.lock(), key, cuts }
    }

    /// Decides, writes down what is allowed, and says what is seldom.
    #[expect(clippy::inline_always, reason = "a tenth of a decision would go into the call")]
    #[inline(always)]
    pub(super) fn charge(
        &self,
        key: Key,
        gcra: &Gcra,
        cost: u32,
        now: impl FnOnce() -> u64,
        when_full: WhenFull,
        seldom: impl FnOnce(Seldom),
    ) -> Verdict {
        let mut line = self.lock();
        let now = now();
        let look = line.look(key, gcra, cost, now, when_full);
        match look.verdict {
            Verdict::Allowed { debt } => {
                if let Some(who) = line.commit(look, key, now.saturating_add(debt)) {
                    seldom(Seldom::Evicted(who));
                }
            }
            _ if look.cuts => seldom(Seldom::Cut { tag: line.slot(look.way).tag }),
            _ => {}
        }
        look.verdict
    }

    /// Gives back what is left of a charge that made the client owe `until` then: debts are paid
    /// in the order in which they were run up, so what came after it stays owed.
    pub(super) fn refund(&self, key: Key, charge: u64, until: u64, now: u64) {
        self.lock().refund(key, charge, until, now);
    }

    /// Does the same, if no debt was cut since.
    pub(super) fn give_back(&self, key: Key, charge: u64, owed: Owed, now: u64, cuts: &Cuts) {
        let mut line = self.lock();
        if cuts.of(key) == owed.cuts {
            line.refund(key, charge, owed.until, now);
        }
    }

    /// Until when the client owes; zero if it is not here.
    pub(super) fn until(&self, key: Key) -> u64 {
        let line = self.lock();
        let slot = line.slots.iter().find(|slot| slot.tag == key.tag());
        slot.map_or(0, |slot| slot.until)
    }

    pub(super) fn occupied(&self, now: u64) -> usize {
        self.lock().slots.iter().filter(|slot| slot.until > now).count()
    }

    #[inline]
    fn lock(&self) -> MutexGuard<'_, Slots> {
        // Nothing here can panic; if it could, each slot would still be whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held<'_> {
    #[inline]
    pub(crate) fn look(&mut self, gcra: &Gcra, cost: u32, now: u64, when_full: WhenFull) -> Look {
        let look = self.slots.look(self.key, gcra, cost, now, when_full);
        if look.cuts {
            self.cuts.count(self.slots.slot(look.way).tag);
        }
        look
    }

    pub(super) fn owed(&self, until: u64) -> Owed {
        Owed { until, cuts: self.cuts.of(self.key) }
    }

    /// Writes down what was allowed, and until when the client owes.
    #[inline]
    pub(super) fn commit(&mut self, look: Look, until: u64) -> Option<Evicted> {
        self.slots.commit(look, self.key, until)
    }
}

impl Slots {
    /// Decides, and writes nothing but this: a debt that the clock or a smaller quota has made
    /// longer than a whole burst is cut to one, or the wait that is told would be untrue.
    #[expect(clippy::inline_always, reason = "a tenth of a decision would go into the call")]
    #[inline(always)]
    fn look(&mut self, key: Key, gcra: &Gcra, cost: u32, now: u64, when_full: WhenFull) -> Look {
        let (way, forgiven_until) = (self.own_or_least(key, now), self.forgiven_until);
        let slot = self.slot(way);
        let pushes_out = slot.tag != key.tag() && slot.until > now;
        let fresh_start = match when_full {
            WhenFull::Available if pushes_out => forgive(gcra, slot.until, forgiven_until, now),
            _ => None,
        };
        let until = if fresh_start.is_some() { now } else { slot.until };
        let verdict = gcra.decide(until, now, cost);
        let mut cuts = false;
        if let Verdict::Denied { debt, .. } = verdict {
            let until = now.saturating_add(debt);
            cuts = until < slot.until;
            slot.until = until;
        }
        Look { verdict, way, fresh_start, pushes_out, cuts }
    }

    /// Writes down what was allowed, and until when the client owes.
    #[inline]
    fn commit(&mut self, look: Look, key: Key, until: u64) -> Option<Evicted> {
        *self.slot(look.way) = Slot { tag: key.tag(), until };
        if let Some(until) = look.fresh_start {
            self.forgiven_until = until;
        }
        look.pushes_out.then_some(Evicted { inherited: look.fresh_start.is_none() })
    }

    fn refund(&mut self, key: Key, charge: u64, until: u64, now: u64) {
        let left = charge.min(until.saturating_sub(now));
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.tag == key.tag()) {
            slot.until = slot.until.saturating_sub(left).max(now.min(slot.until));
        }
    }

    /// Where the client's own slot is, or else the one that it would get.
    ///
    /// Most clients are where their tag says, and found by one comparison. A loop that ends at the
    /// client is guessed wrongly by the processor at nearly every request, and that takes longer
    /// than the loop.
    #[inline]
    fn own_or_least(&self, key: Key, now: u64) -> usize {
        let home = key.way(WAYS);
        let is_there = self.slots.get(home).is_some_and(|slot| slot.tag == key.tag());
        if is_there { home } else { self.elsewhere(key, home, now) }
    }

    /// The client's own slot, or else that of the client that owes least: its own place, if nobody
    /// there owes anything.
    #[inline(never)]
    fn elsewhere(&self, key: Key, home: usize, now: u64) -> usize {
        if let Some(own) = self.slots.iter().position(|slot| slot.tag == key.tag()) {
            return own;
        }
        if self.slots.get(home).is_some_and(|slot| slot.until <= now) {
            return home;
        }
        let least = self.slots.iter().enumerate().min_by_key(|(_, slot)| slot.until);
        least.map_or(home, |(way, _)| way)
    }

    #[inline]
    fn slot(&mut self, way: usize) -> &mut Slot {
        let [first, others @ ..] = &mut self.slots;
        way.checked_sub(1).and_then(|way| others.get_mut(way)).unwrap_or(first)
    }
}

impl Look {
    pub(crate) const fn is_allowed(&self) -> bool {
        matches!(self.verdict, Verdict::Allowed { .. })
    }

    /// Whether it is the client's own debt that it speaks of, and not one that it would inherit.
    pub(crate) const fn is_own(&self) -> bool {
        !self.pushes_out || matches!(self.verdict, Verdict::NeverPossible)
    }

    /// What the client owes, with this request if it is allowed.
    pub(crate) const fn debt(&self) -> u64 {
        match self.verdict {
            Verdict::Allowed { debt } | Verdict::Denied { debt, .. } => debt,
            Verdict::NeverPossible => u64::MAX,
        }
    }
}

/// Until when the line has forgiven too much, if it forgives this debt as well; `None` if that is
/// more than all its slots could owe.
fn forgive(gcra: &Gcra, until: u64, forgiven_until: u64, now: u64) -> Option<u64> {
    let share = gcra.debt(until, now).div_ceil(WAYS as u64);
    gcra.accrue(forgiven_until, now, share).map(|debt| now.saturating_add(debt))
}
