mod joint;

use std::time::Duration;

use http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderMap, Method};

#[cfg(feature = "shared")]
pub(crate) use self::joint::Refusal;
pub(crate) use self::joint::{AllTerms, Joint, Standings, Terms, Told, jointly};
use crate::by::Asker;
use crate::policy::Violated;
use crate::store::{Key, Seed};
use crate::tables::{Alone, Bound, Table};
use crate::{Admission, Gcra, Rejection, Rule, Standing, Verdict};

/// What a policy says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a decision that nobody reads limits nobody"]
pub enum Decision {
    /// It goes on. What it took is written down. Of several limits, the standing is that with the
    /// one that the client is nearest to.
    Allowed(Standing),
    /// It does not, and leaves no trace.
    Refused(Rejection),
}

/// What a limit that is alone says, as it says it: where the client stands is worked out if somebody
/// is told.
pub(crate) enum Sole<'a> {
    Gcra(&'a Gcra, Verdict),
    Window(Admission),
    /// Nobody knows whose request it is.
    Nobody,
}

impl<'a> Sole<'a> {
    /// Decides by a limit that is alone.
    #[expect(clippy::inline_always, reason = "a tenth of a decision would go into the call")]
    #[inline(always)]
    pub(crate) fn of(limit: &'a Alone, key: Key, now: impl FnOnce() -> u64) -> Self {
        match (&limit.rule, &*limit.table) {
            (Rule::Gcra(gcra), Table::Gcra(store)) => {
                Self::Gcra(gcra, store.charge_by(key, gcra, 1, now, limit.when_full))
            }
            (Rule::StrictWindow(window), Table::Windows(store)) => {
                Self::Window(store.reserve_by(key, window, 1, now, limit.when_full).0)
            }
            // Which tables see to.
            _ => Self::Window(Admission::NeverPossible),
        }
    }

    #[inline]
    pub(crate) const fn is_allowed(&self) -> bool {
        matches!(self, Self::Gcra(_, Verdict::Allowed { .. }) | Self::Window(Admission::Allowed(_)))
    }

    #[inline]
    pub(crate) fn decision(self) -> Decision {
        match self {
            Self::Gcra(gcra, verdict) => Decision::of(verdict, gcra),
            Self::Window(admission) => Decision::of_window(admission),
            Self::Nobody => Decision::Refused(Rejection::UnknownClient),
        }
    }
}

/// What each limit is asked: found out once, and before anything is locked.
pub(crate) fn terms(bound: &Bound, seed: &Seed, asker: &Asker<'_>) -> Result<AllTerms, Rejection> {
    let policy = bound.policy();
    let (shares_unknown, tells) = (policy.shares_unknown(), policy.tells_partitions());
    let mut terms = AllTerms::default();
    for (slot, (limit, _)) in terms.iter_mut().zip(bound.limits()) {
        let key = limit.by.key(seed, asker, shares_unknown)?;
        *slot = Some(Terms {
            key,
            partition: if tells && !limit.by.is_everyone() { seed.partition(key) } else { None },
            cost: limit.cost_of(asker),
            tier: limit.tier(asker.extensions),
        });
    }
    Ok(terms)
}

impl Decision {
    #[inline]
    fn of(verdict: Verdict, gcra: &Gcra) -> Self {
        match verdict {
            Verdict::Allowed { debt } => Self::Allowed(gcra.standing(debt)),
            Verdict::Denied { debt, wait } => Self::Refused(Rejection::Limited {
                standing: gcra.standing(debt),
                wait: Duration::from_nanos(wait),
                violated: Violated::FIRST,
            }),
            Verdict::NeverPossible => {
                Self::Refused(Rejection::NeverPossible { violated: Violated::FIRST })
            }
        }
    }

    fn of_window(admission: Admission) -> Self {
        let violated = Violated::FIRST;
        match admission {
            Admission::Allowed(standing) => Self::Allowed(standing),
            Admission::Denied { standing, wait } => {
                Self::Refused(Rejection::Limited { standing, wait, violated })
            }
            Admission::NeverPossible => Self::Refused(Rejection::NeverPossible { violated }),
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
