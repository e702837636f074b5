use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rempart_core::{Faults, PolicyName};
use sha2::Sha256;

use super::{Identity, ReplayStore, SharedReplayStore};
use crate::{ConfigError, Coverage, Policy, Window};

/// What a policy's builder was told of replays.
#[derive(Clone, Default)]
pub(crate) struct ReplaySettings {
    pub(crate) store: Option<SharedReplayStore>,
    pub(crate) lease: Option<Duration>,
    pub(crate) ttl: Option<Duration>,
}

impl ReplaySettings {
    pub(crate) fn set_store(&mut self, store: impl ReplayStore + 'static) {
        self.store = Some(Arc::new(store));
    }

    /// The rules, if there is a store; what they would not do for goes to `faults`.
    pub(crate) fn rules(
        &self,
        name: &PolicyName,
        subject: &ReplaySubject<'_>,
        faults: &mut Faults<ConfigError>,
    ) -> Option<ReplayRules> {
        let Some(store) = &self.store else {
            if self.lease.is_some() || self.ttl.is_some() {
                faults.push(ConfigError::ReplayWithoutStore);
            }
            return None;
        };
        if subject.coverage == Coverage::None {
            faults.push(ConfigError::ReplayOfNothing);
        }
        let lease = self.lease.unwrap_or(Policy::REPLAY_LEASE);
        if lease.is_zero() || lease > Policy::LONGEST_REPLAY_LEASE {
            faults.push(ConfigError::ReplayLease { lease });
        }
        let window = subject.window;
        // A message that came as early as it may is still good that long after.
        let shortest = window.map_or(Duration::from_millis(1), |window| {
            window.past().saturating_add(window.future())
        });
        let twice = window.map(|window| window.past().max(window.future()).saturating_mul(2));
        match self.ttl.or(twice) {
            None => faults.push(ConfigError::ReplayTtlMissing),
            Some(ttl) if ttl < shortest => {
                faults.push(ConfigError::ReplayTtlTooShort { ttl, least: shortest });
            }
            Some(ttl) if ttl > Policy::LONGEST_REPLAY_TTL => {
                faults.push(ConfigError::ReplayTtlTooLong { ttl });
            }
            Some(ttl) => {
                let common = Identity::common(subject.scheme, name);
                return Some(ReplayRules { store: Arc::clone(store), lease, ttl, common });
            }
        }
        None
    }
}

impl fmt::Debug for ReplaySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplaySettings")
            .field("lease", &self.lease)
            .field("ttl", &self.ttl)
            .finish_non_exhaustive()
    }
}

/// What messages are told apart by, and for how long one is good.
#[derive(Debug)]
pub(crate) struct ReplaySubject<'a> {
    pub(crate) scheme: &'a str,
    pub(crate) coverage: Coverage,
    /// Of the signed time, if there is one.
    pub(crate) window: Option<Window>,
}

/// What a policy does about replays.
#[derive(Clone)]
pub(crate) struct ReplayRules {
    store: SharedReplayStore,
    lease: Duration,
    ttl: Duration,
    /// Where the identity of every message begins.
    common: Sha256,
}

impl ReplayRules {
    pub(crate) const fn store(&self) -> &SharedReplayStore {
        &self.store
    }

    pub(crate) const fn lease(&self) -> Duration {
        self.lease
    }

    pub(crate) const fn ttl(&self) -> Duration {
        self.ttl
    }

    /// Begins with a message, of the tenant if there are any.
    pub(crate) fn identity(&self, tenant: &str, signed_id: Option<&[u8]>) -> Identity {
        Identity::of(&self.common, tenant, signed_id)
    }
}
