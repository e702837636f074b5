//! What a request was charged, as long as it may be given back.

use std::fmt;
use std::sync::Arc;

use crate::decision::Terms;
use crate::limit::Checked as Limit;
use crate::store::Key;
use crate::tables::{Charged, Table};
use crate::{Counting, Rule};

/// The charges of a request that depend on what becomes of it. They stand unless they are given
/// back; they can be so once, since that uses them up.
#[derive(Default)]
pub(crate) struct Charges(Vec<Charge>);

struct Charge {
    table: Arc<Table>,
    rule: Rule,
    counting: Counting,
    forgives_disconnects: bool,
    key: Key,
    cost: u32,
    /// What the table said when it was charged.
    charged: Charged,
}

/// Which charges may have to be given back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    All,
    /// Those that depend on the response.
    WhatDepends,
}

impl Charges {
    pub(crate) fn add(
        &mut self,
        limit: &Limit,
        table: &Arc<Table>,
        terms: Terms,
        charged: Charged,
    ) {
        self.0.push(Charge {
            table: Arc::clone(table),
            rule: *limit.rule(terms.tier),
            counting: limit.counting,
            forgives_disconnects: limit.forgives_disconnects,
            key: terms.key,
            cost: terms.cost,
            charged,
        });
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives back what is not charged, as far as `counts` knows; what is left is for the body of the
    /// response to hold until it ends.
    pub(crate) fn settle(self, now: u64, counts: impl Fn(Counting) -> Option<bool>) -> Self {
        let mut held = Self::default();
        for charge in self.0 {
            match (&charge.charged, counts(charge.counting)) {
                (Charged::Permit(_), _) | (_, None) => held.0.push(charge),
                (_, Some(true)) => {}
                (_, Some(false)) => charge.give_back(now),
            }
        }
        held
    }

    /// Gives back what a request is not charged whose client went away.
    pub(crate) fn abandon(self, now: u64) {
        let forgiven = self.0.into_iter().filter(|charge| charge.forgives_disconnects);
        forgiven.for_each(|charge| charge.give_back(now));
    }

    pub(crate) fn give_back(self, now: u64) {
        self.0.into_iter().for_each(|charge| charge.give_back(now));
    }
}

impl Keep {
    pub(crate) fn wants(self, limit: &Limit) -> bool {
        let depends = limit.depends_on_the_response();
        self == Self::All || depends || matches!(limit.rule, Rule::Concurrency(_))
    }
}

impl Charge {
    fn give_back(self, now: u64) {
        self.table.refund(self.rule, self.key, self.cost, self.charged, now);
    }
}

impl fmt::Debug for Charges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Charges({})", self.0.len())
    }
}
