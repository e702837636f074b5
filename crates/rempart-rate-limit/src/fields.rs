//! The header fields in which a client is told of its quota.

mod rendered;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use rempart_core::PolicyName;

use self::rendered::Rendered;
use crate::decision::Told;
use crate::hints::Twice;
use crate::limit::Checked as Limit;
use crate::policy::Spread;
use crate::{Rule, Standing};

/// Which revision of the IETF's `RateLimit` header fields is spoken.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq)]
#[non_exhaustive]
pub enum Revision {
    /// [draft-ietf-httpapi-ratelimit-headers-10]: a list of named policies in `RateLimit-Policy`,
    /// and where each stands in `RateLimit`.
    ///
    /// [draft-ietf-httpapi-ratelimit-headers-10]: https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-10
    #[default]
    Draft10,
}

/// The fields of a policy, rendered as far as they can be before a request is seen.
#[derive(Clone, Debug)]
pub(crate) struct Fields {
    /// `"burst";q=100;w=60, "daily";q=1000;w=86400`, for who is in no tier.
    policy: HeaderValue,
    /// A tier may change what the policy says.
    is_tiered: bool,
    limits: Box<[Item]>,
    /// What clients of the only limit are told most.
    rendered: Option<Rendered>,
    /// Those who read no lists are told too.
    legacy: bool,
    twice: Arc<Twice>,
}

/// A limit in the list.
#[derive(Clone, Debug)]
struct Item {
    /// `"burst";r=` or `, "daily";r=`
    prefix: Box<str>,
    /// It comes back with time, and not when a request ends.
    is_timed: bool,
    /// `"burst";q=100;w=60` and how many requests that is at once, for each tier.
    rules: Box<[(Box<str>, u32)]>,
}

impl Fields {
    pub(crate) fn new<'a>(
        revision: Revision,
        legacy: bool,
        limits: impl Iterator<Item = &'a Limit> + Clone,
    ) -> Self {
        let Revision::Draft10 = revision;
        let policies: Vec<_> = limits.clone().map(|limit| item(limit.name, &limit.rule)).collect();
        let listed = |(nth, limit): (usize, &Limit)| {
            let separator = if nth == 0 { "" } else { ", " };
            let rules = limit.rules().map(|rule| (item(limit.name, rule).into(), rule.at_once()));
            Item {
                prefix: format!("{separator}\"{}\";r=", limit.name).into(),
                is_timed: !matches!(limit.rule, Rule::Concurrency(_)),
                rules: rules.collect(),
            }
        };
        Self {
            policy: shared(policies.join(", ")),
            is_tiered: limits.clone().any(|limit| !limit.tiers.is_empty()),
            rendered: only(limits.clone()).and_then(Rendered::of),
            limits: limits.enumerate().map(listed).collect(),
            legacy,
            twice: Arc::default(),
        }
    }

    /// Tells a client that stands so with the only limit.
    pub(crate) fn announce(&self, headers: &mut HeaderMap, standing: Standing) {
        let (remaining, next) = (standing.remaining(), whole_seconds(standing.next()));
        let rendered = self.rendered.as_ref().and_then(|it| it.get(remaining, next));
        let limits = match rendered {
            Some(value) => Some(value.clone()),
            None => self.limits.first().and_then(|item| limit(&item.prefix, remaining, next)),
        };
        if add(headers, self.policy.clone(), limits) {
            self.merge(headers);
        }
        if self.legacy {
            self.announce_legacy(headers, &[Some(Told { standing, tier: 0, partition: None })]);
        }
    }

    /// Tells a client that stands so with each of the limits.
    pub(crate) fn announce_all(&self, headers: &mut HeaderMap, standings: &[Option<Told>]) {
        let limits = self.limits.iter().zip(standings.iter().flatten());
        let longest = |item: &Item| item.prefix.len().saturating_add(LONGEST);
        let longest = self.limits.iter().map(longest).fold(0, usize::saturating_add);
        let mut list = String::with_capacity(longest);
        for (Item { prefix, is_timed, .. }, Told { standing, partition, .. }) in limits {
            list.extend([prefix, itoa::Buffer::new().format(standing.remaining())]);
            if *is_timed {
                let next = whole_seconds(standing.next());
                list.extend([NEXT, itoa::Buffer::new().format(next)]);
            }
            if let Some(partition) = partition {
                list.push_str(PARTITION);
                BASE64.encode_string(partition.get().to_be_bytes(), &mut list);
                list.push(':');
            }
        }
        if list.is_empty() {
            return;
        }
        let policy = if self.is_tiered { self.policy_of(standings) } else { self.policy.clone() };
        if add(headers, policy, HeaderValue::try_from(list).ok()) {
            self.merge(headers);
        }
        if self.legacy {
            self.announce_legacy(headers, standings);
        }
    }

    /// Makes one list of each of what layers inside have told and of this.
    #[cold]
    fn merge(&self, headers: &mut HeaderMap) {
        // What is told is the same, to the letter, where it is the same limits.
        let same = headers.get_all(RATELIMIT_POLICY).iter().filter(|line| *line == self.policy);
        if same.count() > 1 {
            self.twice.tell(self.policy.to_str().unwrap_or_default());
        }
        merge(headers, &RATELIMIT_POLICY);
        merge(headers, &RATELIMIT);
    }

    /// Whether the client has less than a fifth left of one of the limits.
    pub(crate) fn is_near(&self, standings: &[Option<Told>]) -> bool {
        let mut limits = self.limits.iter().zip(standings.iter().flatten());
        limits.any(|(limit, Told { standing, tier, .. })| {
            let at_once = limit.rule(*tier).map_or(0, |(_, at_once)| u64::from(*at_once));
            u64::from(standing.remaining()).saturating_mul(5) < at_once
        })
    }

    /// What the policy says to a client in these tiers.
    fn policy_of(&self, standings: &[Option<Told>]) -> HeaderValue {
        let limits = self.limits.iter().zip(standings.iter().flatten());
        let rules = limits.filter_map(|(item, told)| item.rule(told.tier));
        let policies: Vec<_> = rules.map(|(policy, _)| &**policy).collect();
        HeaderValue::try_from(policies.join(", ")).unwrap_or_else(|_| self.policy.clone())
    }

    #[cold]
    fn announce_legacy(&self, headers: &mut HeaderMap, standings: &[Option<Told>]) {
        let limits = self.limits.iter().zip(standings.iter().flatten());
        let nearest = limits.reduce(|one, other| {
            let (nearer, farther) = (one.1.standing, other.1.standing);
            if nearer.nearer(farther) == nearer { one } else { other }
        });
        let Some((limit, Told { standing, tier, .. })) = nearest else { return };
        let at_once = limit.rule(*tier).map_or(0, |(_, at_once)| *at_once);
        let mut set = |name, value| drop(headers.try_insert(name, value));
        set(X_RATELIMIT_LIMIT, number(at_once));
        set(X_RATELIMIT_REMAINING, number(standing.remaining()));
        set(X_RATELIMIT_RESET, number(whole_seconds(standing.next())));
    }
}

impl Item {
    fn rule(&self, tier: u8) -> Option<&(Box<str>, u32)> {
        self.rules.get(usize::from(tier))
    }
}

fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    all.next().filter(|_| all.next().is_none())
}

/// Adds the fields to a response; says whether layers inside have sent any.
#[expect(
    clippy::inline_always,
    reason = "moving the values through a call costs as much as it does"
)]
#[inline(always)]
fn add(headers: &mut HeaderMap, policy: HeaderValue, limits: Option<HeaderValue>) -> bool {
    let mut listed = put(headers, RATELIMIT_POLICY, policy);
    if let Some(limits) = limits {
        listed |= put(headers, RATELIMIT, limits);
    }
    listed
}

/// `"api";r=99;t=1`
#[inline]
fn limit(prefix: &str, remaining: u32, next: u64) -> Option<HeaderValue> {
    let (mut digits, mut others) = (itoa::Buffer::new(), itoa::Buffer::new());
    let parts = [prefix, digits.format(remaining), NEXT, others.format(next)];
    // To the byte: what has room to spare is moved when it becomes a value.
    let length = parts.iter().map(|part| part.len()).fold(0, usize::saturating_add);
    let mut value = Vec::with_capacity(length);
    for part in parts {
        value.extend_from_slice(part.as_bytes());
    }
    HeaderValue::from_maybe_shared(Bytes::from(value)).ok()
}

/// `"api";q=100;w=60`
fn item(name: PolicyName, rule: &Rule) -> String {
    match rule {
        // The window is a whole number of seconds, so that one of 100 ms reads as 1 s: slower than
        // the truth, never faster.
        Rule::Gcra(gcra) => {
            format!("\"{name}\";q={};w={}", gcra.burst(), whole_seconds(gcra.window()))
        }
        Rule::StrictWindow(window) => {
            format!("\"{name}\";q={};w={}", window.limit(), whole_seconds(window.period()))
        }
        Rule::Concurrency(most) => format!("\"{name}\";q={most};qu=\"concurrent-requests\""),
    }
}

const NEXT: &str = ";t=";
const PARTITION: &str = ";pk=:";

/// What may follow a prefix: 10 and 20 digits, and the 12 characters of a partition between colons.
const LONGEST: usize = 10 + NEXT.len() + 20 + PARTITION.len() + 12 + 1;

/// The value of `Retry-After` ([RFC 9110 §10.2.3]): rounded up, so that whoever obeys it is served.
///
/// [RFC 9110 §10.2.3]: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
pub(crate) fn retry_after(wait: Duration, spread: Spread) -> HeaderValue {
    let seconds = whole_seconds(wait).max(1);
    number(seconds.saturating_add(spread.up_to(seconds.div_ceil(10))))
}

/// The value of gRPC's `grpc-retry-pushback-ms`, rounded up.
pub(crate) fn pushback(wait: Duration, spread: Spread) -> HeaderValue {
    let milliseconds =
        u64::try_from(wait.as_nanos().div_ceil(1_000_000).max(1)).unwrap_or(u64::MAX);
    let told = milliseconds.saturating_add(spread.up_to(milliseconds.div_ceil(10)));
    // The proposal has it a 32-bit number; 24 days are as good as never.
    number(i32::try_from(told).unwrap_or(i32::MAX))
}

/// A negative push-back: do not retry ([gRPC proposal A6]).
///
/// [gRPC proposal A6]: https://github.com/grpc/proposal/blob/master/A6-client-retries.md
pub(crate) const NO_RETRY: HeaderValue = HeaderValue::from_static("-1");

pub(crate) const GRPC_RETRY_PUSHBACK_MS: HeaderName =
    HeaderName::from_static("grpc-retry-pushback-ms");

/// A value whose clones allocate nothing: the first clone of a `Bytes` makes it countable, and is
/// itself cloned with less ado than the first one.
fn shared(text: String) -> HeaderValue {
    let bytes = Bytes::from(text).clone();
    // A policy's name needs no escape and numbers are numbers: it is never refused.
    HeaderValue::from_maybe_shared(bytes).unwrap_or(const { HeaderValue::from_static("") })
}

fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}

/// Adds a member to the list of this name, on a line of its own; says whether it is not the first.
pub(crate) fn put(headers: &mut HeaderMap, name: HeaderName, member: HeaderValue) -> bool {
    // Refused only at `http`'s own size limit, where `append` would panic.
    matches!(headers.try_append(name, member), Ok(true))
}

/// Makes one line of the lines of this name, since many clients read only the first; several are
/// the same list ([RFC 9651 §4.2]), so one that would be too long stays as it is.
///
/// [RFC 9651 §4.2]: https://www.rfc-editor.org/rfc/rfc9651#section-4.2
fn merge(headers: &mut HeaderMap, name: &HeaderName) {
    let mut list = Vec::new();
    // A blank line between two others would be a member that says nothing, and no list at all.
    let said = |line: &&HeaderValue| !line.as_bytes().trim_ascii().is_empty();
    for line in headers.get_all(name).iter().filter(said) {
        if !list.is_empty() {
            list.extend_from_slice(b", ");
        }
        list.extend_from_slice(line.as_bytes());
    }
    if list.len() <= MAX_LIST
        && let Ok(list) = HeaderValue::from_bytes(&list)
    {
        let _ = headers.try_insert(name, list);
    }
}

fn number(number: impl itoa::Integer) -> HeaderValue {
    // Digits are never refused.
    HeaderValue::from_str(itoa::Buffer::new().format(number))
        .unwrap_or(const { HeaderValue::from_static("1") })
}

const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

const X_RATELIMIT_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const X_RATELIMIT_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const X_RATELIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// The longest list that is made one line: room for some 150 policies.
const MAX_LIST: usize = 8 * 1024;
