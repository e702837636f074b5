mod points;

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use rempart_core::{Event, EventKind, Faults, NameError, PolicyName, Problem};

use self::points::Points;
use crate::detector::Scale;
use crate::{ConfigError, ConfigErrors};

/// What conduct stands out, and what follows from it. A clone bumps one reference count.
///
/// ```
/// use std::time::Duration;
/// use rempart_core::EventKind;
/// use rempart_monitor::Policy;
///
/// // Watches: whoever stands out is told of, and served as before.
/// let watched = Policy::new("clients")?;
/// assert_eq!(watched.ban(), None);
///
/// // Bans, and nobody for what another's page had their browser do.
/// let banned = Policy::builder("clients")
///     .overlook_provoked()
///     .points(EventKind::Replay, 5)
///     .ban(Duration::from_secs(600))
///     .build()?;
/// assert_eq!(banned.threshold(), 10);
///
/// // Every fault is reported at once.
/// let faults = Policy::builder("The clients").threshold(0).build().unwrap_err();
/// assert_eq!(faults.len(), 2);
/// # Ok::<(), rempart_monitor::ConfigErrors>(())
/// ```
#[derive(Clone, Debug)]
pub struct Policy(Arc<Checked>);

#[derive(Debug)]
struct Checked {
    name: PolicyName,
    points: Points,
    threshold: u32,
    leak: Duration,
    ban: Option<Duration>,
    pass_unknown: bool,
    ban_networks: bool,
    clients: Scale,
    networks: Scale,
    banned: Problem,
    unknown_client: Problem,
}

impl Policy {
    /// The highest threshold, in points.
    pub const MAX_THRESHOLD: u32 = 10_000;
    /// The least time in which a point may leak away.
    pub const FASTEST_LEAK: Duration = Duration::from_millis(1);
    /// The most time in which a point may leak away.
    pub const SLOWEST_LEAK: Duration = Duration::from_secs(3_600);
    /// The least time for which a client is banned.
    pub const SHORTEST_BAN: Duration = Duration::from_secs(1);
    /// The most time for which a client is banned: an address has another owner tomorrow.
    pub const LONGEST_BAN: Duration = Duration::from_secs(86_400);
    /// The least time between two words about one client.
    pub const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
    /// The most time between two words about one client.
    pub const LONGEST_PAUSE: Duration = Duration::from_secs(86_400);
    /// How much more a network may do than one of its clients, in points and in their leak.
    pub const NETWORK_ALLOWANCE: u32 = 8;

    /// Watches by the defaults of [`Policy::builder`], and bans nobody.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] if the name is no name.
    pub fn new(name: &str) -> Result<Self, ConfigErrors> {
        Self::builder(name).build()
    }

    /// Starts a policy of this name: `[a-z0-9-]`, 1 to 32 bytes. Unless said otherwise a client
    /// stands out at 10 points, one of which leaks away every 10 seconds, is told of once a minute
    /// at most, and is not banned.
    pub fn builder(name: &str) -> PolicyBuilder {
        PolicyBuilder {
            name: PolicyName::new(name),
            points: Points::default(),
            points_of_its_own: None,
            threshold: 10,
            leak: Duration::from_secs(10),
            pause: Duration::from_secs(60),
            ban: None,
            ban_networks: false,
            pass_unknown: false,
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> PolicyName {
        self.0.name
    }

    /// At how many points a client stands out.
    #[must_use]
    pub fn threshold(&self) -> u32 {
        self.0.threshold
    }

    /// In what time a point leaks away.
    #[must_use]
    pub fn leak(&self) -> Duration {
        self.0.leak
    }

    /// For how long a client that stands out is banned; `None` if it is told of only.
    #[must_use]
    pub fn ban(&self) -> Option<Duration> {
        self.0.ban
    }

    /// How many points this event adds to its client's score.
    #[must_use]
    pub fn points(&self, event: &Event<'_>) -> u32 {
        self.0.points.of(event)
    }

    pub(crate) fn bans_networks(&self) -> bool {
        self.0.ban_networks && self.0.ban.is_some()
    }

    pub(crate) fn passes_unknown(&self) -> bool {
        self.0.pass_unknown
    }

    pub(crate) fn clients(&self) -> &Scale {
        &self.0.clients
    }

    pub(crate) fn networks(&self) -> &Scale {
        &self.0.networks
    }

    pub(crate) fn banned(&self) -> &Problem {
        &self.0.banned
    }

    pub(crate) fn unknown_client(&self) -> &Problem {
        &self.0.unknown_client
    }
}

/// Builds a [`Policy`].
#[derive(Clone, Debug)]
#[must_use = "nothing is built until `build` is called"]
pub struct PolicyBuilder {
    name: Result<PolicyName, NameError>,
    points: Points,
    points_of_its_own: Option<EventKind>,
    threshold: u32,
    leak: Duration,
    pause: Duration,
    ban: Option<Duration>,
    ban_networks: bool,
    pass_unknown: bool,
}

impl PolicyBuilder {
    /// Gives this many points to a refusal of this kind; none, and it is overlooked.
    pub fn points(mut self, kind: EventKind, points: u8) -> Self {
        if kind == EventKind::ClientAnomaly {
            self.points_of_its_own = Some(kind);
        } else {
            self.points.set(kind, points);
        }
        self
    }

    /// Overlooks what any page can have the browser of its visitor do: requests without a signature
    /// or a token, requests that the browser says come from elsewhere, and those that are too many
    /// or too large; reports; and with them other slips of the honest, such as a token that has
    /// expired. To be said before [`points`](Self::points) that give one of these kinds its points
    /// all the same.
    ///
    /// Recommended with [`ban`](Self::ban): else a page that names a hundred of a service's
    /// addresses as images gets its visitors banned. What is overlooked is refused all the same, and
    /// a credential that is wrong counts as before: no page can send one that it does not know.
    pub fn overlook_provoked(mut self) -> Self {
        self.points.overlook_provoked();
        self
    }

    /// Lets a client stand out at this many points.
    pub const fn threshold(mut self, points: u32) -> Self {
        self.threshold = points;
        self
    }

    /// Lets a point leak away in this time.
    pub const fn leak(mut self, leak: Duration) -> Self {
        self.leak = leak;
        self
    }

    /// Tells of a client that goes on once in this time at most.
    pub const fn pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Bans a client for this time, from the offence with which it stood out on. It is
    /// [`BanLayer`](crate::BanLayer) that turns it away. What is turned away adds no points, so
    /// that a ban ends by itself, and nothing else that is refused meanwhile prolongs it. When it
    /// ends the score stands at the threshold and leaks as ever: at once any offence makes a ban
    /// again, and later one that has as many points as have leaked away since.
    ///
    /// # Security
    ///
    /// A page can have its visitors' browsers offend: see
    /// [`overlook_provoked`](Self::overlook_provoked).
    ///
    /// Whoever shares an address (an office, a mobile network) shares its ban. Watch first.
    pub const fn ban(mut self, ban: Duration) -> Self {
        self.ban = Some(ban);
        self
    }

    /// Bans whole networks (IPv4 /24, IPv6 /48) too, if their clients together stand out: the
    /// answer to an attacker that takes another address for each request. It needs
    /// [`ban`](Self::ban).
    ///
    /// # Security
    ///
    /// Neighbours who did nothing are banned with it.
    pub const fn ban_networks(mut self) -> Self {
        self.ban_networks = true;
        self
    }

    /// Lets [`BanLayer`](crate::BanLayer) pass requests whose client nobody knows, instead of
    /// answering 500.
    ///
    /// # Security
    ///
    /// If the layer that finds the address is missing, nobody is ever banned.
    pub const fn dangerously_pass_unknown(mut self) -> Self {
        self.pass_unknown = true;
        self
    }

    /// Checks the policy.
    ///
    /// # Errors
    ///
    /// Every fault at once: of the name, and each number that lies outside its bounds.
    pub fn build(self) -> Result<Policy, ConfigErrors> {
        let (threshold, leak, pause) = (self.threshold, self.leak, self.pause);
        let mut faults = Faults::new();
        let name = faults.take(self.name.map_err(ConfigError::Name));
        if let Some(kind) = self.points_of_its_own {
            faults.push(ConfigError::Points { kind });
        }
        if !(1..=Policy::MAX_THRESHOLD).contains(&threshold) {
            faults.push(ConfigError::Threshold { points: threshold });
        }
        if !(Policy::FASTEST_LEAK..=Policy::SLOWEST_LEAK).contains(&leak) {
            faults.push(ConfigError::Leak { leak });
        }
        if !(Policy::SHORTEST_PAUSE..=Policy::LONGEST_PAUSE).contains(&pause) {
            faults.push(ConfigError::Pause { pause });
        }
        if let Some(ban) = self.ban
            && !(Policy::SHORTEST_BAN..=Policy::LONGEST_BAN).contains(&ban)
        {
            faults.push(ConfigError::Ban { ban });
        }
        faults.finish()?;
        let Some(name) = name else { return Err(ConfigError::Threshold { points: 0 }.into()) };
        let networks_ban = self.ban.filter(|_| self.ban_networks);
        let network = leak.checked_div(Policy::NETWORK_ALLOWANCE).unwrap_or(leak);
        let whole = leak.saturating_mul(threshold);
        Ok(Policy(Arc::new(Checked {
            name,
            points: self.points,
            threshold,
            leak,
            ban: self.ban,
            pass_unknown: self.pass_unknown,
            ban_networks: self.ban_networks,
            clients: Scale::new(leak, whole, pause, self.ban),
            networks: Scale::new(network, whole, pause, networks_ban),
            banned: banned(),
            unknown_client: unknown_client(),
        })))
    }
}

/// RFC 6585 §4: too many in a given time, by whatever count the server keeps; here, of refusals.
fn banned() -> Problem {
    let status = StatusCode::TOO_MANY_REQUESTS;
    let problem = Problem::new(status, "client-ban", "Too many refused requests");
    // The first clone of a `Bytes` may allocate: it is made here, not for a request.
    drop(problem.clone());
    problem
}

fn unknown_client() -> Problem {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    Problem::new(status, "client-ban", "The server cannot tell whose request this is")
}
