use std::fmt;
use std::sync::LazyLock;

use http::StatusCode;
use rempart_core::{EventKind, PolicyName, Problem, Reason, Refusal};

/// Why a response was held back: exact for the operator, one answer for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rejection<'a> {
    /// The body is compressed: nobody can say what it holds.
    Encoded,
    /// A secret stands in the response.
    Exposed {
        /// Its name, as the policy has it.
        secret: &'a str,
    },
    /// The body does not say how long it is.
    Streamed,
    /// The body is longer than what is searched.
    TooLarge,
}

impl<'a> Rejection<'a> {
    /// What the operator is told.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::Encoded => Reason::Encoded,
            Self::Exposed { .. } => Reason::SecretExposed,
            Self::Streamed => Reason::Other,
            Self::TooLarge => Reason::TooLarge,
        }
    }

    /// What the decision was about: a secret, for which somebody should be woken, or a body.
    #[must_use]
    pub const fn kind(self) -> EventKind {
        match self {
            Self::Exposed { .. } => EventKind::SecretEgress,
            Self::Encoded | Self::Streamed | Self::TooLarge => EventKind::Body,
        }
    }

    /// The name of the secret, if one was found.
    #[must_use]
    pub const fn secret(self) -> Option<&'a str> {
        match self {
            Self::Exposed { secret } => Some(secret),
            Self::Encoded | Self::Streamed | Self::TooLarge => None,
        }
    }

    /// What the client is told: that there is no response, and nothing of why.
    #[must_use]
    pub fn problem(self) -> &'static Problem {
        static WITHHELD: LazyLock<Problem> = LazyLock::new(|| {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            Problem::new(status, "response_withheld", "The response could not be sent")
        });
        &WITHHELD
    }

    /// The refusal, in place of the whole response with its headers.
    pub fn refusal(self, policy: PolicyName) -> Refusal {
        Refusal::new(self.problem(), self.kind(), self.reason(), policy)
    }
}

impl fmt::Display for Rejection<'_> {
    /// The reason's word.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.reason().as_str())
    }
}

impl std::error::Error for Rejection<'_> {}
