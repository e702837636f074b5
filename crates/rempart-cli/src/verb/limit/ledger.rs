mod debts;
mod logs;

use self::debts::Debts;
use self::logs::Logs;
use super::arrivals::Arrival;
use super::group::Group;
use super::rule::Rule;

/// What was asked, what was served, and what the quota alone would have served.
pub(super) struct Ledger {
    groups: Vec<Tally>,
}

/// That of a group.
pub(super) struct Tally {
    pub(super) sent: u64,
    pub(super) served: u64,
    /// What a store without end would have served: each client counted on its own, and exactly.
    pub(super) allowed: u64,
    /// The most that a client was ever served above its quota: more than a burst and what comes
    /// back of it in the meantime, or more than the limit in one window.
    pub(super) above: u64,
    clients: Clients,
}

enum Clients {
    Debts(Debts),
    Logs(Logs),
}

impl Ledger {
    pub(super) fn new(rule: &Rule, groups: &[Group]) -> Self {
        let tally = |group: &Group| {
            let clients = usize::try_from(group.who.clients().unwrap_or_default());
            let clients = clients.unwrap_or_default();
            let clients = match rule {
                Rule::Gcra(gcra) => Clients::Debts(Debts::new(*gcra, clients)),
                Rule::Window(window) => Clients::Logs(Logs::new(*window, clients)),
            };
            Tally { sent: 0, served: 0, allowed: 0, above: 0, clients }
        };
        Self { groups: groups.iter().map(tally).collect() }
    }

    pub(super) fn enter(&mut self, arrival: &Arrival, served: bool) {
        let Some(tally) = self.groups.get_mut(arrival.group) else { return };
        tally.sent = tally.sent.saturating_add(1);
        tally.served = tally.served.saturating_add(served.into());
        let Some(client) = arrival.client.and_then(|client| usize::try_from(client).ok()) else {
            // A stranger's only request.
            tally.allowed = tally.allowed.saturating_add(1);
            return;
        };
        let allowed = tally.clients.allow(client, arrival.at);
        tally.allowed = tally.allowed.saturating_add(allowed.into());
        if served {
            tally.above = tally.above.max(tally.clients.serve(client, arrival.at));
        }
    }

    pub(super) fn groups(&self) -> &[Tally] {
        &self.groups
    }
}

impl Clients {
    /// Whether the quota allows a request of this client, had it been served what it allows.
    fn allow(&mut self, client: usize, now: u64) -> bool {
        match self {
            Self::Debts(debts) => debts.allow(client, now),
            Self::Logs(logs) => logs.allow(client, now),
        }
    }

    /// By how much a client is above its quota that is served a request.
    fn serve(&mut self, client: usize, now: u64) -> u64 {
        match self {
            Self::Debts(debts) => debts.serve(client, now),
            Self::Logs(logs) => logs.serve(client, now),
        }
    }
}
