//! Who is let through, or turned away, before any limit is asked: the lists and the bans.

use std::sync::OnceLock;
use std::time::Duration;

use rempart_core::{ClientAddr, Clock};

use crate::store::{Key, Seed};
use crate::{Bans, Listed, Policy, Rejection};

/// What a limiter holds for the lists and the bans of its policy, whichever that is.
pub(crate) struct Gate {
    seed: Seed,
    /// Made with the first policy that bans.
    bans: OnceLock<Bans>,
}

impl Gate {
    pub(crate) const fn new(seed: Seed) -> Self {
        Self { seed, bans: OnceLock::new() }
    }

    /// Makes the table of bans before the first request of a policy that has any.
    pub(crate) fn make_room(&self, policy: &Policy) {
        if policy.ban_rule().is_some() {
            self.bans();
        }
    }

    /// What the lists and the bans say, if they say anything. Nobody gets past them by being unknown.
    pub(crate) fn ask(
        &self,
        policy: &Policy,
        client: Option<ClientAddr>,
        clock: &dyn Clock,
    ) -> Option<Result<(), Rejection>> {
        if policy.is_limits_alone() {
            return None;
        }
        let Some(client) = client else {
            return (!policy.shares_unknown()).then_some(Err(Rejection::UnknownClient));
        };
        match policy.listed().find(client.ip()) {
            Some(Listed::Allowed) => return Some(Ok(())),
            Some(Listed::Denied) => return Some(Err(Rejection::Denied)),
            None => policy.ban_rule()?,
        };
        let wait = self.bans().banned(self.key(client), clock.ticks())?;
        Some(Err(Rejection::Banned { wait }))
    }

    /// Counts a refusal by the limits, if the policy bans for them. The ban begins with the next
    /// request: this one is told what it exceeded.
    pub(crate) fn refused(&self, policy: &Policy, client: Option<ClientAddr>, clock: &dyn Clock) {
        if let Some((rule, client)) = policy.ban_rule().zip(client) {
            let _ = self.bans().denied(self.key(client), rule, clock.ticks());
        }
    }

    pub(crate) fn ban(&self, client: ClientAddr, length: Duration, clock: &dyn Clock) -> bool {
        self.bans().ban(self.key(client), length, clock.ticks())
    }

    pub(crate) fn unban(&self, client: ClientAddr, clock: &dyn Clock) -> bool {
        self.bans().unban(self.key(client), clock.ticks())
    }

    pub(crate) fn banned(&self, client: ClientAddr, clock: &dyn Clock) -> Option<Duration> {
        self.bans().banned(self.key(client), clock.ticks())
    }

    fn bans(&self) -> &Bans {
        self.bans.get_or_init(Bans::default)
    }

    #[inline(never)]
    fn key(&self, client: ClientAddr) -> Key {
        self.seed.client(client)
    }
}
