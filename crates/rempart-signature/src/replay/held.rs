use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::{Claim, Claimed, ReplayKey, ReplayRules, Reply, Settled, SharedReplayStore};
use crate::Rejection;

/// A claim that the store has been asked for.
pub(crate) struct Claiming {
    reply: Reply<Claimed>,
    store: SharedReplayStore,
    ttl: Duration,
}

impl ReplayRules {
    /// Asks for the message, if it is known which one it is.
    pub(crate) fn claim(&self, key: Option<ReplayKey>) -> Claiming {
        let reply = match key {
            Some(key) => self.store().claim(key, self.lease()),
            // What cannot be told from what came before does not pass as new.
            None => Reply::now(Claimed::Unavailable),
        };
        Claiming { reply, store: self.store().clone(), ttl: self.ttl() }
    }
}

impl Claiming {
    /// The claim, or why the message is not to be handled.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Held, Rejection>> {
        Poll::Ready(match ready!(Pin::new(&mut self.reply).poll(cx)) {
            Claimed::Fresh(claim) => {
                Ok(Held { store: self.store.clone(), ttl: self.ttl, claim: Some(claim) })
            }
            Claimed::Done => Err(Rejection::Replayed),
            Claimed::InFlight => Err(Rejection::InFlight),
            Claimed::Unavailable => Err(Rejection::ReplayUnavailable),
        })
    }
}

/// A claim while its request is handled: whoever drops it unsettled lets go of it.
pub(crate) struct Held {
    store: SharedReplayStore,
    ttl: Duration,
    /// Taken when it is settled.
    claim: Option<Claim>,
}

impl Held {
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
