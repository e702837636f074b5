mod announce;
mod builder;
mod presets;
mod spread;

use std::borrow::Cow;
use std::sync::Arc;

use http::StatusCode;
use rempart_core::{PolicyName, Problem};

pub use self::announce::Announce;
use self::announce::Tells;
pub use self::builder::PolicyBuilder;
use self::spread::Jitter;
pub(crate) use self::spread::Spread;
use crate::decision::Told;
use crate::fields::Fields;
use crate::limit::Checked as Limit;
use crate::{BanRule, ConfigErrors, IntoQuota, PrefixSet, Rule};

/// A checked set of limits that are decided on together. A clone bumps one reference count.
///
/// ```
/// use rempart_rate_limit::{Announce, Policy, WhenFull};
///
/// let policy = Policy::builder("login")
///     .quota("5 requests per minute")
///     .when_full(WhenFull::Strict)
///     .announce(Announce::WhenRefused)
///     .build()?;
/// assert_eq!(policy.name().as_str(), "login");
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
    limits: Box<[Limit]>,
    announce: Announce,
    jitter: Jitter,
    tells: Tells,
    skip_preflights: bool,
    share_unknown: bool,
    listed: PrefixSet,
    ban_rule: Option<BanRule>,
    fields: Fields,
    problems: Problems,
}

/// What a client is told, rendered once.
#[derive(Debug)]
struct Problems {
    /// The quota of one limit is used up.
    exceeded: Box<[Problem]>,
    banned: Problem,
    denied: Problem,
    unavailable: Problem,
    unknown: Problem,
}

impl Policy {
    /// How many limits a policy can have.
    pub const MAX_LIMITS: usize = 8;

    /// Limits each client to this quota, with the defaults of [`Policy::builder`].
    ///
    /// # Errors
    ///
    /// Every fault of the name and of the quota, as [`PolicyBuilder::build`].
    pub fn new(name: &str, quota: impl IntoQuota) -> Result<Self, ConfigErrors> {
        Self::builder(name).quota(quota).build()
    }

    /// Starts a policy of this name: `[a-z0-9-]`, 1 to 32 bytes. It is the name in events, and of
    /// the limit that [`PolicyBuilder::quota`] sets.
    pub fn builder(name: &str) -> PolicyBuilder {
        PolicyBuilder::new(name)
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> PolicyName {
        self.0.name
    }

    /// The limits, 1 to [`Policy::MAX_LIMITS`]: their names and how they count.
    pub fn limits(&self) -> impl Iterator<Item = (PolicyName, Rule)> {
        self.0.limits.iter().map(|limit| (limit.name, limit.rule))
    }

    /// Which responses tell of the limits.
    #[must_use]
    pub fn announce(&self) -> Announce {
        self.0.announce
    }

    /// Whether a client that is served and stands so is told.
    #[inline]
    pub(crate) fn tells(&self, standings: &[Option<Told>]) -> bool {
        match self.0.announce {
            Announce::Always => true,
            Announce::NearLimit => self.0.fields.is_near(standings),
            Announce::Never | Announce::WhenRefused => false,
        }
    }

    /// How far the times to wait are spread, of one refusal.
    pub(crate) fn spread(&self) -> Spread {
        self.0.jitter.draw()
    }

    /// Whether handlers are told what let their requests through.
    pub(crate) fn tells_handlers(&self) -> bool {
        self.0.tells.handlers
    }

    /// Whether clients are told which of its quotas are one.
    pub(crate) fn tells_partitions(&self) -> bool {
        self.0.tells.partitions
    }

    /// Whether a decision is all that is needed of it, and where the client stands.
    pub(crate) fn is_plain(&self) -> bool {
        !self.tells_handlers() && !self.tells_partitions()
    }

    /// Whether it is this very policy, and not just an equal one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn checked(&self) -> &[Limit] {
        &self.0.limits
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

    /// What a client is told that exceeds these limits.
    pub(crate) fn exceeded(&self, violated: Violated) -> Cow<'_, Problem> {
        let mut alone = violated.of(self.0.problems.exceeded.iter());
        if let (Some(problem), None) = (alone.next(), alone.next()) {
            return Cow::Borrowed(problem);
        }
        let violated = violated.of(self.0.limits.iter());
        Cow::Owned(quota_exceeded(violated.map(|limit| limit.name)))
    }

    pub(crate) fn listed(&self) -> &PrefixSet {
        &self.0.listed
    }

    pub(crate) fn ban_rule(&self) -> Option<&BanRule> {
        self.0.ban_rule.as_ref()
    }

    /// Whether only its limits say who is served.
    pub(crate) fn is_limits_alone(&self) -> bool {
        self.0.listed.is_empty() && self.0.ban_rule.is_none()
    }

    pub(crate) fn banned(&self) -> &Problem {
        &self.0.problems.banned
    }

    pub(crate) fn denied(&self) -> &Problem {
        &self.0.problems.denied
    }

    pub(crate) fn unavailable(&self) -> &Problem {
        &self.0.problems.unavailable
    }

    pub(crate) fn unknown(&self) -> &Problem {
        &self.0.problems.unknown
    }
}

/// Which limits of a policy a request exceeds: a bit for each, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Violated(u8);

impl Violated {
    /// The first limit, or the only one.
    pub(crate) const FIRST: Self = Self(1);

    pub(crate) const fn is_none(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn add(&mut self, place: usize) {
        self.0 |= bit(place);
    }

    /// How many.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether the limit at this place of [`Policy::limits`] is one of them.
    #[must_use]
    pub fn contains(self, place: usize) -> bool {
        self.0 & bit(place) != 0
    }

    fn of<T>(self, limits: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
        let at = move |(place, limit)| self.contains(place).then_some(limit);
        limits.enumerate().filter_map(at)
    }
}

/// Zero past the last place that a policy has.
fn bit(place: usize) -> u8 {
    u32::try_from(place).ok().and_then(|place| 1_u8.checked_shl(place)).unwrap_or(0)
}

/// The draft's own problem type, which names the policies that were violated.
fn quota_exceeded(names: impl Iterator<Item = PolicyName>) -> Problem {
    let type_uri = "https://iana.org/assignments/http-problem-types#quota-exceeded";
    let status = StatusCode::TOO_MANY_REQUESTS;
    let names: Vec<_> = names.collect();
    Problem::typed(type_uri, status, "rate-limit", "Too many requests")
        .with_list("violated-policies", names.iter().map(PolicyName::as_str))
}
