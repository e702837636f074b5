use std::fmt;
use std::sync::Arc;

use rempart_core::{Faults, PolicyName};
use thiserror::Error;

use super::rule::LONGEST;
use super::{Limit, Rule, RuleError, SharedStore};
use crate::Policy;
use crate::by::Asker;
use crate::limit::Checked;
use crate::{By, Rejection};

/// A [`Policy`] whose limits are counted in a store, for all instances of a service together. A
/// clone bumps one reference count.
///
/// Its lists and bans are each instance's own, and so is the table of what an instance admits when
/// the server is lost: its room is that of [`Builder::share`](super::Builder::share), for all limits
/// of all policies, whatever capacity they have.
///
/// ```
/// use rempart_rate_limit::shared::{SharedPolicy, SharedRateLimitLayer, SharedStore, connect};
/// use rempart_rate_limit::{By, Limit, Policy};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = SharedStore::builder(connect("redis://127.0.0.1:6379/0")?)
///     .secret("made up for the documentation, and no secret")
///     .instances(4)
///     .build()?;
/// let policy = Policy::builder("login")
///     .limit(Limit::strict_window("guesses", "5 per minute"))
///     .limit(Limit::new("network", "50 per minute").by(By::network(24, 48)))
///     .build()?;
/// let layer = SharedRateLimitLayer::new(SharedPolicy::new(policy, &store)?);
/// # let _ = layer;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SharedPolicy(Arc<Parts>);

struct Parts {
    policy: Policy,
    store: SharedStore,
    /// Of each limit, what the store is asked for each tier.
    limits: Box<[Box<[Limit]>]>,
}

/// Every reason why a policy cannot be shared; never empty.
pub type SharingErrors = rempart_core::ConfigErrors<SharingError>;

/// Why a policy cannot be shared.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SharingError {
    /// Requests in flight are those of one instance: a limit of concurrency belongs into a policy
    /// of its own, in a layer beside this one.
    #[error("limit `{limit}`: requests in flight are not shared; put it into a layer of its own")]
    Concurrency {
        /// The limit.
        limit: PolicyName,
    },
    /// The limits count by different keys, which may be on different servers of a cluster.
    #[error("limit `{limit}`: on a cluster, all limits of a policy count by the same key")]
    KeysOnCluster {
        /// The first that counts by another key than the first of all.
        limit: PolicyName,
    },
    /// The store cannot count so.
    #[error("limit `{limit}`: {fault}")]
    Rule {
        /// The limit.
        limit: PolicyName,
        /// Why not.
        #[source]
        fault: RuleError,
    },
}

impl SharedPolicy {
    /// Checks that the store can count for all limits of the policy.
    ///
    /// # Errors
    ///
    /// Every reason why it cannot, at once.
    pub fn new(policy: Policy, store: &SharedStore) -> Result<Self, SharingErrors> {
        let mut faults = Faults::new();
        let limits = policy.checked();
        let (name, instances) = (policy.name(), store.instances());
        let of_tiers = |limit| tiers(name, limit, instances, &mut faults);
        let tiers = limits.iter().map(of_tiers).collect();
        let mut others = limits.iter().skip(1);
        let first = limits.first().map(|limit| &limit.by);
        if store.is_cluster()
            && let Some(limit) = others.find(|limit| Some(&limit.by) != first)
        {
            faults.push(SharingError::KeysOnCluster { limit: limit.name });
        }
        faults.finish()?;
        Ok(Self(Arc::new(Parts { policy, store: store.clone(), limits: tiers })))
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.0.policy
    }

    /// Where its limits are counted.
    #[must_use]
    pub fn store(&self) -> &SharedStore {
        &self.0.store
    }

    /// What the store is asked of the limit at this place, for who is of this tier.
    pub(super) fn limit(&self, place: usize, tier: u8) -> Option<Limit> {
        self.0.limits.get(place)?.get(usize::from(tier)).copied()
    }

    /// The key of whoever asks.
    pub(super) fn key(&self, by: &By, asker: &Asker<'_>) -> Result<super::Key, Rejection> {
        let shares_unknown = self.0.policy.shares_unknown();
        match (by.is_client(), asker.client) {
            (true, Some(client)) => Ok(self.0.store.client(client.identity())),
            (true, None) if shares_unknown => Ok(self.0.store.keying().unknown()),
            (true, None) => Err(Rejection::UnknownClient),
            (false, _) => {
                let mut key = self.0.store.keying().joined();
                by.take(asker, shares_unknown, &mut key)?;
                Ok(key.key())
            }
        }
    }
}

/// What the store is asked for each tier of a limit.
fn tiers(
    policy: PolicyName,
    limit: &Checked,
    instances: u32,
    faults: &mut Faults<SharingError>,
) -> Box<[Limit]> {
    let rules = rules(limit, faults);
    let of_rule = |rule: &Rule| {
        let overdraft = limit.rule.overdraft();
        let shared = Limit::new(policy, limit.name, *rule).beside(&rules, instances, overdraft);
        let shared = shared.when_full(limit.when_full);
        if limit.on_trial { shared.on_trial() } else { shared }
    };
    let limits: Box<[_]> = rules.iter().map(of_rule).collect();
    if limits.iter().any(|limit| limit.horizon() > LONGEST) {
        faults.push(SharingError::Rule { limit: limit.name, fault: RuleError::TooLong });
    }
    limits
}

/// The rules of a limit's tiers, as the store counts.
fn rules(limit: &Checked, faults: &mut Faults<SharingError>) -> Vec<Rule> {
    let mut take = |rule: Result<Rule, RuleError>| {
        faults.take(rule.map_err(|fault| SharingError::Rule { limit: limit.name, fault }))
    };
    let mut rules = Vec::new();
    for rule in limit.rules() {
        match rule {
            crate::Rule::Gcra(gcra) => rules.extend(take(Rule::of_gcra(gcra))),
            crate::Rule::StrictWindow(window) => rules.extend(take(Rule::of_window(window))),
            crate::Rule::Concurrency(_) => {
                faults.push(SharingError::Concurrency { limit: limit.name });
                break;
            }
        }
    }
    rules
}

impl fmt::Debug for SharedPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedPolicy")
            .field("policy", &self.0.policy)
            .field("store", &self.0.store)
            .finish_non_exhaustive()
    }
}
