use std::borrow::Cow;
use std::time::Duration;

use http::header::RETRY_AFTER;
use rempart_core::{EventKind, Flavour, Outcome, Problem, Reason, Refusal};

use crate::decision::Standings;
use crate::{Announce, Policy, Standing, Violated, fields};

/// Why a request was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// The client was refused so often that it is banned for a while.
    Banned {
        /// For how long still.
        wait: Duration,
    },
    /// The client is on the list of those that are not served.
    Denied,
    /// The client's quota is used up.
    Limited {
        /// What the client may still do: nothing, or less than was asked for.
        standing: Standing,
        /// After how long the same request would be allowed.
        wait: Duration,
        /// Which limits it exceeds.
        violated: Violated,
    },
    /// Too many of the client's requests are being served; when one of them ends, nobody knows.
    Busy {
        /// Which limits it exceeds.
        violated: Violated,
    },
    /// The request costs more than the quota could ever give: no waiting helps.
    NeverPossible {
        /// Which limits it exceeds.
        violated: Violated,
    },
    /// Nobody said who the client is: [`ClientAddrLayer`](rempart_core::ClientAddrLayer) is
    /// missing outside this layer, or knows no peer.
    UnknownClient,
    /// The store in which the instances of the service count together cannot be asked, and nobody is
    /// to decide in its place: the server's fault, and no client's.
    Unavailable,
    /// Nobody verified the identity that a limit counts by: the layer that would put it into the
    /// extensions ([`By::extension`](crate::By::extension)) is missing outside this layer.
    UnknownIdentity,
}

impl Rejection {
    /// The exact reason, for the operator.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self {
            Self::Banned { .. } => Reason::Banned,
            Self::Denied => Reason::AddressDenied,
            Self::Limited { .. } => Reason::QuotaExceeded,
            Self::Busy { .. } => Reason::ConcurrencyExceeded,
            Self::NeverPossible { .. } => Reason::NeverPossible,
            Self::UnknownClient => Reason::NoClientAddress,
            Self::Unavailable => Reason::BackendUnavailable,
            Self::UnknownIdentity => Reason::NoIdentity,
        }
    }

    /// Whether a limit was exceeded: not if no limit was asked.
    pub(crate) const fn is_excess(&self) -> bool {
        matches!(self, Self::Limited { .. } | Self::NeverPossible { .. } | Self::Busy { .. })
    }

    /// After how long it is worth coming back.
    pub(crate) const fn wait(&self) -> Option<Duration> {
        match self {
            Self::Banned { wait } | Self::Limited { wait, .. } => Some(*wait),
            Self::Busy { .. } | Self::Unavailable => Some(Duration::from_secs(1)),
            _ => None,
        }
    }

    /// Where the client stands whose quota is used up.
    pub(crate) const fn standing(&self) -> Option<Standing> {
        match self {
            Self::Limited { standing, .. } => Some(*standing),
            _ => None,
        }
    }

    /// What the client is told.
    #[must_use]
    pub fn problem<'a>(&self, policy: &'a Policy) -> Cow<'a, Problem> {
        match self {
            Self::Banned { .. } => Cow::Borrowed(policy.banned()),
            Self::Denied => Cow::Borrowed(policy.denied()),
            Self::Busy { violated }
            | Self::Limited { violated, .. }
            | Self::NeverPossible { violated } => policy.exceeded(*violated),
            Self::Unavailable => Cow::Borrowed(policy.unavailable()),
            Self::UnknownClient | Self::UnknownIdentity => Cow::Borrowed(policy.unknown()),
        }
    }

    /// A client that asked too much was refused; one that nobody can name is the server's fault.
    pub(crate) const fn outcome(&self) -> Outcome {
        match self {
            Self::Unavailable | Self::UnknownClient | Self::UnknownIdentity => Outcome::Error,
            _ => Outcome::Refused,
        }
    }

    pub(crate) fn refusal(
        &self,
        policy: &Policy,
        standings: Option<&Standings>,
        flavour: Flavour,
    ) -> Refusal {
        let problem = self.problem(policy);
        let mut refusal =
            Refusal::new(&problem, EventKind::RateLimit, self.reason(), policy.name());
        let headers = refusal.headers_mut();
        let grpc = !matches!(flavour, Flavour::Http | Flavour::Head);
        match self.wait() {
            Some(wait) => {
                let spread = policy.spread();
                fields::put(headers, RETRY_AFTER, fields::retry_after(wait, spread));
                if grpc {
                    let pushback = fields::pushback(wait, spread);
                    fields::put(headers, fields::GRPC_RETRY_PUSHBACK_MS, pushback);
                }
            }
            None if grpc && self.outcome() == Outcome::Refused => {
                fields::put(headers, fields::GRPC_RETRY_PUSHBACK_MS, fields::NO_RETRY);
            }
            None => {}
        }
        if policy.announce() != Announce::Never {
            match (standings, self.standing()) {
                (Some(standings), _) => policy.fields().announce_all(headers, standings),
                (None, Some(standing)) => policy.fields().announce(headers, standing),
                (None, None) => {}
            }
        }
        refusal
    }
}
