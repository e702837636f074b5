//! Clients whose conduct stands out, found in a memory of fixed size.

mod line;
mod lists;
mod record;
mod standing;
mod table;
mod who;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rempart_core::{
    ClientAddr, Clock, Current, Event, EventKind, Observer, Observers, Outcome, Reason,
    SharedClock, Source, SystemClock,
};

pub(crate) use self::record::Scale;
use self::record::{Charged, Moment, Record};
pub use self::standing::Standing;
use self::table::Table;
use self::who::{CLIENT, NETWORK};
use crate::{ConfigError, ConfigErrors, Policy};

/// Finds the clients whose conduct stands out, and tells of them; clones count together.
///
/// It is an [`Observer`]: give a clone of it to each layer. Refusals add points to their client's
/// score, the points leak away, and a client whose score reaches the threshold is told of, as
/// `client.anomalous`, to observers of the detector's own. A [`Policy`] that bans has it turned
/// away as well, by [`BanLayer`](crate::BanLayer).
///
/// ```
/// use rempart_core::{ClientAddr, Event, EventKind, Observer, Outcome, PolicyName, Reason};
/// use rempart_monitor::{AnomalyDetector, Policy};
///
/// let detector = AnomalyDetector::new(Policy::new("clients")?);
///
/// // What a token layer says of an attacker, four times over:
/// let (attacker, policy) = (ClientAddr::new("203.0.113.9".parse()?), PolicyName::new("api")?);
/// let refused = Event::new(EventKind::Token, Outcome::Refused, &policy)
///     .reason(Reason::Mismatch)
///     .client(Some(attacker));
/// for _ in 0..4 {
///     detector.observe(&refused);
/// }
/// assert!(detector.standing(attacker).abnormal);
/// assert_eq!(detector.tracked(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "a detector sees nothing until a layer tells it"]
pub struct AnomalyDetector(Arc<Shared>);

/// What a detector and its clones hold in common.
#[derive(Clone)]
struct Shared {
    policy: Source<Policy>,
    clock: SharedClock,
    observers: Observers,
    tables: Arc<Tables>,
}

struct Tables {
    clients: Table,
    networks: Table,
}

impl AnomalyDetector {
    /// For how many clients a detector is made unless told otherwise, in less than 4 MiB.
    pub const DEFAULT_CAPACITY: usize = 65_536;

    /// The largest capacity, a table of 1 GiB.
    pub const MAX_CAPACITY: usize = 1 << 24;

    /// Judges by this policy, or by a [`Live`](rempart_core::Live) one: then scores stay, as the
    /// time in which they leak away.
    pub fn new(policy: impl Into<Source<Policy>>) -> Self {
        Self::sized(policy.into(), Self::DEFAULT_CAPACITY)
    }

    /// The same, made for this many clients at a time, 64 bytes for each.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Capacity`] if it is zero or above [`AnomalyDetector::MAX_CAPACITY`].
    pub fn with_capacity(
        policy: impl Into<Source<Policy>>,
        clients: usize,
    ) -> Result<Self, ConfigErrors> {
        if clients == 0 || clients > Self::MAX_CAPACITY {
            return Err(ConfigError::Capacity { clients }.into());
        }
        Ok(Self::sized(policy.into(), clients))
    }

    /// Tells these observers of the clients that stand out, in place of the log. Clones made before
    /// tell whom they told, and count together with this one.
    pub fn observer(mut self, observers: impl Into<Observers>) -> Self {
        Arc::make_mut(&mut self.0).observers = observers.into();
        self
    }

    /// Tells the time by this clock, and starts anew: another clock's ticks mean nothing to it.
    /// Clones made before go on as they were.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        let shared = Arc::make_mut(&mut self.0);
        shared.clock = Arc::new(clock);
        let Tables { clients, networks } = &*shared.tables;
        let tables = Tables { clients: clients.emptied(), networks: networks.emptied() };
        shared.tables = Arc::new(tables);
        self
    }

    /// What is known of this client.
    #[must_use]
    pub fn standing(&self, client: ClientAddr) -> Standing {
        let who = CLIENT.of(client);
        let record = self.0.tables.clients.known(who, |record| *record).unwrap_or_default();
        Standing::of(CLIENT.prefix(who), &record, self.now(), self.policy().clients())
    }

    /// For how long this client is still banned, by itself or with its network; `None` if it may
    /// ask.
    #[must_use]
    pub fn banned(&self, client: ClientAddr) -> Option<Duration> {
        self.ban_left(&self.policy(), client, self.now())
    }

    /// Forgets what a client and its network did, and so ends its ban: an operator's way out.
    pub fn pardon(&self, client: ClientAddr) {
        let Tables { clients, networks } = &*self.0.tables;
        let forget = |record: &mut Record| *record = Record::of(record.family());
        clients.known(CLIENT.of(client), forget);
        networks.known(NETWORK.of(client), forget);
    }

    /// How many times a client that still had a score gave its place to a newcomer. If it grows,
    /// more clients misbehave at once than the detector was made for.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.0.tables.clients.evicted()
    }

    /// How many bytes it takes, now and for ever.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let Tables { clients, networks } = &*self.0.tables;
        clients.bytes().saturating_add(networks.bytes())
    }

    /// The policy of this moment.
    #[must_use]
    pub fn policy(&self) -> Current<'_, Policy> {
        self.0.policy.get()
    }

    /// For how long a client that asks for something is still banned. A request that is turned
    /// away is counted here: nothing further inside sees it.
    pub(crate) fn turns_away(&self, policy: &Policy, client: ClientAddr) -> Option<Duration> {
        let now = self.now();
        let left = self.ban_left(policy, client, now)?;
        let Tables { clients, networks } = &*self.0.tables;
        clients.change(CLIENT.of(client), now, |record| record.request(now));
        networks.known(NETWORK.of(client), |record| record.request(now));
        Some(left)
    }

    fn ban_left(&self, policy: &Policy, client: ClientAddr, now: Moment) -> Option<Duration> {
        policy.ban()?;
        let Tables { clients, networks } = &*self.0.tables;
        let left = |table: &Table, who, scale: &Scale| {
            table.known(who, |record| record.ban_left(now, scale)).flatten()
        };
        let own = left(clients, CLIENT.of(client), policy.clients());
        if own.is_none() && policy.bans_networks() {
            return left(networks, NETWORK.of(client), policy.networks());
        }
        own
    }

    /// Adds a request, or an offence, or both, to the client and to its network.
    fn note(&self, policy: &Policy, client: ClientAddr, asks: bool, points: u32) {
        let now = self.now();
        let Tables { clients, networks } = &*self.0.tables;
        let charged = clients.change(CLIENT.of(client), now, |record| {
            if asks {
                record.request(now);
            }
            (points > 0).then(|| record.charge(points, now, policy.clients()))
        });
        // One that stands out by itself says nothing about its neighbours.
        let known = charged.is_some_and(|charged| charged.known);
        let network = NETWORK.of(client);
        let count = |record: &mut Record| {
            if asks {
                record.request(now);
            }
        };
        let network = if points > 0 && !known {
            networks.change(network, now, |record| {
                count(record);
                Some(record.charge_network(points, now, policy.networks()))
            })
        } else {
            // Nobody asks about a network that has no offender.
            networks.known(network, count);
            None
        };
        // No line is locked any more.
        let told = |charged: Option<Charged>| charged.is_some_and(|charged| charged.tell);
        if told(charged) {
            self.tell(policy, client, Reason::AbnormalConduct, policy.ban().is_some());
        }
        if told(network) {
            self.tell(policy, client, Reason::AbnormalNetwork, policy.bans_networks());
        }
    }

    #[cold]
    fn tell(&self, policy: &Policy, client: ClientAddr, reason: Reason, bans: bool) {
        let outcome = if bans { Outcome::Refused } else { Outcome::Shadowed };
        let name = policy.name();
        let event = Event::new(EventKind::ClientAnomaly, outcome, &name);
        self.0.observers.emit(&event.reason(reason).client(Some(client)));
    }

    fn now(&self) -> Moment {
        Moment::at(self.0.clock.ticks())
    }

    fn sized(policy: Source<Policy>, clients: usize) -> Self {
        let tables = Tables {
            clients: Table::for_about(clients),
            networks: Table::for_about(clients.div_ceil(NETWORKS)),
        };
        Self(Arc::new(Shared {
            policy,
            clock: Arc::new(SystemClock),
            observers: Observers::default(),
            tables: Arc::new(tables),
        }))
    }
}

/// One network is remembered for so many clients.
const NETWORKS: usize = 16;

impl Observer for AnomalyDetector {
    #[inline]
    fn observe(&self, event: &Event<'_>) {
        // There is one event of this kind for each request that reaches the limit, however it goes.
        let asks = event.kind == EventKind::RateLimit;
        if !asks && event.outcome != Outcome::Refused {
            return;
        }
        let Some(client) = event.client else { return };
        let policy = self.policy();
        let points = policy.points(event);
        if asks || points > 0 {
            self.note(&policy, client, asks, points);
        }
    }
}

impl fmt::Debug for AnomalyDetector {
    /// Says how large it is, not who is in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnomalyDetector")
            .field("policy", &*self.policy())
            .field("clients", &self.0.tables.clients)
            .field("networks", &self.0.tables.networks)
            .finish_non_exhaustive()
    }
}
