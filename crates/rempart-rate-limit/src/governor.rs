//! An existing [`governor`] limiter behind the layer.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::KeyedStateStore;
use rempart_core::{ClientAddr, Source};

use crate::{Decision, Policy, RateLimitLayer, Rejection, Standing, Violated};

impl RateLimitLayer {
    /// Limits by a `governor::RateLimiter` that exists already, keyed by address: an IPv4 client's
    /// own, or the first of an IPv6 client's /64.
    ///
    /// The policy gives the name, the headers and the answers, and should state the same quota, in
    /// one limit;
    /// what is allowed is the limiter's to say, by its own quota and its own clock.
    ///
    /// # Security
    ///
    /// What this crate promises of memory does not hold here: a governor keeps every address that
    /// it ever saw until `retain_recent` is called, so a client with many addresses can fill the
    /// memory.
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
    /// );
    /// # let _ = layer;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn governor<S, C>(
        policy: impl Into<Source<Policy>>,
        limiter: Arc<governor::RateLimiter<IpAddr, S, C, StateInformationMiddleware>>,
    ) -> Self
    where
        S: KeyedStateStore<IpAddr> + Send + Sync + 'static,
        C: Clock + Send + Sync + 'static,
    {
        Self::counting(Governed { policy: policy.into(), limiter })
    }
}

/// A policy, and the limiter that counts for it.
#[derive(Clone)]
pub(crate) struct Governed {
    pub(crate) policy: Source<Policy>,
    limiter: Arc<dyn Check>,
}

impl Governed {
    pub(crate) fn decide(&self, policy: &Policy, client: Option<ClientAddr>) -> Decision {
        match client {
            Some(client) => self.limiter.check(client.identity().network()),
            None if policy.shares_unknown() => self.limiter.check(Ipv6Addr::UNSPECIFIED.into()),
            None => Decision::Refused(Rejection::UnknownClient),
        }
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
