use std::sync::Arc;

use rempart_core::PolicyName;
use thiserror::Error;

use super::{Answer, Key, Rule};
use crate::{Gcra, WhenFull};

/// One limit that instances share: whose it is, and how it counts.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub struct Limit {
    policy: PolicyName,
    name: PolicyName,
    rule: Rule,
    on_trial: bool,
    when_full: WhenFull,
    /// For how many microseconds at most anything of a client counts, by this rule or by that of
    /// another tier.
    horizon: u64,
    /// How many requests may be owed beyond a burst when they are settled.
    overdraft: u32,
    /// The longest debt of an instance's share, in nanoseconds, of all tiers too.
    longest_debt: u64,
}

impl Limit {
    /// A limit of this name, of the policy of that name. Both names are parts of the key on the
    /// server: a limit keeps its debts when its rule is changed, and loses them with either name;
    /// and limits of two policies are two limits, even if they have one name.
    #[must_use]
    pub const fn new(policy: PolicyName, name: PolicyName, rule: Rule) -> Self {
        let (on_trial, when_full, horizon) = (false, WhenFull::Strict, rule.window());
        Self { policy, name, rule, on_trial, when_full, horizon, overdraft: 0, longest_debt: 0 }
    }

    /// Says what it would do, and stands in nobody's way: what it would deny, it does not charge.
    #[must_use]
    pub const fn on_trial(self) -> Self {
        Self { on_trial: true, ..self }
    }

    /// What is done for a newcomer when the share of an instance is full of others.
    pub(super) const fn when_full(self, when_full: WhenFull) -> Self {
        Self { when_full, ..self }
    }

    /// The same limit beside those of its other tiers: what a client owes by one of them, it owes in
    /// all. Of each, what is settled may run up a debt of so many requests beyond a burst.
    pub(super) fn beside(self, tiers: &[Rule], instances: u32, overdraft: u32) -> Self {
        let horizons =
            tiers.iter().map(|rule| rule.window().saturating_add(rule.charge(overdraft)));
        let shares = tiers.iter().filter_map(|rule| {
            let beyond = rule.charge(overdraft).saturating_mul(1_000);
            rule.share(instances).map(|share| share.longest().saturating_add(beyond))
        });
        Self {
            overdraft,
            horizon: horizons.fold(self.horizon, u64::max),
            longest_debt: shares.max().unwrap_or_default(),
            ..self
        }
    }

    /// What is decided by when it is known what a request has cost: the overdraft is a part of the
    /// burst then, and nobody is on trial who was let through.
    pub(super) fn of_settling(self) -> Self {
        Self { rule: self.rule.with_overdraft(self.overdraft), on_trial: false, ..self }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> PolicyName {
        self.name
    }

    /// The name of its policy.
    #[must_use]
    pub const fn policy(&self) -> PolicyName {
        self.policy
    }

    /// How it counts.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        self.rule
    }

    /// Whether it is on trial.
    #[must_use]
    pub const fn is_on_trial(&self) -> bool {
        self.on_trial
    }

    pub(super) const fn horizon(&self) -> u64 {
        self.horizon
    }

    /// How one of so many instances counts alone.
    pub(super) fn share(&self, instances: u32) -> Option<Gcra> {
        self.rule.share(instances).map(|share| share.beside(self.longest_debt))
    }

    pub(super) const fn of_newcomers(&self) -> WhenFull {
        self.when_full
    }
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

/// A policy's limit, and who is charged.
pub(super) type Account = (PolicyName, PolicyName, Key);

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

    /// What it is charged to, on the server and everywhere else.
    pub(super) const fn account(&self) -> Account {
        (self.limit.policy, self.limit.name, self.key)
    }

    /// Whether both are charged to one account.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.account() == other.account()
    }

    /// How much it is for the limit: what is more than the limit ever allows is one more.
    pub(super) fn cost(&self) -> u32 {
        self.cost.min(self.limit.rule.size().saturating_add(1))
    }
}
