use rempart::rate_limit::{Gcra, Verdict};

use crate::verb::limit::plan::nanoseconds;

/// What each client of a group owes.
pub(super) struct Debts {
    gcra: Gcra,
    clients: Vec<Client>,
}

/// Until when a client owes, in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Client {
    /// Had it been served what the quota allows.
    allowed: u64,
    /// For what it was served.
    served: u64,
}

impl Debts {
    pub(super) fn new(gcra: Gcra, clients: usize) -> Self {
        Self { gcra, clients: vec![Client::default(); clients] }
    }

    pub(super) fn allow(&mut self, client: usize, now: u64) -> bool {
        let Some(client) = self.clients.get_mut(client) else { return false };
        let verdict = self.gcra.decide(client.allowed, now, 1);
        if let Verdict::Allowed { debt } = verdict {
            client.allowed = now.saturating_add(debt);
        }
        matches!(verdict, Verdict::Allowed { .. })
    }

    pub(super) fn serve(&mut self, client: usize, now: u64) -> u64 {
        let Some(client) = self.clients.get_mut(client) else { return 0 };
        let interval = nanoseconds(self.gcra.interval()).max(1);
        client.served = client.served.max(now).saturating_add(interval);
        let beyond = now.saturating_add(nanoseconds(self.gcra.window()));
        client.served.saturating_sub(beyond).div_ceil(interval)
    }
}
