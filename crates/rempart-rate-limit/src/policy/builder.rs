use std::sync::Arc;

use http::StatusCode;
use rempart_core::{Faults, NameError, PolicyName, Problem};

use super::{Announce, Checked, Jitter, Policy, Problems, Tells, quota_exceeded};
use crate::fields::Fields;
use crate::limit::Checked as CheckedLimit;
use crate::{
    BanRule, By, ConfigError, ConfigErrors, IntoQuota, Limit, PrefixSet, Quotas, Revision, WhenFull,
};

/// Builds a [`Policy`].
#[derive(Clone, Debug)]
#[must_use = "nothing is built until `build` is called"]
pub struct PolicyBuilder {
    name: Result<PolicyName, NameError>,
    limits: Vec<Limit>,
    by: By,
    when_full: WhenFull,
    announce: Announce,
    jitter: Jitter,
    revision: Revision,
    legacy_fields: bool,
    tells: Tells,
    skip_preflights: bool,
    share_unknown: bool,
    listed: PrefixSet,
    ban_rule: Option<BanRule>,
}

impl PolicyBuilder {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: PolicyName::new(name),
            limits: Vec::new(),
            by: By::default(),
            when_full: WhenFull::default(),
            announce: Announce::default(),
            jitter: Jitter::None,
            revision: Revision::default(),
            legacy_fields: false,
            tells: Tells::default(),
            skip_preflights: false,
            share_unknown: false,
            listed: PrefixSet::default(),
            ban_rule: None,
        }
    }

    /// Adds a limit of the policy's own name: a [`Quota`](crate::Quota), or its text.
    pub fn quota(self, quota: impl IntoQuota) -> Self {
        let limit = Limit::own(self.name, quota);
        self.limit(limit)
    }

    /// Adds a limit. A request is served if all of them allow it, and is then charged to all;
    /// otherwise it is charged to none. At least one is required, and at most
    /// [`Policy::MAX_LIMITS`] are possible.
    pub fn limit(mut self, limit: Limit) -> Self {
        self.limits.push(limit);
        self
    }

    /// Adds a limit for each of these quotas, named after its period.
    ///
    /// ```
    /// use rempart_rate_limit::Policy;
    ///
    /// let policy = Policy::builder("api").quotas(&"100/hour; 1000/day".parse()?).build()?;
    /// let names: Vec<_> = policy.limits().map(|(name, _)| name.to_string()).collect();
    /// assert_eq!(names, ["hour", "day"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn quotas(self, quotas: &Quotas) -> Self {
        quotas
            .iter()
            .fold(self, |policy, quota| policy.limit(Limit::new(&quota.period_name(), *quota)))
    }

    /// Says whose requests are counted together by the limits that do not say it themselves; each
    /// client's own, unless said.
    pub fn by(mut self, by: By) -> Self {
        self.by = by;
        self
    }

    /// Says what happens to a newcomer when its line of a table is full of clients that still
    /// owe; [`WhenFull::Strict`] unless said.
    pub const fn when_full(mut self, when_full: WhenFull) -> Self {
        self.when_full = when_full;
        self
    }

    /// Lets these addresses through uncounted, and refuses those with 403, before any limit is
    /// asked. A client whose address nobody knows is on neither list, and answered with 500 even
    /// if no limit counts by client, or a layer that is missing would open the gate;
    /// [`dangerously_shared_when_unknown`](Self::dangerously_shared_when_unknown) lets it by.
    pub fn lists(mut self, lists: PrefixSet) -> Self {
        self.listed = lists;
        self
    }

    /// Bans clients that are refused again and again: 429 at once, and for longer each time. A
    /// client whose address nobody knows is answered as with [`lists`](Self::lists).
    ///
    /// Only what a client did itself counts: refusals by limits that count it apart from all others,
    /// which is each client's own quota (also by route, header, cookie or identity, **together with
    /// the client**). One by [`By::everyone`], by a route, an identity or a network alone is exceeded
    /// by others too, and a full table refuses strangers; nobody is banned for that.
    ///
    /// ```
    /// use rempart_rate_limit::{Counting, Limit, Policy};
    ///
    /// let policy = Policy::builder("login")
    ///     .limit(Limit::new("guesses", "5 per minute").counting(Counting::Failures))
    ///     .bans("after 20 denials in 1 minute for 5 minutes up to 1 day".parse()?)
    ///     .build()?;
    /// # let _ = policy;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const fn bans(mut self, rule: BanRule) -> Self {
        self.ban_rule = Some(rule);
        self
    }

    /// Says which responses carry `RateLimit` and `RateLimit-Policy`; all, unless said.
    pub const fn announce(mut self, announce: Announce) -> Self {
        self.announce = announce;
        self
    }

    /// Tells each client that is refused to wait up to a tenth longer than it has to, and up to a
    /// second at least: who was refused in one moment does not come back in one. `RateLimit` says
    /// when there is room again, as ever.
    pub const fn jitter(mut self) -> Self {
        self.jitter = Jitter::Tenth;
        self
    }

    /// Speaks this revision of the header fields; the newest known, unless said.
    pub const fn revision(mut self, revision: Revision) -> Self {
        self.revision = revision;
        self
    }

    /// Sends `X-RateLimit-Limit`, `-Remaining` and `-Reset` (seconds) too, of the limit that the
    /// client is nearest to: for clients that know nothing else. There is no standard of them, and
    /// some send a time of day in `-Reset`.
    pub const fn legacy_fields(mut self) -> Self {
        self.legacy_fields = true;
        self
    }

    /// Tells clients by the parameter `pk` of `RateLimit` for whom each limit has counted: eight
    /// bytes that are the same as long as it is the same partition, and say nothing of what that
    /// is. So a client that comes from two networks, or with two identities, knows which of what
    /// it was told is one quota. By [`By::everyone`] there is but one, and none is told.
    ///
    /// `RateLimit-Policy` goes without: it is to stay the same from one response to the next.
    pub const fn tell_partitions(mut self) -> Self {
        self.tells.partitions = true;
        self
    }

    /// Puts a [`Passed`](crate::Passed) into the extensions of each request that is let through,
    /// and of its response; not of preflights that [pass](Self::skip_preflights) uncounted. It is
    /// an allocation or two, and not made unless said.
    pub const fn tell_handlers(mut self) -> Self {
        self.tells.handlers = true;
        self
    }

    /// Lets CORS preflights pass uncounted: an `OPTIONS` with `Origin` and
    /// `Access-Control-Request-Method`, and no other. It is of use only where no CORS layer
    /// stands outside this one. Lists and bans hold for them as for any request.
    ///
    /// # Security
    ///
    /// Anybody can send such requests. What stands inside must answer them cheaply.
    pub const fn skip_preflights(mut self) -> Self {
        self.skip_preflights = true;
        self
    }

    /// Gives all requests whose client nobody knows one quota together, instead of a 500.
    ///
    /// # Security
    ///
    /// If the layer that finds the address is missing, one client can use up everybody's quota.
    pub const fn dangerously_shared_when_unknown(mut self) -> Self {
        self.share_unknown = true;
        self
    }

    /// Checks the policy and renders what can be rendered once.
    ///
    /// # Errors
    ///
    /// Every fault at once: of the name, and of each limit or their absence.
    pub fn build(self) -> Result<Policy, ConfigErrors> {
        let mut faults = Faults::new();
        let own = self.name.ok();
        let name = faults.take(self.name.map_err(ConfigError::Name));
        if self.limits.is_empty() {
            faults.push(ConfigError::NoQuota);
        }
        if self.limits.len() > Policy::MAX_LIMITS {
            faults.push(ConfigError::TooManyLimits { limits: self.limits.len() });
        }
        self.by.faults().for_each(|fault| faults.push(fault));
        // Of all that were given: one with a fault is there when the fault is mended.
        let evaded = self.limits.iter().find_map(|limit| limit.evaded(&self.limits, &self.by));
        let mut names = Vec::new();
        let mut limits: Vec<CheckedLimit> = Vec::new();
        for limit in self.limits {
            let name = limit.name();
            limits.extend(limit.check(&self.by, self.when_full, own, &mut faults));
            if let Some(limit) = name.filter(|name| names.contains(name)) {
                faults.push(ConfigError::SameName { limit });
            }
            names.extend(name);
        }
        if let Some(limit) = evaded {
            faults.push(ConfigError::Evaded { limit });
        }
        faults.finish()?;
        let Some(name) = name else { return Err(ConfigError::NoQuota.into()) };
        let told = limits.iter().filter(|limit| !limit.on_trial);
        Ok(Policy(Arc::new(Checked {
            name,
            announce: self.announce,
            jitter: self.jitter,
            tells: self.tells,
            skip_preflights: self.skip_preflights,
            share_unknown: self.share_unknown,
            listed: self.listed,
            ban_rule: self.ban_rule,
            fields: Fields::new(self.revision, self.legacy_fields, told),
            problems: Problems {
                exceeded: limits.iter().map(|limit| shared(limit.name)).collect(),
                banned: banned(),
                denied: denied(),
                unavailable: unavailable(),
                unknown: unknown(),
            },
            limits: limits.into(),
        })))
    }
}

/// The first clone of a `Bytes` may allocate: it is made here, not for a request.
fn shared(name: PolicyName) -> Problem {
    let problem = quota_exceeded([name].into_iter());
    drop(problem.clone());
    problem
}

/// The draft's own problem type for clients that behave strangely.
fn banned() -> Problem {
    let type_uri = "https://iana.org/assignments/http-problem-types#abnormal-usage-detected";
    let title = "Too many requests were refused";
    let problem = Problem::typed(type_uri, StatusCode::TOO_MANY_REQUESTS, "rate-limit", title);
    drop(problem.clone());
    problem
}

fn denied() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "rate-limit", "This address is not served")
}

/// The draft's own problem type for a server that can do less than it should.
fn unavailable() -> Problem {
    let type_uri = "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity";
    let title = "The limits cannot be counted now";
    Problem::typed(type_uri, StatusCode::SERVICE_UNAVAILABLE, "rate-limit", title)
}

fn unknown() -> Problem {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    Problem::new(status, "rate-limit", "The server cannot tell whose request this is")
}
