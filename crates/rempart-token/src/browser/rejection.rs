use std::fmt;
use std::sync::LazyLock;

use http::StatusCode;
use rempart_core::{EventKind, PolicyName, Problem, Reason, Refusal};

/// Why a request was turned away: exact for the operator, one answer for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rejection<'a> {
    /// The credential is one of the policy's secrets.
    ServerOnly {
        /// Its name, as the policy has it.
        secret: &'a str,
    },
    /// The credential has the service role, or nobody can say that it has not.
    ServiceRole,
}

impl<'a> Rejection<'a> {
    /// What the operator is told.
    #[must_use]
    pub const fn reason(self) -> Reason {
        Reason::BrowserCredential
    }

    /// The name of the secret, if it is one of the policy's.
    #[must_use]
    pub const fn secret(self) -> Option<&'a str> {
        match self {
            Self::ServerOnly { secret } => Some(secret),
            Self::ServiceRole => None,
        }
    }

    /// What the client is told.
    #[must_use]
    pub fn problem(self) -> &'static Problem {
        static FORBIDDEN: LazyLock<Problem> = LazyLock::new(|| {
            let title = "This credential may not be used from a browser";
            Problem::new(StatusCode::FORBIDDEN, "browser_credential", title)
        });
        &FORBIDDEN
    }

    /// The refusal.
    pub fn refusal(self, policy: PolicyName) -> Refusal {
        Refusal::new(self.problem(), EventKind::Authorization, self.reason(), policy)
    }
}

impl fmt::Display for Rejection<'_> {
    /// The reason's word.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.reason().as_str())
    }
}

impl std::error::Error for Rejection<'_> {}
