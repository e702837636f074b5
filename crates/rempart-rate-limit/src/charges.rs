//! What a request was charged, as long as it may be given back.

use std::fmt;
use std::sync::Arc;

use crate::decision::Terms;
use crate::limit::Checked as Limit;
#[cfg(feature = "shared")]
use crate::shared::{Receipt, SharedStore};
use crate::tables::{Charged, Table};
use crate::{Counting, Rule};

/// The charges of a request that depend on what becomes of it. They stand unless they are given
/// back; they can be so once, since that uses them up.
#[derive(Default)]
pub(crate) struct Charges(Vec<Charge>);

struct Charge {
    counting: Counting,
    forgives_disconnects: bool,
    account: Account,
}

/// Who was told of a charge, and what is needed to take it back.
enum Account {
    Table {
        table: Arc<Table>,
        rule: Rule,
        terms: Terms,
        /// What the table said when it was charged.
        charged: Charged,
    },
    #[cfg(feature = "shared")]
    Store(SharedStore, Receipt),
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
        let (table, rule) = (Arc::clone(table), *limit.rule(terms.tier));
        self.push(limit, Account::Table { table, rule, terms, charged });
    }

    /// Adds what a store holds of one limit's charge.
    #[cfg(feature = "shared")]
    pub(crate) fn add_shared(&mut self, limit: &Limit, store: &SharedStore, receipt: Receipt) {
        self.push(limit, Account::Store(store.clone(), receipt));
    }

    fn push(&mut self, limit: &Limit, account: Account) {
        let (counting, forgives_disconnects) = (limit.counting, limit.forgives_disconnects);
        self.0.push(Charge { counting, forgives_disconnects, account });
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives back what is not charged, as far as `counts` knows; what is left is for the body of the
    /// response to hold until it ends.
    pub(crate) fn settle(self, now: u64, counts: impl Fn(Counting) -> Option<bool>) -> Self {
        let mut held = Self::default();
        for charge in self.0 {
            match counts(charge.counting) {
                _ if charge.account.is_in_flight() => held.0.push(charge),
                None => held.0.push(charge),
                Some(true) => {}
                Some(false) => charge.account.give_back(now),
            }
        }
        held
    }

    /// Gives back what a request is not charged whose client went away.
    pub(crate) fn abandon(self, now: u64) {
        let forgiven = self.0.into_iter().filter(|charge| charge.forgives_disconnects);
        forgiven.for_each(|charge| charge.account.give_back(now));
    }

    /// Gives back what was charged beyond this cost.
    pub(crate) fn cut_to(self, cost: u32, now: u64) {
        self.0.into_iter().for_each(|charge| charge.account.cut_to(cost, now));
    }
}

impl Keep {
    pub(crate) fn wants(self, limit: &Limit) -> bool {
        let depends = limit.depends_on_the_response();
        self == Self::All || depends || matches!(limit.rule, Rule::Concurrency(_))
    }
}

impl Account {
    /// Whether it is over with the request itself.
    const fn is_in_flight(&self) -> bool {
        matches!(self, Self::Table { charged: Charged::Permit(_), .. })
    }

    fn give_back(self, now: u64) {
        self.cut_to(0, now);
    }

    fn cut_to(self, cost: u32, now: u64) {
        match self {
            Self::Table { table, rule, terms, charged } => {
                let spare = terms.cost.saturating_sub(cost);
                table.refund(rule, terms.key, spare, charged, now);
            }
            // Nothing is reserved there: what is charged stays or goes as a whole.
            #[cfg(feature = "shared")]
            Self::Store(store, receipt) if cost == 0 => store.give_back(receipt),
            #[cfg(feature = "shared")]
            Self::Store(..) => {}
        }
    }
}

impl fmt::Debug for Charges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Charges({})", self.0.len())
    }
}
