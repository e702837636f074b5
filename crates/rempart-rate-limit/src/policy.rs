use std::sync::Arc;

use http::StatusCode;
use rempart_core::{Faults, NameError, PolicyName, Problem};

use crate::fields::Fields;
use crate::{ConfigError, ConfigErrors, Gcra, Quota, QuotaError, Revision, WhenFull};

/// A checked limit. A clone bumps one reference count.
///
/// ```
/// use rempart_rate_limit::{Announce, Policy, WhenFull};
///
/// let policy = Policy::builder("login")
///     .quota("5 requests per minute")
///     .when_full(WhenFull::Strict)
///     .announce(Announce::WhenRefused)
///     .build()?;
/// assert_eq!(policy.quota().to_string(), "5 requests per minute");
///
/// // Every fault is reported at once.
/// let faults = Policy::new("Log in", "5 per m").unwrap_err();
/// assert_eq!(faults.len(), 2);
/// # Ok::<(), rempart_rate_limit::ConfigErrors>(())
/// ```
#[derive(Clone, Debug)]
pub struct Policy(Arc<Checked>);

#[derive(Debug)]
struct Checked {
    name: PolicyName,
    quota: Quota,
    gcra: Gcra,
    when_full: WhenFull,
    announce: Announce,
    skip_preflights: bool,
    share_unknown: bool,
    fields: Fields,
    quota_exceeded: Problem,
    unknown_client: Problem,
}

impl Policy {
    /// Limits each client to this quota, with the defaults of [`Policy::builder`].
    ///
    /// # Errors
    ///
    /// Every fault of the name and of the quota, as [`PolicyBuilder::build`].
    pub fn new(name: &str, quota: impl IntoQuota) -> Result<Self, ConfigErrors> {
        Self::builder(name).quota(quota).build()
    }

    /// Starts a policy of this name: `[a-z0-9-]`, 1 to 32 bytes. Clients see it in the headers.
    pub fn builder(name: &str) -> PolicyBuilder {
        PolicyBuilder {
            name: PolicyName::new(name),
            quota: None,
            when_full: WhenFull::default(),
            announce: Announce::default(),
            revision: Revision::default(),
            skip_preflights: false,
            share_unknown: false,
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> PolicyName {
        self.0.name
    }

    /// The quota of each client.
    #[must_use]
    pub fn quota(&self) -> Quota {
        self.0.quota
    }

    /// The arithmetic of the quota.
    #[must_use]
    pub fn gcra(&self) -> &Gcra {
        &self.0.gcra
    }

    /// What happens to a newcomer whose line of the store is full.
    #[must_use]
    pub fn when_full(&self) -> WhenFull {
        self.0.when_full
    }

    /// Which responses tell of the quota.
    #[must_use]
    pub fn announce(&self) -> Announce {
        self.0.announce
    }

    pub(crate) fn skips_preflights(&self) -> bool {
        self.0.skip_preflights
    }

    pub(crate) fn shares_unknown(&self) -> bool {
        self.0.share_unknown
    }

    pub(crate) fn fields(&self) -> &Fields {
        &self.0.fields
    }

    pub(crate) fn quota_exceeded(&self) -> &Problem {
        &self.0.quota_exceeded
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
    quota: Option<Result<Quota, ConfigError>>,
    when_full: WhenFull,
    announce: Announce,
    revision: Revision,
    skip_preflights: bool,
    share_unknown: bool,
}

impl PolicyBuilder {
    /// Limits each client to this: a [`Quota`], or its text. Required.
    pub fn quota(mut self, quota: impl IntoQuota) -> Self {
        self.quota = Some(quota.into_quota());
        self
    }

    /// Says what happens to a newcomer when its line of the store is full of clients that still
    /// owe; [`WhenFull::Strict`] unless said.
    pub const fn when_full(mut self, when_full: WhenFull) -> Self {
        self.when_full = when_full;
        self
    }

    /// Says which responses carry `RateLimit` and `RateLimit-Policy`; all, unless said.
    pub const fn announce(mut self, announce: Announce) -> Self {
        self.announce = announce;
        self
    }

    /// Speaks this revision of the header fields; the newest known, unless said.
    pub const fn revision(mut self, revision: Revision) -> Self {
        self.revision = revision;
        self
    }

    /// Lets CORS preflights pass uncounted: an `OPTIONS` with `Origin` and
    /// `Access-Control-Request-Method`, and no other. It is of use only where no CORS layer
    /// stands outside this one.
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
    /// Every fault at once: of the name, and of the quota or its absence.
    pub fn build(self) -> Result<Policy, ConfigErrors> {
        let mut faults = Faults::new();
        let name = faults.take(self.name.map_err(ConfigError::Name));
        let quota = faults.take(self.quota.unwrap_or(Err(ConfigError::NoQuota)));
        let counted = quota.map(|quota| Gcra::new(quota).map(|gcra| (quota, gcra)));
        let counted = counted.and_then(|counted| faults.take(counted.map_err(ConfigError::Rate)));
        let (Some(name), Some((quota, gcra))) = (name, counted) else {
            return Err(faults.finish().err().unwrap_or_else(|| ConfigError::NoQuota.into()));
        };
        Ok(Policy(Arc::new(Checked {
            name,
            quota,
            gcra,
            when_full: self.when_full,
            announce: self.announce,
            skip_preflights: self.skip_preflights,
            share_unknown: self.share_unknown,
            fields: Fields::new(self.revision, name, &gcra),
            quota_exceeded: quota_exceeded(name),
            unknown_client: unknown_client(),
        })))
    }
}

/// Which responses carry `RateLimit` and `RateLimit-Policy`. `Retry-After` is on every 429.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq)]
#[non_exhaustive]
pub enum Announce {
    /// All that passed through the limit.
    #[default]
    Always,
    /// None.
    Never,
    /// Those that the limit refused.
    WhenRefused,
}

/// What [`PolicyBuilder::quota`] takes: a [`Quota`], or a text that is one.
///
/// Sealed: a quota is made in this crate alone.
pub trait IntoQuota: sealed::IntoQuota {}

impl IntoQuota for Quota {}
impl IntoQuota for &str {}

#[expect(unnameable_types, reason = "that is what seals it")]
mod sealed {
    use crate::{ConfigError, Quota};

    pub trait IntoQuota {
        fn into_quota(self) -> Result<Quota, ConfigError>;
    }
}

impl sealed::IntoQuota for Quota {
    fn into_quota(self) -> Result<Quota, ConfigError> {
        Ok(self)
    }
}

impl sealed::IntoQuota for &str {
    fn into_quota(self) -> Result<Quota, ConfigError> {
        let named = |error: QuotaError| {
            let text = self.chars().take(128).collect();
            ConfigError::Quota { text, error }
        };
        self.parse().map_err(named)
    }
}

/// The draft's own problem type, which names the policies that were violated.
fn quota_exceeded(name: PolicyName) -> Problem {
    let type_uri = "https://iana.org/assignments/http-problem-types#quota-exceeded";
    let status = StatusCode::TOO_MANY_REQUESTS;
    let problem = Problem::typed(type_uri, status, "rate-limit", "Too many requests")
        .with_list("violated-policies", [name.as_str()]);
    // The first clone of a `Bytes` may allocate: it is made here, not for a request.
    drop(problem.clone());
    problem
}

fn unknown_client() -> Problem {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    Problem::new(status, "rate-limit", "The server cannot tell whose request this is")
}
