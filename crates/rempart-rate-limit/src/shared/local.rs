use std::sync::{Mutex, PoisonError};

use super::{Answer, Charge, Charges, Rule, Ruling};
use crate::{Gcra, Key, Store, Verdict, WhenFull};

/// What one instance may admit alone: its part of each quota, charged for every request that is
/// allowed, whoever allows it. So it is as full as the server's when that is lost.
pub(super) struct Share {
    store: Store,
    instances: u32,
    /// Held from the first look to the last charge, so that no request is charged for half of
    /// its limits.
    deciding: Mutex<()>,
}

/// What a share says of a request.
pub(super) enum Shared {
    /// And until when the client owes each limit.
    Allowed {
        answers: Vec<Answer>,
        owed: Vec<Option<u64>>,
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
    pub(super) fn charge(&self, charges: &Charges, now: u64) -> Vec<Option<u64>> {
        let _one_by_one = self.deciding.lock().unwrap_or_else(PoisonError::into_inner);
        charges.iter().map(|charge| self.charge_one(charge, now)).collect()
    }

    /// Decides alone: charges all limits, or none.
    pub(super) fn decide(&self, charges: &Charges, now: u64) -> Shared {
        let _one_by_one = self.deciding.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answers = Vec::with_capacity(charges.len());
        for charge in charges {
            match self.look(charge, now) {
                Some(answer) => answers.push(answer),
                None if charge.limit.on_trial => answers.push(Answer::NEVER),
                None => return Shared::TooDear,
            }
        }
        if charges.iter().zip(&answers).any(|(charge, answer)| charge.is_denied(answer)) {
            return Shared::Refused { answers };
        }
        let owed = charges.iter().map(|charge| self.charge_one(charge, now)).collect();
        Shared::Allowed { answers, owed }
    }

    /// Gives back what a charge made the client owe until then.
    pub(super) fn refund(&self, charges: &Charges, owed: &[Option<u64>], now: u64) {
        for (charge, until) in charges.iter().zip(owed) {
            if let (Some(until), Some(gcra)) = (until, self.gcra(charge.limit.rule)) {
                let cost = charge.cost.min(gcra.burst());
                self.store.refund(self.key(charge), &gcra, cost, *until, now);
            }
        }
    }

    /// Forgets what a client owes.
    pub(super) fn reset(&self, charge: &Charge, now: u64) {
        if let Some(gcra) = self.gcra(charge.limit.rule) {
            self.store.refund(self.key(charge), &gcra, gcra.burst(), u64::MAX, now);
        }
    }

    fn look(&self, charge: &Charge, now: u64) -> Option<Answer> {
        let gcra = self.gcra(charge.limit.rule)?;
        let debt = self.store.debt(self.key(charge), &gcra, now);
        let (ruling, debt) = match gcra.decide(now.saturating_add(debt), now, charge.cost) {
            Verdict::Allowed { debt } => (Ruling::Allowed, debt),
            Verdict::Denied { debt, wait } => {
                (Ruling::Denied { wait: std::time::Duration::from_nanos(wait) }, debt)
            }
            Verdict::NeverPossible if charge.cost > charge.limit.rule.size() => {
                (Ruling::NeverPossible, debt)
            }
            Verdict::NeverPossible => return None,
        };
        let standing = gcra.standing(debt);
        Some(Answer { ruling, remaining: standing.remaining(), next: standing.next() })
    }

    fn charge_one(&self, charge: &Charge, now: u64) -> Option<u64> {
        let gcra = self.gcra(charge.limit.rule)?;
        let cost = charge.cost.min(gcra.burst());
        match self.store.charge(self.key(charge), &gcra, cost, now, WhenFull::Strict) {
            Verdict::Allowed { debt } => Some(now.saturating_add(debt)),
            Verdict::Denied { .. } | Verdict::NeverPossible => None,
        }
    }

    fn gcra(&self, rule: Rule) -> Option<Gcra> {
        rule.share(self.instances)
    }

    /// One table for all limits: each key is charged by one of them.
    fn key(&self, charge: &Charge) -> Key {
        self.store.key(&(charge.limit.name, charge.key))
    }
}
