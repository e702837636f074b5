//! An existing [`governor`] limiter behind the layer.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::KeyedStateStore;
use rempart_core::{ClientAddr, Faults, SystemClock};

use crate::gate::Gate;
use crate::store::Seed;
use crate::{
    ConfigError, ConfigErrors, Decision, Policy, RateLimitLayer, Rejection, Rule, Standing,
    Violated,
};

impl RateLimitLayer {
    /// Limits by a `governor::RateLimiter` that exists already, keyed by address: an IPv4 client's
    /// own, or the first of an IPv6 client's /64.
    ///
    /// The policy gives the name, the headers, the answers, the lists and the bans, and should state
    /// the same quota; what is allowed is the limiter's to say, by its own quota and its own clock.
    ///
    /// # Security
    ///
    /// What this crate promises of memory, of several limits that are charged all or none, and of
    /// refunds does not hold here: a governor keeps every address that it ever saw until
    /// `retain_recent` is called, so a client with many addresses can fill the memory; it is one
    /// limit, and what it has taken it never gives back.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use governor::{Quota, RateLimiter, middleware::StateInformationMiddleware};
    /// use rempart_rate_limit::{Policy, RateLimitLayer};
    ///
    /// let governor = RateLimiter::dashmap(Quota::per_minute(100.try_into()?))
    ///     .with_middleware::<StateInformationMiddleware>();
    /// let layer = RateLimitLayer::governor(
    ///     Policy::new("api", "100 requests per minute")?,
    ///     Arc::new(governor),
    /// )?;
    /// # let _ = layer;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConfigError::Governed`] if the policy has more than one limit, or one that does not count
    /// every request of a client once, or tells more than where a client stands.
    pub fn governor<S, C>(
        policy: Policy,
        limiter: Arc<governor::RateLimiter<IpAddr, S, C, StateInformationMiddleware>>,
    ) -> Result<Self, ConfigErrors>
    where
        S: KeyedStateStore<IpAddr> + Send + Sync + 'static,
        C: Clock + Send + Sync + 'static,
    {
        let mut faults = Faults::new();
        match policy.checked() {
            [limit]
                if limit.is_plain() && policy.is_plain() && matches!(limit.rule, Rule::Gcra(_)) => {
            }
            _ => faults.push(ConfigError::Governed),
        }
        faults.finish()?;
        let gate = Gate::new(Seed::random());
        gate.make_room(&policy);
        Ok(Self::counting(Governed { policy, limiter, gate: Arc::new(gate) }))
    }
}

/// A policy, and the limiter that counts for it.
#[derive(Clone)]
pub(crate) struct Governed {
    pub(crate) policy: Policy,
    limiter: Arc<dyn Check>,
    gate: Arc<Gate>,
}

impl Governed {
    /// What the lists and the bans say, if they say anything.
    pub(crate) fn before(&self, client: Option<ClientAddr>) -> Option<Decision> {
        self.gate.ask(&self.policy, client, &SystemClock).map(|said| match said {
            Ok(()) => Decision::Allowed(Standing::UNLIMITED),
            Err(rejection) => Decision::Refused(rejection),
        })
    }

    pub(crate) fn decide(&self, client: Option<ClientAddr>) -> Decision {
        let decision = match client {
            Some(client) => self.limiter.check(client.identity().network()),
            None if self.policy.shares_unknown() => {
                self.limiter.check(Ipv6Addr::UNSPECIFIED.into())
            }
            None => Decision::Refused(Rejection::UnknownClient),
        };
        if let Decision::Refused(Rejection::Limited { .. }) = decision {
            self.gate.refused(&self.policy, client, &SystemClock);
        }
        decision
    }
}

impl fmt::Debug for Governed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Governed").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// The one question asked of a limiter, without its parameters.
trait Check: Send + Sync {
    fn check(&self, address: IpAddr) -> Decision;
}

impl<S, C> Check for governor::RateLimiter<IpAddr, S, C, StateInformationMiddleware>
where
    S: KeyedStateStore<IpAddr> + Send + Sync,
    C: Clock + Send + Sync,
{
    fn check(&self, address: IpAddr) -> Decision {
        match self.check_key(&address) {
            // It does not say when the next cell comes back: one interval at the latest.
            Ok(state) => Decision::Allowed(Standing::counted(
                state.remaining_burst_capacity(),
                nanoseconds(state.quota().replenish_interval()),
            )),
            Err(not_until) => {
                let wait = not_until.wait_time_from(self.clock().now());
                Decision::Refused(Rejection::Limited {
                    standing: Standing::counted(0, nanoseconds(wait)),
                    wait,
                    violated: Violated::FIRST,
                })
            }
        }
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
