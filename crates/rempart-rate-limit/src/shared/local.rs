use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Answer, Charge, Charges, Ruling};
use crate::{Gcra, Key, Store, Verdict};

/// What one instance may admit alone: its part of each quota, charged for every request that is
/// allowed, whoever allows it. So it is as full as the server's when that is lost.
pub(super) struct Share {
    store: Store,
    instances: u32,
    /// Held from the first look to the last charge, so that no request is charged for half of
    /// its limits.
    deciding: Mutex<()>,
}

/// What a limit was charged with, and until when the client owed it then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owed {
    cost: u32,
    until: u64,
}

impl Owed {
    /// What of it was charged beyond this cost.
    pub(super) fn beyond(self, cost: u32) -> Self {
        Self { cost: self.cost.saturating_sub(cost), ..self }
    }
}

/// What a share says of a request.
pub(super) enum Shared {
    /// And what each limit was charged with.
    Allowed {
        answers: Vec<Answer>,
        owed: Vec<Option<Owed>>,
    },
    Refused {
        answers: Vec<Answer>,
    },
    /// The request costs more than this instance may ever admit alone, and less than all of them
    /// may together.
    TooDear,
}

impl Share {
    pub(super) fn new(store: Store, instances: u32) -> Self {
        Self { store, instances, deciding: Mutex::default() }
    }

    /// Charges what the server allowed, as much of it as fits. Returns until when the client owes.
    pub(super) fn charge(&self, charges: &Charges, now: impl FnOnce() -> u64) -> Vec<Option<Owed>> {
        let _one_by_one = self.deciding.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now();
        charges.iter().map(|charge| self.charge_up(charge, now)).collect()
    }

    /// Decides alone: charges all limits, or none.
    pub(super) fn decide(&self, charges: &Charges, now: impl FnOnce() -> u64) -> Shared {
        let _one_by_one = self.deciding.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now();
        let mut answers = Vec::with_capacity(charges.len());
        for charge in charges {
            match self.look(charge, now) {
                Some(answer) => answers.push(answer),
                None if charge.limit.is_on_trial() => answers.push(Answer::NEVER),
                None => return Shared::TooDear,
            }
        }
        if charges.iter().zip(&answers).any(|(charge, answer)| charge.is_denied(answer)) {
            return Shared::Refused { answers };
        }
        let mut owed = Vec::with_capacity(charges.len());
        for (place, charge) in charges.iter().enumerate() {
            match self.charge_one(charge, charge.cost, now) {
                Ok(until) => owed.push(until.map(|until| Owed { cost: charge.cost, until })),
                // Two newcomers to one line looked at the same slot, and the other one has it now.
                Err(denied) if !charge.limit.is_on_trial() => {
                    self.refund(charges, &owed, now);
                    if let Some(answer) = answers.get_mut(place) {
                        *answer = denied;
                    }
                    return Shared::Refused { answers };
                }
                Err(_) => owed.push(None),
            }
        }
        Shared::Allowed { answers, owed }
    }

    /// Gives back what a charge made the client owe until then.
    pub(super) fn refund(&self, charges: &Charges, owed: &[Option<Owed>], now: u64) {
        for (charge, owed) in charges.iter().zip(owed) {
            if let (Some(Owed { cost, until }), Some(gcra)) = (owed, self.gcra(charge)) {
                self.store.refund(self.key(charge), &gcra, *cost, *until, now);
            }
        }
    }

    /// Forgets what a client owes.
    pub(super) fn reset(&self, charge: &Charge, now: u64) {
        if let Some(gcra) = self.gcra(charge) {
            self.store.refund(self.key(charge), &gcra, u32::MAX, u64::MAX, now);
        }
    }

    /// What the share says, which charges nobody. A newcomer to a full line is asked for the debt
    /// that it would take over.
    fn look(&self, charge: &Charge, now: u64) -> Option<Answer> {
        let gcra = self.gcra(charge)?;
        let when_full = charge.limit.of_newcomers();
        let verdict =
            self.store.hold(self.key(charge)).look(&gcra, charge.cost, now, when_full).verdict;
        if verdict == Verdict::NeverPossible && charge.cost <= charge.limit.rule().size() {
            return None;
        }
        Some(answer(&gcra, verdict))
    }

    /// Charges one limit; or says why not.
    fn charge_one(&self, charge: &Charge, cost: u32, now: u64) -> Result<Option<u64>, Answer> {
        let Some(gcra) = self.gcra(charge).filter(|_| cost > 0) else { return Ok(None) };
        match self.store.charge(self.key(charge), &gcra, cost, now, charge.limit.of_newcomers()) {
            Verdict::Allowed { debt } => Ok(Some(now.saturating_add(debt))),
            verdict => Err(answer(&gcra, verdict)),
        }
    }

    /// Charges one limit with as much as is free.
    fn charge_up(&self, charge: &Charge, now: u64) -> Option<Owed> {
        let gcra = self.gcra(charge)?;
        let cost = charge.cost.min(gcra.burst());
        let (cost, until) = match self.charge_one(charge, cost, now) {
            Ok(until) => (cost, until?),
            Err(denied) => {
                let free = denied.remaining;
                (free, self.charge_one(charge, free, now).ok()??)
            }
        };
        Some(Owed { cost, until })
    }

    fn gcra(&self, charge: &Charge) -> Option<Gcra> {
        charge.limit.share(self.instances)
    }

    /// One table for all limits: each key is charged by one of them.
    fn key(&self, charge: &Charge) -> Key {
        self.store.key(&charge.account())
    }
}

fn answer(gcra: &Gcra, verdict: Verdict) -> Answer {
    let (ruling, standing) = match verdict {
        Verdict::Allowed { debt } => (Ruling::Allowed, gcra.standing(debt)),
        Verdict::Denied { debt, wait } => {
            (Ruling::Denied { wait: Duration::from_nanos(wait) }, gcra.standing(debt))
        }
        Verdict::NeverPossible => (Ruling::NeverPossible, gcra.standing(0)),
    };
    Answer { ruling, remaining: standing.remaining(), next: standing.next() }
}
