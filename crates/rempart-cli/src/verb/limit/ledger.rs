use rempart::rate_limit::{Gcra, Verdict};

use super::arrivals::Arrival;
use super::group::Group;
use super::plan::nanoseconds;

/// What was asked, what was served, and what the quota alone would have served.
pub(super) struct Ledger {
    gcra: Gcra,
    groups: Vec<Tally>,
}

/// That of a group.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) sent: u64,
    pub(super) served: u64,
    /// What a store without end would have served: each client counted on its own, and exactly.
    pub(super) allowed: u64,
    /// The most that a client was ever served above its quota: more than a burst, and what comes
    /// back of it in the meantime.
    pub(super) above: u64,
    clients: Vec<Client>,
}

/// Until when a client owes; in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Client {
    /// Had it been served what the quota allows.
    allowed: u64,
    /// For what it was served.
    served: u64,
}

impl Ledger {
    pub(super) fn new(gcra: Gcra, groups: &[Group]) -> Self {
        let tally = |group: &Group| {
            let clients = usize::try_from(group.who.clients().unwrap_or_default());
            let clients = vec![Client::default(); clients.unwrap_or_default()];
            Tally { sent: 0, served: 0, allowed: 0, above: 0, clients }
        };
        Self { gcra, groups: groups.iter().map(tally).collect() }
    }

    pub(super) fn enter(&mut self, arrival: &Arrival, served: bool) {
        let Some(tally) = self.groups.get_mut(arrival.group) else { return };
        tally.sent = tally.sent.saturating_add(1);
        tally.served = tally.served.saturating_add(served.into());
        let nth = arrival.client.and_then(|client| usize::try_from(client).ok());
        let Some(client) = nth.and_then(|nth| tally.clients.get_mut(nth)) else {
            // A stranger's only request.
            tally.allowed = tally.allowed.saturating_add(1);
            return;
        };
        if let Verdict::Allowed { debt } = self.gcra.decide(client.allowed, arrival.at, 1) {
            client.allowed = arrival.at.saturating_add(debt);
            tally.allowed = tally.allowed.saturating_add(1);
        }
        if served {
            let interval = nanoseconds(self.gcra.interval());
            client.served = client.served.max(arrival.at).saturating_add(interval);
            let beyond = arrival.at.saturating_add(nanoseconds(self.gcra.window()));
            let above = client.served.saturating_sub(beyond);
            tally.above = tally.above.max(above.div_ceil(interval));
        }
    }

    pub(super) fn groups(&self) -> &[Tally] {
        &self.groups
    }
}
