use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
    Entry, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{Decision, Policy, Rejection};

const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");

/// What the response to one request may carry; see [`Policy::grant`].
#[derive(Clone, Debug)]
#[must_use = "a grant changes nothing until it is applied"]
pub struct Grant {
    policy: Policy,
    leave: Leave,
}

/// Whether the page that asks may read the response.
#[derive(Clone, Debug)]
enum Leave {
    /// It may; the value of `Access-Control-Allow-Origin`.
    Given(HeaderValue),
    /// It may not; the request goes on all the same.
    Withheld,
    /// It may not send the request that it asked about.
    Refused(Rejection),
}

impl Grant {
    pub(crate) fn new(policy: &Policy, decision: Decision<'_>) -> Self {
        let leave = match decision {
            Decision::Actual(Ok(allowed)) | Decision::Preflight(Ok(allowed)) => {
                Leave::Given(allowed.value().clone())
            }
            Decision::Preflight(Err(rejection)) => Leave::Refused(rejection),
            Decision::Actual(Err(_)) | Decision::NotCors | Decision::SameOrigin => {
                policy.told_to_all().cloned().map_or(Leave::Withheld, Leave::Given)
            }
        };
        Self { policy: policy.clone(), leave }
    }

    /// Whether a page of another origin may read the response.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        matches!(self.leave, Leave::Given(_))
    }

    /// Makes the CORS headers of a response those of the policy.
    ///
    /// What others set (`Access-Control-*`, `Timing-Allow-Origin`) is removed first, so it cannot
    /// widen the policy; unless the policy
    /// [trusts them](crate::PolicyBuilder::dangerously_trust_inner). `Vary` keeps what it had and
    /// names `Origin` once, unless everybody is told the same: the service, if it is trusted, may tell
    /// each something else. Applied twice, it changes nothing more.
    pub fn apply(&self, headers: &mut HeaderMap) {
        if self.policy.trusts_inner() {
            return self.complete(headers);
        }
        remove_foreign(headers);
        // Refused only at `http`'s own size limit, where `insert` would panic.
        self.tell(headers, |headers, name, value| drop(headers.try_insert(name, value)));
    }

    /// Adds what is lacking to a response whose own headers are trusted; nothing but `Vary`, if it
    /// says itself with whom it is shared.
    ///
    /// What the service says may depend on the origin, whatever the policy says.
    #[cold]
    fn complete(&self, headers: &mut HeaderMap) {
        let is_said = headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN);
        self.tell(headers, |headers, name, value| {
            if !is_said && !headers.contains_key(&name) {
                drop(headers.try_insert(name, value));
            }
        });
    }

    #[inline]
    fn tell(&self, headers: &mut HeaderMap, set: impl Fn(&mut HeaderMap, HeaderName, HeaderValue)) {
        let is_same_for_all = self.policy.told_to_all().is_some() && !self.policy.trusts_inner();
        if !is_same_for_all && !vary_by_origin(headers) {
            // Without `Vary` a cache could hand this origin's leave to another.
            return;
        }
        let Some(origin) = self.origin() else { return };
        set(headers, ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        if self.policy.allows_credentials() {
            set(headers, ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        if let Some(names) = self.policy.exposed() {
            set(headers, ACCESS_CONTROL_EXPOSE_HEADERS, names.clone());
        }
        if self.policy.shares_timing() {
            set(headers, TIMING_ALLOW_ORIGIN, origin.clone());
        }
    }

    pub(crate) const fn origin(&self) -> Option<&HeaderValue> {
        match &self.leave {
            Leave::Given(origin) => Some(origin),
            Leave::Withheld | Leave::Refused(_) => None,
        }
    }

    pub(crate) const fn rejection(&self) -> Option<Rejection> {
        match self.leave {
            Leave::Refused(rejection) => Some(rejection),
            Leave::Given(_) | Leave::Withheld => None,
        }
    }

    pub(crate) const fn policy(&self) -> &Policy {
        &self.policy
    }
}

/// Removes the headers that are a policy's to set.
fn remove_foreign(headers: &mut HeaderMap) {
    let is_foreign = |name: &&HeaderName| {
        let name = name.as_str();
        name.starts_with("access-control-") || name == TIMING_ALLOW_ORIGIN.as_str()
    };
    // Nearly always there is none, and looking allocates nothing.
    if headers.keys().any(|name| is_foreign(&name)) {
        let foreign: Vec<HeaderName> = headers.keys().filter(is_foreign).cloned().collect();
        for name in foreign {
            headers.remove(name);
        }
    }
}

/// Names `Origin` in `Vary`, unless it is there or a `*` covers it; `false` if there is no room.
fn vary_by_origin(headers: &mut HeaderMap) -> bool {
    const ORIGIN: HeaderValue = HeaderValue::from_static("Origin");
    match headers.try_entry(VARY) {
        Ok(Entry::Vacant(vary)) => vary.try_insert(ORIGIN).is_ok(),
        Ok(Entry::Occupied(vary)) if vary.iter().any(covers_origin) => true,
        Ok(Entry::Occupied(_)) => headers.try_append(VARY, ORIGIN).is_ok(),
        Err(_) => false,
    }
}

/// Whether a line of `Vary` names `Origin`, or everything.
fn covers_origin(line: &HeaderValue) -> bool {
    let mut names = line.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    names.any(|name| name == b"*" || name.eq_ignore_ascii_case(b"origin"))
}
