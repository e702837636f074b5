use std::sync::Arc;

use rempart_core::PolicyName;
use thiserror::Error;

use super::{Answer, Key, Rule};

/// One limit that instances share: its name, and how it counts.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub struct Limit {
    /// The name, which is a part of the key on the server: a limit keeps its debts when its rule
    /// is changed, and loses them with its name.
    pub name: PolicyName,
    /// How it counts.
    pub rule: Rule,
    /// Whether it says what it would do, and stands in nobody's way: what it would deny, it does
    /// not charge.
    pub on_trial: bool,
}

/// What one limit charges for a request.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub struct Charge {
    /// The limit.
    pub limit: Limit,
    /// Who is charged.
    pub key: Key,
    /// How much; a cost of zero looks and takes nothing.
    pub cost: u32,
}

/// The charges of one request: one to [`Charges::MOST`], each of another limit or another client.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub struct Charges(Arc<[Charge]>);

/// Charges that are not decided together.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChargesError {
    /// There is none.
    #[error("nothing is charged")]
    Empty,
    /// The limits of a policy charge by different keys, which may be on different servers of a
    /// cluster.
    #[error("on a cluster, all limits of a decision charge by the same key")]
    KeysOnCluster,
    /// There are more than [`Charges::MOST`].
    #[error("{count} charges; {} is the most", Charges::MOST)]
    TooMany {
        /// How many there are.
        count: usize,
    },
    /// A limit charges one client twice: say the whole cost once.
    #[error("{limit}: charges one client twice")]
    Twice {
        /// The limit.
        limit: PolicyName,
    },
}

impl Charges {
    /// How many limits are decided at once.
    pub const MOST: usize = 8;

    /// Takes the charges of one request.
    ///
    /// # Errors
    ///
    /// [`ChargesError`] if there is none, if there are too many, or if one comes twice.
    pub fn new(charges: &[Charge]) -> Result<Self, ChargesError> {
        if charges.len() > Self::MOST {
            return Err(ChargesError::TooMany { count: charges.len() });
        }
        let mut rest = charges;
        while let Some((charge, others)) = rest.split_first() {
            if others.iter().any(|other| other.is_same(charge)) {
                return Err(ChargesError::Twice { limit: charge.limit.name });
            }
            rest = others;
        }
        if charges.is_empty() { Err(ChargesError::Empty) } else { Ok(Self(charges.into())) }
    }

    /// The charges, in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, Charge> {
        self.0.iter()
    }

    /// How many there are; at least one.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl<'a> IntoIterator for &'a Charges {
    type Item = &'a Charge;
    type IntoIter = std::slice::Iter<'a, Charge>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Charge {
    /// Whether this answer to it stands in the way.
    pub(super) fn is_denied(&self, answer: &Answer) -> bool {
        answer.is_violated() && !self.limit.on_trial
    }

    /// Whether both are charged to one account on the server.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.limit.name == other.limit.name && self.key == other.key
    }
}
