use std::fmt;
use std::sync::LazyLock;

use http::{StatusCode, header};
use rempart_core::{EventKind, Outcome, Problem, Reason, Refusal};

use super::Policy;

/// Why an access was turned away: exact for the operator, one answer a status for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rejection {
    /// The address is on no list of the policy.
    AddressDenied,
    /// The token lacks the role or a scope.
    InsufficientScope,
    /// Nobody verified a token: [`TokenLayer`](crate::TokenLayer) is missing outside.
    MissingClaims,
    /// Nobody said who the client is: [`ClientAddrLayer`](rempart_core::ClientAddrLayer) is missing
    /// outside, or knows no peer.
    UnknownClient,
}

impl Rejection {
    /// Every one of them.
    pub const ALL: &'static [Self] =
        &[Self::AddressDenied, Self::InsufficientScope, Self::MissingClaims, Self::UnknownClient];

    /// What the operator is told.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::AddressDenied => Reason::AddressDenied,
            Self::InsufficientScope => Reason::InsufficientScope,
            Self::MissingClaims => Reason::NoClaims,
            Self::UnknownClient => Reason::NoClientAddress,
        }
    }

    /// A client that may not is refused; a stack that lacks a layer is the server's fault.
    #[must_use]
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::AddressDenied | Self::InsufficientScope => Outcome::Refused,
            Self::MissingClaims | Self::UnknownClient => Outcome::Error,
        }
    }

    /// What the client is told: one problem for each status.
    #[must_use]
    pub fn problem(self) -> &'static Problem {
        static PROBLEMS: LazyLock<[Problem; 2]> = LazyLock::new(|| {
            [
                (StatusCode::FORBIDDEN, "admin_forbidden", "This is for administrators"),
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "admin_unavailable",
                    "The server cannot tell whose request this is",
                ),
            ]
            .map(|(status, code, title)| Problem::new(status, code, title))
        });
        let [forbidden, internal] = &*PROBLEMS;
        match self.outcome() {
            Outcome::Error => internal,
            _ => forbidden,
        }
    }

    /// The refusal; a 403 says what is missing in the words of [RFC 6750 §3.1], the same whatever
    /// is.
    ///
    /// [RFC 6750 §3.1]: https://www.rfc-editor.org/rfc/rfc6750#section-3.1
    pub fn refusal(self, policy: &Policy) -> Refusal {
        let refusal = Refusal::new(self.problem(), EventKind::Admin, self.reason(), *policy.name());
        match self.outcome() {
            Outcome::Error => refusal,
            _ => refusal.header(header::WWW_AUTHENTICATE, policy.challenge().clone()),
        }
    }
}

impl fmt::Display for Rejection {
    /// The reason's word.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.reason().as_str())
    }
}

impl std::error::Error for Rejection {}
