use std::time::Duration;

use http::header::RETRY_AFTER;
use rempart_core::{EventKind, Flavour, Outcome, Problem, Reason, Refusal};

use crate::{Announce, Policy, Standing, fields};

/// Why a request was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// The client's quota is used up.
    Limited {
        /// What the client may still do: nothing, or less than was asked for.
        standing: Standing,
        /// After how long the same request would be allowed.
        wait: Duration,
    },
    /// The request costs more than the quota could ever give: no waiting helps.
    NeverPossible,
    /// Nobody said who the client is: [`ClientAddrLayer`](rempart_core::ClientAddrLayer) is
    /// missing outside this layer, or knows no peer.
    UnknownClient,
}

impl Rejection {
    /// The exact reason, for the operator.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self {
            Self::Limited { .. } => Reason::QuotaExceeded,
            Self::NeverPossible => Reason::NeverPossible,
            Self::UnknownClient => Reason::NoClientAddress,
        }
    }

    /// What the client is told.
    #[must_use]
    pub fn problem<'a>(&self, policy: &'a Policy) -> &'a Problem {
        match self {
            Self::Limited { .. } | Self::NeverPossible => policy.quota_exceeded(),
            Self::UnknownClient => policy.unknown_client(),
        }
    }

    /// A client that asked too much was refused; one that nobody can name is the server's fault.
    pub(crate) const fn outcome(&self) -> Outcome {
        match self {
            Self::Limited { .. } | Self::NeverPossible => Outcome::Refused,
            Self::UnknownClient => Outcome::Error,
        }
    }

    pub(crate) fn refusal(&self, policy: &Policy, flavour: Flavour) -> Refusal {
        let problem = self.problem(policy);
        let mut refusal = Refusal::new(problem, EventKind::RateLimit, self.reason(), policy.name());
        let headers = refusal.headers_mut();
        let grpc = !matches!(flavour, Flavour::Http | Flavour::Head);
        match *self {
            Self::Limited { standing, wait } => {
                fields::put(headers, RETRY_AFTER, fields::retry_after(wait));
                if policy.announce() != Announce::Never {
                    policy.fields().announce(headers, standing);
                }
                if grpc {
                    fields::put(headers, fields::GRPC_RETRY_PUSHBACK_MS, fields::pushback(wait));
                }
            }
            Self::NeverPossible if grpc => {
                fields::put(headers, fields::GRPC_RETRY_PUSHBACK_MS, fields::NO_RETRY);
            }
            Self::NeverPossible | Self::UnknownClient => {}
        }
        refusal
    }
}
