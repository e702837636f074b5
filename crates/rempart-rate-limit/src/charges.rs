//! What a request was charged, as long as it may be given back.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, Response};
use rempart_core::Clock;

use crate::decision::Terms;
use crate::limit::{Checked as Limit, SettleOf};
#[cfg(feature = "shared")]
use crate::shared::{Receipt, SharedStore};
use crate::tables::{Charged, Table};
use crate::{Counting, Rule, WhenFull};

/// The charges of a request that depend on what becomes of it. They stand unless they are given
/// back; they can be so once, since that uses them up.
#[derive(Default)]
pub(crate) struct Charges(Vec<Charge>);

struct Charge {
    counting: Counting,
    settles: Option<SettleOf>,
    /// What the head of the response says that it has cost, while the trailers may still give it
    /// back.
    settled: Option<u32>,
    forgives_disconnects: bool,
    account: Account,
}

/// Who was told of a charge, and what is needed to take it back.
enum Account {
    Table {
        table: Arc<Table>,
        rule: Rule,
        terms: Terms,
        when_full: WhenFull,
        /// What the table said when it was charged; nothing of a cost of zero.
        charged: Option<Charged>,
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
        charged: Option<Charged>,
    ) {
        let (table, rule) = (Arc::clone(table), *limit.rule(terms.tier));
        let when_full = limit.when_full;
        self.push(limit, Account::Table { table, rule, terms, when_full, charged });
    }

    /// Adds what a store holds of one limit's charge.
    #[cfg(feature = "shared")]
    pub(crate) fn add_shared(&mut self, limit: &Limit, store: &SharedStore, receipt: Receipt) {
        self.push(limit, Account::Store(store.clone(), receipt));
    }

    fn push(&mut self, limit: &Limit, account: Account) {
        self.0.push(Charge {
            counting: limit.counting,
            settles: limit.settles,
            settled: None,
            forgives_disconnects: limit.forgives_disconnects,
            account,
        });
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Settles what the head of a response says; what is left is for its body to hold until it
    /// ends.
    pub(crate) fn settle<B>(self, clock: &dyn Clock, response: &Response<B>) -> Self {
        let (status, headers) = (response.status(), response.headers());
        self.settle_by(clock, |charge| {
            let settle = charge.settles;
            charge.settled = settle.and_then(|of| of(status, headers, response.extensions()));
            charge.counting.counts(status, headers)
        })
    }

    /// Settles what the trailers say.
    pub(crate) fn settle_with(self, clock: &dyn Clock, trailers: &HeaderMap) -> Self {
        self.settle_by(clock, |charge| charge.counting.counts_with(trailers))
    }

    fn settle_by(self, clock: &dyn Clock, counts: impl Fn(&mut Charge) -> Option<bool>) -> Self {
        let mut held = Self::default();
        for mut charge in self.0 {
            match counts(&mut charge) {
                _ if charge.account.is_in_flight() => held.0.push(charge),
                None => held.0.push(charge),
                Some(true) => charge.stands(clock),
                Some(false) => charge.account.settle(0, clock),
            }
        }
        held
    }

    /// Nothing more will be said: all of them stand.
    pub(crate) fn stand(self, clock: &dyn Clock) {
        self.0.into_iter().for_each(|charge| charge.stands(clock));
    }

    /// Gives back what a request is not charged whose client went away.
    pub(crate) fn abandon(self, clock: &dyn Clock) {
        let forgiven = self.0.into_iter().filter(|charge| charge.forgives_disconnects);
        forgiven.for_each(|charge| charge.account.settle(0, clock));
    }

    /// Gives back what was charged beyond this cost, and charges what it is more.
    pub(crate) fn settle_at(self, cost: u32, clock: &dyn Clock) {
        self.0.into_iter().for_each(|charge| charge.account.settle(cost, clock));
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
        matches!(self, Self::Table { charged: Some(Charged::Permit(_)), .. })
    }

    /// Gives back what was charged beyond this cost, and charges what it is more, as far as there is
    /// room.
    fn settle(self, cost: u32, clock: &dyn Clock) {
        match self {
            Self::Table { table, rule, terms, when_full, charged } => {
                match cost.checked_sub(terms.cost) {
                    None => {
                        let spare = terms.cost.saturating_sub(cost);
                        if let Some(charged) = charged {
                            table.refund(rule, terms.key, spare, charged, clock.ticks());
                        }
                    }
                    Some(0) => {}
                    Some(more) => table.owe(rule, terms.key, more, clock, when_full),
                }
            }
            #[cfg(feature = "shared")]
            Self::Store(store, receipt) => store.settle_later(receipt, cost),
        }
    }
}

impl Charge {
    /// It is charged, and what the response said that it has cost.
    fn stands(self, clock: &dyn Clock) {
        if let Some(cost) = self.settled {
            self.account.settle(cost, clock);
        }
    }
}

impl fmt::Debug for Charges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Charges({})", self.0.len())
    }
}
