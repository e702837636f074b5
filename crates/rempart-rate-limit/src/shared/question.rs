use std::num::NonZeroU64;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::{Answer, Authority, Charge, Charges, Deciding, Outcome, Receipt, Ruling, SharedPolicy};
use crate::by::Asker;
use crate::charges::Keep;
use crate::decision::{Joint, Refusal, Told};
use crate::{Decision, Policy, Rejection, Standing, tables};

/// A request's question to the store, by all limits of a policy.
pub(super) struct Question {
    pub(super) policy: SharedPolicy,
    /// Of the request, for each limit.
    tiers: [u8; Policy::MAX_LIMITS],
    /// What clients are told of each key.
    partitions: [Option<NonZeroU64>; Policy::MAX_LIMITS],
    deciding: Deciding,
}

impl Question {
    /// Asks.
    pub(super) fn ask(policy: SharedPolicy, asker: &Asker<'_>) -> Result<Self, Rejection> {
        let mut tiers = [0; Policy::MAX_LIMITS];
        let mut partitions = [None; Policy::MAX_LIMITS];
        let mut charges = Vec::with_capacity(Policy::MAX_LIMITS);
        let limits = policy.policy().checked().iter().enumerate();
        for (((place, limit), tier), partition) in limits.zip(&mut tiers).zip(&mut partitions) {
            *tier = limit.tier(asker.extensions);
            let key = policy.key(&limit.by, asker)?;
            if policy.policy().tells_partitions() && !limit.by.is_everyone() {
                *partition = policy.store().keying().partition(key);
            }
            let cost = limit.cost_of(asker);
            let limit = policy.limit(place, *tier);
            charges.extend(limit.map(|limit| Charge { limit, key, cost }));
        }
        // A policy has limits, each of another name: they can be charged together.
        let charges = Charges::new(&charges).map_err(|_| Rejection::Unavailable)?;
        let deciding = policy.store().decide(charges);
        Ok(Self { policy, tiers, partitions, deciding })
    }

    fn joint(&self, outcome: Outcome) -> Joint {
        match outcome {
            Outcome::Unavailable => Joint::refused(Rejection::Unavailable),
            // Nobody was asked.
            Outcome::Allowed { answers, .. } if answers.is_empty() => Joint::unlimited(),
            Outcome::Allowed { answers, receipt } => self.of(&answers, Ok(&receipt)),
            Outcome::Refused { answers, by } => self.of(&answers, Err(by)),
        }
    }

    fn of(&self, answers: &[Answer], charged: Result<&Receipt, Authority>) -> Joint {
        // In the share of an instance, which has one table for all, clients leave one another their
        // debts.
        let is_own = charged.err() != Some(Authority::Local);
        let mut joint = Joint::unlimited();
        let mut refusal = Refusal::default();
        let mut told = joint.standings.iter_mut();
        let mut nearest: Option<Standing> = None;
        let limits = self.policy.policy().checked().iter().zip(answers).zip(&self.tiers);
        for (place, ((limit, answer), tier)) in limits.enumerate() {
            let standing = Standing::counted(answer.remaining, nanoseconds(answer.next));
            refusal.ask(place, limit, answer.ruling.into(), || (standing, is_own));
            if !limit.on_trial
                && let Some(told) = told.next()
            {
                nearest = Some(nearest.map_or(standing, |nearest| nearest.nearer(standing)));
                let partition = self.partitions.get(place).copied().flatten();
                *told = Some(Told { standing, tier: *tier, partition });
            }
            if Keep::WhatDepends.wants(limit)
                && !answer.is_violated()
                && let Some(part) = charged.ok().and_then(|receipt| receipt.part(place))
            {
                joint.charges.add_shared(limit, self.policy.store(), part);
            }
        }
        joint.shadowed = refusal.shadowed();
        joint.is_own = refusal.is_own();
        joint.decision = match (charged, refusal.rejection(), nearest) {
            (Ok(_), _, Some(nearest)) => Decision::Allowed(nearest),
            // All of its limits are on trial.
            (Ok(_), _, None) => return joint,
            (Err(_), Some(rejection), _) => Decision::Refused(rejection),
            // A refusal says who refused.
            (Err(_), None, _) => Decision::Refused(Rejection::Unavailable),
        };
        joint
    }
}

impl Future for Question {
    type Output = Joint;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Joint> {
        let outcome = std::task::ready!(Pin::new(&mut self.deciding).poll(cx));
        Poll::Ready(self.joint(outcome))
    }
}

impl From<Ruling> for tables::Answer {
    fn from(ruling: Ruling) -> Self {
        match ruling {
            Ruling::Allowed => Self::Allowed,
            Ruling::Denied { wait } => Self::Denied(nanoseconds(wait)),
            Ruling::NeverPossible => Self::NeverPossible,
        }
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
