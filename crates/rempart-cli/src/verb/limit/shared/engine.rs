use std::collections::VecDeque;

use rempart::rate_limit::{Gcra, Verdict};

use super::rule;
use crate::verb::limit::arrivals::Arrival;
use crate::verb::limit::group::Group;
use crate::verb::limit::plan::{Sharing, nanoseconds};

/// The shared store: a debt for each client, which is gone when nothing is owed any more.
pub(in crate::verb::limit) struct Engine {
    gcra: Gcra,
    sharing: Sharing,
    /// Until when each client of each group owes.
    debts: Vec<Vec<u64>>,
    /// Until when strangers owe, the soonest first: all of them owe as much.
    strangers: VecDeque<u64>,
    peak: usize,
}

/// What the shared store says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The request is served, and this instance may serve so many more.
    Allowed { leased: u32 },
    /// So many nanoseconds later it would be.
    Denied { wait: u64 },
}

impl Engine {
    pub(super) fn new(gcra: Gcra, sharing: &Sharing, groups: &[Group]) -> Self {
        let clients = |group: &Group| {
            let clients = usize::try_from(group.who.clients().unwrap_or_default());
            vec![0; clients.unwrap_or_default()]
        };
        Self {
            gcra,
            sharing: sharing.clone(),
            debts: groups.iter().map(clients).collect(),
            strangers: VecDeque::new(),
            peak: 0,
        }
    }

    /// The most keys that were ever seen there.
    pub(in crate::verb::limit) const fn peak(&self) -> usize {
        self.peak
    }

    /// Decides on a request, of an instance that has room for a lease or has not.
    pub(super) fn decide(&mut self, arrival: &Arrival, has_room: bool) -> Answer {
        let Arrival { at: now, group, client, .. } = *arrival;
        let nth = client.and_then(|client| usize::try_from(client).ok());
        let known = self.debts.get_mut(group).zip(nth).and_then(|(debts, nth)| debts.get_mut(nth));
        let until = known.as_deref().copied().unwrap_or_default();
        let debt = match self.gcra.decide(until, now, 1) {
            Verdict::Allowed { debt } => debt,
            Verdict::Denied { wait, .. } => return Answer::Denied { wait },
            Verdict::NeverPossible => return Answer::Denied { wait: u64::MAX },
        };
        let left = self.gcra.standing(debt).remaining();
        let leased = if has_room { rule::leased(&self.sharing, left) } else { 0 };
        let more = nanoseconds(self.gcra.interval()).saturating_mul(leased.into());
        let until = now.saturating_add(debt).saturating_add(more);
        if let Some(known) = known {
            *known = until;
        } else {
            self.forget(now);
            self.strangers.push_back(until);
        }
        Answer::Allowed { leased }
    }

    pub(super) fn look(&mut self, now: u64) {
        self.forget(now);
        let owing = |debts: &Vec<u64>| debts.iter().filter(|until| **until > now).count();
        let known = self.debts.iter().map(owing).fold(0, usize::saturating_add);
        self.peak = self.peak.max(known.saturating_add(self.strangers.len()));
    }

    /// Lets go of strangers that owe nothing any more. Those with a lease owe a little longer, and
    /// keep the ones after them until then.
    fn forget(&mut self, now: u64) {
        while self.strangers.front().is_some_and(|until| *until <= now) {
            self.strangers.pop_front();
        }
    }
}
