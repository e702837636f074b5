use super::rule::Kind;
use super::{Charge, Charges};

/// What is to be done with the values of some keys, all of it at once.
pub(super) struct Job {
    pub(super) keys: Vec<String>,
    pub(super) task: Task,
}

pub(super) enum Task {
    /// Charges all limits or none. An instance may lease a part only of what is left, one in so
    /// many, so that the others find something too.
    Decide { part: u64, wishes: Vec<Wish> },
    /// Gives back what charges still hold.
    Refund(Vec<Spent>),
    /// Forgets the keys.
    Reset,
}

/// How one limit counts, and what it is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) kind: Kind,
    pub(super) cost: u64,
    /// Microseconds, as everything that is a time.
    pub(super) step: u64,
    pub(super) size: u64,
    pub(super) horizon: u64,
}

/// What one limit is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    pub(super) terms: Terms,
    pub(super) on_trial: bool,
    /// How many requests may be leased.
    pub(super) lease: u64,
}

/// What one limit was charged with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spent {
    pub(super) terms: Terms,
    /// Until when the client was in debt right after that, or when it was admitted.
    pub(super) mark: u64,
}

impl Task {
    pub(super) fn decide(
        charges: &Charges,
        instances: u32,
        leases: impl Iterator<Item = u32>,
    ) -> Self {
        let wish = |(charge, lease): (&Charge, u32)| {
            let on_trial = charge.limit.is_on_trial();
            Wish { terms: Terms::of(charge), on_trial, lease: lease.into() }
        };
        let wishes = charges.iter().zip(leases).map(wish).collect();
        Self::Decide { part: u64::from(instances).saturating_mul(4), wishes }
    }

    pub(super) fn refund(charges: &Charges, marks: &[u64]) -> Self {
        let each = charges.iter().zip(marks);
        Self::Refund(each.map(|(charge, mark)| Spent::of(charge, *mark)).collect())
    }
}

impl Terms {
    fn of(charge: &Charge) -> Self {
        let rule = charge.limit.rule();
        Self {
            kind: rule.kind(),
            cost: charge.cost().into(),
            step: rule.step(),
            size: rule.size().into(),
            horizon: charge.limit.horizon(),
        }
    }

    /// The time that the whole cost takes from a burst.
    pub(super) const fn price(&self) -> u64 {
        self.step.saturating_mul(self.cost)
    }

    /// The time that a whole burst takes to come back.
    pub(super) const fn burst(&self) -> u64 {
        self.step.saturating_mul(self.size)
    }
}

impl Spent {
    fn of(charge: &Charge, mark: u64) -> Self {
        Self { terms: Terms::of(charge), mark }
    }
}
