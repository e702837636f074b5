use rempart::rate_limit::{Gcra, Verdict};

use crate::verb::limit::plan::nanoseconds;
use crate::verb::limit::rings::Rings;
use crate::verb::limit::rule::Rule;

/// What the shared store knows of the clients of a group; of strangers nothing.
pub(super) enum Book {
    /// Until when each owes.
    Debts(Gcra, Vec<u64>),
    /// When the last requests of each were admitted, and for how long they count.
    Logs(Rings, u64),
}

impl Book {
    pub(super) fn new(rule: Rule, clients: u32) -> Self {
        let clients = usize::try_from(clients).unwrap_or_default();
        match rule {
            Rule::Gcra(gcra) => Self::Debts(gcra, vec![0; clients]),
            Rule::Window(window) => {
                let limit = usize::try_from(window.limit()).unwrap_or_default();
                Self::Logs(Rings::new(limit, clients), nanoseconds(window.period()))
            }
        }
    }

    /// How many more requests a client may send after one, or how long it waits for that one.
    pub(super) fn look(&self, client: Option<usize>, now: u64) -> Result<u32, u64> {
        match self {
            Self::Debts(gcra, debts) => {
                let until = client.and_then(|client| debts.get(client)).copied();
                match gcra.decide(until.unwrap_or_default(), now, 1) {
                    Verdict::Allowed { debt } => Ok(gcra.standing(debt).remaining()),
                    Verdict::Denied { wait, .. } => Err(wait),
                    Verdict::NeverPossible => Err(u64::MAX),
                }
            }
            Self::Logs(rings, period) => {
                let oldest = client.and_then(|client| rings.oldest(client));
                let until = oldest.map_or(0, |oldest| oldest.saturating_add(*period));
                // Nothing of a window is leased: what is left does not matter.
                if until > now { Err(until.saturating_sub(now)) } else { Ok(0) }
            }
        }
    }

    /// Charges so much, and says until when the client's key is kept.
    pub(super) fn charge(&mut self, client: Option<usize>, now: u64, cost: u32) -> u64 {
        match self {
            Self::Debts(gcra, debts) => {
                let known = client.and_then(|client| debts.get_mut(client));
                let owed = known.as_deref().copied().unwrap_or_default().max(now);
                let charged = nanoseconds(gcra.interval()).saturating_mul(cost.into());
                let until = owed.saturating_add(charged);
                if let Some(known) = known {
                    *known = until;
                }
                until
            }
            Self::Logs(rings, period) => {
                if let Some(client) = client {
                    rings.push(client, now);
                }
                now.saturating_add(*period)
            }
        }
    }

    /// Of how many clients something counts.
    pub(super) fn keys(&self, now: u64) -> usize {
        match self {
            Self::Debts(_, debts) => debts.iter().filter(|until| **until > now).count(),
            Self::Logs(rings, period) => {
                let counts = |at: u64| at.saturating_add(*period) > now;
                rings.newest().filter(|newest| newest.is_some_and(counts)).count()
            }
        }
    }
}
