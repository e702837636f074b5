use std::fmt;
use std::sync::LazyLock;

use http::{StatusCode, header};
use rempart_core::{EventKind, Problem, Reason, Refusal};

use crate::Policy;

/// Why a token was turned away: exact for the operator, one answer for the client.
///
/// ```
/// use rempart_token::Rejection;
///
/// // Two causes, one answer.
/// assert_ne!(Rejection::Expired.reason(), Rejection::Mismatch.reason());
/// assert_eq!(Rejection::Expired.problem().json(), Rejection::Mismatch.problem().json());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rejection {
    /// A claim that the policy requires is not there.
    ClaimMissing,
    /// `Authorization` is there more than once.
    Duplicated,
    /// A name is twice in one object of the token.
    DuplicateMember,
    /// Its life is over.
    Expired,
    /// The head brings a key along, or says where to fetch one (`jwk`, `jku`, `x5u`, `x5c`).
    KeyInToken,
    /// There is no `exp`, or it is too far away.
    LifeTooLong,
    /// Not a token in compact serialisation, or claims that are not of their types.
    Malformed,
    /// The tag is not that of the key.
    Mismatch,
    /// There is no bearer token.
    Missing,
    /// Its life has not begun (`nbf`).
    NotYetValid,
    /// It says that it was made in the future (`iat`).
    IssuedInFuture,
    /// The token itself was revoked, or its subject, or everything issued so early.
    Revoked,
    /// It names a key that was revoked, or whose time is over.
    RevokedKey,
    /// The token, or its head, is longer than any that is read.
    TooLarge,
    /// It does not say when it was made (`iat`), and revocations are by that.
    Undated,
    /// It names a key that the ring never had, or the ring has none.
    UnknownKey,
    /// `crit` or `b64`: it demands an extension, and none is understood.
    UnsupportedCritical,
    /// The algorithm is not the key's.
    WrongAlgorithm,
    /// It is for somebody else, or does not say for whom.
    WrongAudience,
    /// It was made by somebody else, or does not say by whom.
    WrongIssuer,
    /// It is of another type (`typ`), or its content is (`cty`).
    WrongType,
}

impl Rejection {
    /// Every one of them.
    pub const ALL: &'static [Self] = &[
        Self::ClaimMissing,
        Self::Duplicated,
        Self::DuplicateMember,
        Self::Expired,
        Self::KeyInToken,
        Self::LifeTooLong,
        Self::Malformed,
        Self::Mismatch,
        Self::Missing,
        Self::NotYetValid,
        Self::IssuedInFuture,
        Self::Revoked,
        Self::RevokedKey,
        Self::TooLarge,
        Self::Undated,
        Self::UnknownKey,
        Self::UnsupportedCritical,
        Self::WrongAlgorithm,
        Self::WrongAudience,
        Self::WrongIssuer,
        Self::WrongType,
    ];

    /// What the operator is told.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::Duplicated => Reason::Duplicated,
            Self::ClaimMissing | Self::DuplicateMember | Self::Malformed | Self::Undated => {
                Reason::Malformed
            }
            Self::Expired => Reason::Expired,
            Self::KeyInToken | Self::UnknownKey => Reason::UnknownKey,
            Self::LifeTooLong => Reason::LifeTooLong,
            Self::Mismatch => Reason::Mismatch,
            Self::Missing => Reason::Missing,
            Self::NotYetValid => Reason::NotYetValid,
            Self::IssuedInFuture => Reason::FutureTimestamp,
            Self::Revoked => Reason::Revoked,
            Self::RevokedKey => Reason::RevokedKey,
            Self::TooLarge => Reason::TooLarge,
            Self::UnsupportedCritical => Reason::UnsupportedCritical,
            Self::WrongAlgorithm => Reason::WrongAlgorithm,
            Self::WrongAudience => Reason::WrongAudience,
            Self::WrongIssuer => Reason::WrongIssuer,
            Self::WrongType => Reason::WrongType,
        }
    }

    /// What the client is told: always the same.
    #[must_use]
    pub fn problem(self) -> &'static Problem {
        static PROBLEM: LazyLock<Problem> = LazyLock::new(|| {
            Problem::new(StatusCode::UNAUTHORIZED, "token_invalid", "A valid token is required")
        });
        &PROBLEM
    }

    /// The refusal, with the challenge of the policy's realm.
    ///
    /// Who sent no token at all gets the bare challenge, everybody else `error="invalid_token"`
    /// ([RFC 6750 §3](https://www.rfc-editor.org/rfc/rfc6750#section-3)).
    pub fn refusal(self, policy: &Policy) -> Refusal {
        Refusal::new(self.problem(), EventKind::Token, self.reason(), *policy.name())
            .header(header::WWW_AUTHENTICATE, policy.challenge(self).clone())
    }
}

impl fmt::Display for Rejection {
    /// The reason's word.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.reason().as_str())
    }
}

impl std::error::Error for Rejection {}
