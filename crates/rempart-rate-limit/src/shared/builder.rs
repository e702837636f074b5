use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use rempart_core::{Clock, Faults, SharedClock, SharedTimer, SystemClock, Timer, TokioTimer};

use super::breaker::Breaker;
use super::denials::Denials;
use super::inner::Inner;
use super::key::Keying;
use super::leases::Leases;
use super::local::Share;
use super::server::{Engine, Server};
use super::store::SharedStore;
use super::{BuildError, BuildErrors};
use crate::Store;

/// Builds a [`SharedStore`].
#[must_use = "nothing is built until `build` is called"]
pub struct Builder {
    engine: Box<dyn Engine>,
    keying: Result<Keying, BuildError>,
    prefix: Box<str>,
    cluster: bool,
    deadline: Duration,
    open_for: Duration,
    on_store_error: OnStoreError,
    instances: Option<u32>,
    share: Store,
    deny_for: Duration,
    lease: Option<u32>,
    clock: SharedClock,
    timer: SharedTimer,
}

/// Who decides when the server cannot be asked.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnStoreError {
    /// Nobody: [`Outcome::Unavailable`](super::Outcome::Unavailable), which is a 503.
    Closed,
    /// Nobody: every request goes on.
    DangerouslyOpen,
    /// Each instance by its share of the quota, which was charged all the time.
    #[default]
    Local,
}

impl Builder {
    /// What the keys on the server begin with, unless said otherwise.
    pub const PREFIX: &'static str = "rempart:limit";

    /// The shortest secret.
    pub const MIN_SECRET: usize = Keying::SHORTEST;

    /// How long the server may take, unless said otherwise.
    pub const DEADLINE: Duration = Duration::from_millis(50);

    /// How long a server is left alone after five failures in a row, unless said otherwise: `connect`
    /// has a connection again a quarter of a second after the server's return, so that the next
    /// request that tries it is served by it within the second.
    pub const OPEN_FOR: Duration = Duration::from_millis(500);

    /// The longest deadline: a request waits for it.
    const LONGEST_DEADLINE: Duration = Duration::from_secs(10);

    /// The largest lease.
    const LARGEST_LEASE: u32 = 1_000_000;

    /// How many denials are remembered.
    const DENIALS: usize = 4096;

    pub(super) fn new(engine: Box<dyn Engine>) -> Self {
        Self {
            engine,
            keying: Err(BuildError::NoSecret),
            prefix: Self::PREFIX.into(),
            cluster: false,
            deadline: Self::DEADLINE,
            open_for: Self::OPEN_FOR,
            on_store_error: OnStoreError::default(),
            instances: None,
            share: Store::default(),
            deny_for: Denials::LONGEST,
            lease: None,
            clock: Arc::new(SystemClock),
            timer: Arc::new(TokioTimer),
        }
    }

    /// Hashes keys under this secret of [`Builder::MIN_SECRET`] bytes or more, which all instances
    /// have. Required: a hash without one hides no address from whoever reads the server.
    pub fn secret(mut self, secret: impl AsRef<[u8]>) -> Self {
        self.keying = Keying::new(secret.as_ref());
        self
    }

    /// How many instances there are at most, of which each takes that part of a quota when it is
    /// alone. Required: nobody but the operator knows.
    pub const fn instances(mut self, instances: u32) -> Self {
        self.instances = Some(instances);
        self
    }

    /// Begins keys on the server otherwise: for services that share one.
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Says that the connection is one to a cluster: then all limits of a decision charge by the
    /// same key.
    pub const fn cluster(mut self) -> Self {
        self.cluster = true;
        self
    }

    /// Lets the server take so long to answer.
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Leaves a server alone for so long after five failures in a row.
    pub const fn open_for(mut self, open_for: Duration) -> Self {
        self.open_for = open_for;
        self
    }

    /// Says who decides when the server cannot be asked.
    ///
    /// # Security
    ///
    /// With [`OnStoreError::DangerouslyOpen`] there is no limit while the server is away, which is
    /// when an attacker who can overload it wants none.
    pub const fn on_store_error(mut self, on_store_error: OnStoreError) -> Self {
        self.on_store_error = on_store_error;
        self
    }

    /// Counts this instance's share of the quotas in this store, in place of one of the default
    /// capacity.
    pub fn share(mut self, store: Store) -> Self {
        self.share = store;
        self
    }

    /// Remembers a denial for so long, one second at most; not at all if it is zero.
    pub const fn deny_for(mut self, deny_for: Duration) -> Self {
        self.deny_for = deny_for;
        self
    }

    /// Leases up to `most` requests of a client at a time, of limits with a burst of 64 or more: they
    /// are admitted without a round trip. In any window, at most `most` requests more than the
    /// quota are admitted for each instance.
    pub const fn lease(mut self, most: u32) -> Self {
        self.lease = Some(most);
        self
    }

    /// Tells the time by this clock: how long denials and leases last, and the shares.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Measures the deadline by this timer.
    pub fn timer(mut self, timer: impl Timer + 'static) -> Self {
        self.timer = Arc::new(timer);
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    ///
    /// Every fault at once.
    pub fn build(self) -> Result<SharedStore, BuildErrors> {
        let mut faults = Faults::new();
        let keying = faults.take(self.keying);
        let instances = faults.take(match self.instances {
            None | Some(0) => Err(BuildError::NoInstances),
            Some(instances) => Ok(instances),
        });
        if !is_prefix(&self.prefix) {
            faults.push(BuildError::Prefix);
        }
        if self.deadline.is_zero() || self.deadline > Self::LONGEST_DEADLINE {
            faults.push(BuildError::Deadline { deadline: self.deadline });
        }
        if self.open_for.is_zero() || self.open_for > Self::LONGEST_DEADLINE {
            faults.push(BuildError::OpenFor { open_for: self.open_for });
        }
        if self.deny_for > Denials::LONGEST {
            faults.push(BuildError::DenyFor { deny_for: self.deny_for });
        }
        if let Some(most) = self.lease.filter(|most| *most == 0 || *most > Self::LARGEST_LEASE) {
            faults.push(BuildError::Lease { most });
        }
        let (Some(keying), Some(instances), true) = (keying, instances, faults.is_empty()) else {
            return Err(faults.finish().err().unwrap_or_else(|| BuildError::NoSecret.into()));
        };
        Ok(SharedStore::of(Inner {
            server: Server::new(self.engine, self.timer, self.deadline),
            breaker: Breaker::new(self.open_for),
            keying,
            prefix: self.prefix,
            cluster: self.cluster,
            instances,
            on_store_error: self.on_store_error,
            share: Share::new(self.share, instances),
            denials: Denials::new(Self::DENIALS, self.deny_for),
            leases: Leases::new(self.lease),
            clock: self.clock,
            faults: AtomicU64::new(0),
        }))
    }
}

impl fmt::Debug for Builder {
    /// Neither the secret nor the connection, whose address may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("prefix", &self.prefix)
            .field("instances", &self.instances)
            .field("on_store_error", &self.on_store_error)
            .finish_non_exhaustive()
    }
}

/// Braces would say on which server of a cluster a key is.
fn is_prefix(prefix: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'{' && byte != b'}';
    (1..=64).contains(&prefix.len()) && prefix.bytes().all(plain)
}
