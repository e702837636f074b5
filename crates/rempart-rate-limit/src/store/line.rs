use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Key, WhenFull};
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

/// What came of a charge.
pub(super) struct Charged {
    pub(super) verdict: Verdict,
    /// Somebody who still owed lost the slot.
    pub(super) evicted: bool,
    /// The newcomer took over the debt.
    pub(super) inherited: bool,
}

impl Line {
    #[inline]
    pub(super) fn charge(
        &self,
        key: Key,
        gcra: &Gcra,
        cost: u32,
        now: u64,
        when_full: WhenFull,
    ) -> Charged {
        let mut line = self.lock();
        let Slots { slots, forgiven_until } = &mut *line;
        let slot = own_or_least(slots, key);
        let pushes_out = slot.tag != key.tag() && slot.until > now;
        let fresh_start = match when_full {
            WhenFull::Available if pushes_out => forgive(gcra, slot.until, *forgiven_until, now),
            _ => None,
        };
        let until = if fresh_start.is_some() { now } else { slot.until };
        let verdict = gcra.decide(until, now, cost);
        match verdict {
            Verdict::Allowed { debt } => {
                *slot = Slot { tag: key.tag(), until: now.saturating_add(debt) };
                if let Some(until) = fresh_start {
                    *forgiven_until = until;
                }
                let inherited = pushes_out && fresh_start.is_none();
                return Charged { verdict, evicted: pushes_out, inherited };
            }
            // The same as before, unless the quota became smaller or the clock stepped back: then
            // the debt is cut to a whole burst here, or the wait that is told would be untrue.
            Verdict::Denied { debt, .. } => slot.until = now.saturating_add(debt),
            Verdict::NeverPossible => {}
        }
        Charged { verdict, evicted: false, inherited: false }
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

    fn lock(&self) -> MutexGuard<'_, Slots> {
        // Nothing here can panic; if it could, each slot would still be whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The client's own slot, or else that of the client that owes least.
#[inline]
fn own_or_least(slots: &mut [Slot; WAYS], key: Key) -> &mut Slot {
    let [first, rest @ ..] = slots;
    if first.tag == key.tag() {
        return first;
    }
    // The tags alone at first: most requests are those of a client that is here.
    match rest.iter().position(|slot| slot.tag == key.tag()) {
        Some(own) => rest.get_mut(own).unwrap_or(first),
        None => rest.iter_mut().fold(first, lesser),
    }
}

fn lesser<'a>(least: &'a mut Slot, slot: &'a mut Slot) -> &'a mut Slot {
    if slot.until < least.until { slot } else { least }
}

/// Until when the line has forgiven too much, if it forgives this debt as well; `None` if that is
/// more than all its slots could owe.
fn forgive(gcra: &Gcra, until: u64, forgiven_until: u64, now: u64) -> Option<u64> {
    let share = gcra.debt(until, now).div_ceil(WAYS as u64);
    gcra.accrue(forgiven_until, now, share).map(|debt| now.saturating_add(debt))
}
