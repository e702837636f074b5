use super::{Claim, ReplayRules, Reply, Settled, SharedReplayStore};

/// A claim while its request is handled: whoever drops it unsettled lets go of it.
pub(crate) struct Held {
    store: SharedReplayStore,
    ttl: std::time::Duration,
    /// Taken when it is settled.
    claim: Option<Claim>,
}

impl Held {
    pub(crate) fn new(rules: &ReplayRules, claim: Claim) -> Self {
        Self { store: rules.store().clone(), ttl: rules.ttl(), claim: Some(claim) }
    }

    /// Commits what was handled, releases what was not.
    pub(crate) fn settle(mut self, handled: bool) -> Reply<Settled> {
        match self.claim.take() {
            Some(claim) if handled => self.store.commit(claim, self.ttl),
            Some(claim) => self.store.release(claim),
            None => Reply::now(Settled::Lost),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(claim) = self.claim.take() {
            self.store.abandon(claim);
        }
    }
}
