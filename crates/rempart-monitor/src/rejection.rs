use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderName, HeaderValue};
use rempart_core::{EventKind, Flavour, Outcome, Problem, Reason, Refusal};

use crate::Policy;

const GRPC_RETRY_PUSHBACK_MS: HeaderName = HeaderName::from_static("grpc-retry-pushback-ms");

/// Why [`Ban`](crate::Ban) turned a request away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// The client, or its network, is banned.
    Banned {
        /// For how long still.
        wait: Duration,
    },
    /// Nobody said who the client is: [`ClientAddrLayer`](rempart_core::ClientAddrLayer) is
    /// missing outside this layer, or knows no peer.
    UnknownClient,
}

impl Rejection {
    /// The exact reason, for the operator.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self {
            Self::Banned { .. } => Reason::Banned,
            Self::UnknownClient => Reason::NoClientAddress,
        }
    }

    /// What the client is told: of a ban 429 and not 403, since it ends by itself. Honest senders
    /// heed `Retry-After`, and take a 403 for a no that stays.
    #[must_use]
    pub fn problem<'a>(&self, policy: &'a Policy) -> &'a Problem {
        match self {
            Self::Banned { .. } => policy.banned(),
            Self::UnknownClient => policy.unknown_client(),
        }
    }

    /// A client that is banned was refused; one that nobody can name is the server's fault.
    pub(crate) const fn outcome(&self) -> Outcome {
        match self {
            Self::Banned { .. } => Outcome::Refused,
            Self::UnknownClient => Outcome::Error,
        }
    }

    pub(crate) fn refusal(&self, policy: &Policy, flavour: Flavour) -> Refusal {
        let problem = self.problem(policy);
        let refusal = Refusal::new(problem, EventKind::ClientAnomaly, self.reason(), policy.name());
        let Self::Banned { wait } = *self else { return refusal };
        let seconds = wait.as_nanos().div_ceil(1_000_000_000).max(1);
        let refusal = refusal.header(RETRY_AFTER, number(seconds));
        if matches!(flavour, Flavour::Http | Flavour::Head) {
            return refusal;
        }
        refusal.header(GRPC_RETRY_PUSHBACK_MS, number(wait.as_nanos().div_ceil(1_000_000).max(1)))
    }
}

fn number(number: u128) -> HeaderValue {
    let mut digits = itoa::Buffer::new();
    // Digits alone: never refused.
    HeaderValue::from_str(digits.format(number)).unwrap_or(const { HeaderValue::from_static("1") })
}
