use std::time::Duration;

use super::local::Owed;
use super::{Charge, Charges};

/// What became of a request.
///
/// A fault of the server is never [`Outcome::Refused`]: that word is for clients that asked too
/// much.
#[derive(Debug)]
#[must_use = "a decision that nobody reads limits nobody"]
pub enum Outcome {
    /// It goes on, and every limit was charged.
    Allowed {
        /// What each limit says, in the order of the charges; empty if nobody was asked
        /// ([`OnStoreError::DangerouslyOpen`](super::OnStoreError::DangerouslyOpen)).
        answers: Vec<Answer>,
        /// Gives the charges back, once.
        receipt: Receipt,
    },
    /// It does not, and no limit was charged.
    Refused {
        /// What each limit says; one of them at least that is not on trial is violated.
        answers: Vec<Answer>,
        /// Who said it.
        by: Authority,
    },
    /// Nobody could decide: answer 503.
    Unavailable,
}

/// What one limit says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// Whether it allows it. What this limit allows, another may have denied.
    pub ruling: Ruling,
    /// How many requests the client may still send at once.
    pub remaining: u32,
    /// After how long it may send one more than that; zero for an idle client.
    pub next: Duration,
}

/// Whether a limit allows a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It is within the quota.
    Allowed,
    /// It is beyond the quota, for now.
    Denied {
        /// After how long the same request would be allowed.
        wait: Duration,
    },
    /// It costs more than the quota ever allows at once.
    NeverPossible,
}

/// Who decided.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
#[non_exhaustive]
pub enum Authority {
    /// This instance, which remembers what the server said less than a second ago.
    Denials,
    /// This instance, of what it leased before.
    Lease,
    /// This instance alone, by its share of the quota: the server could not be asked.
    Local,
    /// Nobody: the server could not be asked.
    Nobody,
    /// The server.
    Server,
}

/// What was charged, to be given back by [`SharedStore::refund`](super::SharedStore::refund).
#[derive(Debug)]
pub struct Receipt {
    pub(super) charges: Charges,
    pub(super) held: Held,
    /// Until when the client was in debt to the share of this instance.
    pub(super) local: Vec<Option<Owed>>,
    pub(super) by: Authority,
}

/// Who can give a charge back.
#[derive(Debug)]
pub(super) enum Held {
    /// The leases of these numbers.
    Lease(Vec<u64>),
    /// Nobody but this instance's share.
    Nowhere,
    /// The server: until when the client was in debt then, or when it was admitted.
    Server(Vec<u64>),
}

/// What became of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refunded {
    /// The charges hold nothing any more, or nothing was charged on the server.
    Nothing,
    /// At least one limit gave something back.
    Given,
    /// The server could not be asked: it keeps what it charged until that is over.
    Unavailable,
}

impl Answer {
    pub(super) const NEVER: Self =
        Self { ruling: Ruling::NeverPossible, remaining: 0, next: Duration::ZERO };

    /// Whether the limit stands in the way.
    #[must_use]
    pub fn is_violated(&self) -> bool {
        self.ruling != Ruling::Allowed
    }
}

impl Receipt {
    /// What one of the charges holds.
    pub(super) fn part(&self, place: usize) -> Option<Self> {
        let of = |marks: &[u64]| Some(vec![*marks.get(place)?]);
        let charge = *self.charges.iter().nth(place)?;
        Some(Self {
            charges: Charges::new(&[charge]).ok()?,
            held: match &self.held {
                Held::Lease(numbers) => Held::Lease(of(numbers)?),
                Held::Nowhere => Held::Nowhere,
                Held::Server(marks) => Held::Server(of(marks)?),
            },
            local: vec![*self.local.get(place)?],
            by: self.by,
        })
    }

    /// The same, of what was charged beyond this cost. A share that was charged with less has less
    /// to give back.
    pub(super) fn beyond(mut self, cost: u32) -> Option<Self> {
        let spare = |charge: &Charge| Charge { cost: charge.cost.saturating_sub(cost), ..*charge };
        let charges: Vec<_> = self.charges.iter().map(spare).collect();
        self.local.iter_mut().for_each(|owed| *owed = owed.map(|owed| owed.beyond(cost)));
        Some(Self { charges: Charges::new(&charges).ok()?, ..self })
    }

    /// Who allowed the request.
    #[must_use]
    pub fn by(&self) -> Authority {
        self.by
    }
}
