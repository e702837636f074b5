use std::time::Duration;

use http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderMap, Method};
use rempart_core::ClientAddr;

use crate::{Gcra, Key, Policy, Rejection, Standing, Store, Verdict};

/// What a policy says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a decision that nobody reads limits nobody"]
pub enum Decision {
    /// It goes on. What it took is written down.
    Allowed(Standing),
    /// It does not, and leaves no trace.
    Refused(Rejection),
}

/// Decides on one request of a client, at the time `now` in nanoseconds of the one clock that this
/// store is used with.
///
/// ```
/// use rempart_core::ClientAddr;
/// use rempart_rate_limit::{Decision, Policy, Store, decide};
///
/// let policy = Policy::new("webhook", "10 requests per minute")?;
/// let (store, client) = (Store::default(), ClientAddr::new("203.0.113.9".parse()?));
/// for _ in 0..10 {
///     assert!(matches!(decide(&policy, &store, Some(client), 0), Decision::Allowed(_)));
/// }
/// assert!(matches!(decide(&policy, &store, Some(client), 0), Decision::Refused(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[inline]
pub fn decide(policy: &Policy, store: &Store, client: Option<ClientAddr>, now: u64) -> Decision {
    let key = match client {
        Some(client) => store.client(client),
        None if policy.shares_unknown() => store.unknown_client(),
        None => return Decision::Refused(Rejection::UnknownClient),
    };
    charge(policy, store, key, 1, now)
}

#[inline]
pub(crate) fn charge(policy: &Policy, store: &Store, key: Key, cost: u32, now: u64) -> Decision {
    let gcra = policy.gcra();
    Decision::of(store.charge(key, gcra, cost, now, policy.when_full()), gcra)
}

impl Decision {
    #[inline]
    fn of(verdict: Verdict, gcra: &Gcra) -> Self {
        match verdict {
            Verdict::Allowed { debt } => Self::Allowed(gcra.standing(debt)),
            Verdict::Denied { debt, wait } => Self::Refused(Rejection::Limited {
                standing: gcra.standing(debt),
                wait: Duration::from_nanos(wait),
            }),
            Verdict::NeverPossible => Self::Refused(Rejection::NeverPossible),
        }
    }
}

/// Whether a request is a CORS preflight ([Fetch §3.3.2]), and not just any `OPTIONS`.
///
/// [Fetch §3.3.2]: https://fetch.spec.whatwg.org/#http-requests
#[must_use]
pub fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}
