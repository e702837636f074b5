use std::fmt;
use std::sync::LazyLock;

use http::{HeaderValue, StatusCode, header};
use rempart_core::{EventKind, Outcome, PolicyName, Problem, Reason, Refusal};

/// Why a request was turned away: exact for the operator, one answer a status for the client.
///
/// ```
/// use rempart_signature::Rejection;
///
/// // Two causes, one answer.
/// assert_ne!(Rejection::Missing.reason(), Rejection::Mismatch.reason());
/// assert_eq!(Rejection::Missing.problem().json(), Rejection::Mismatch.problem().json());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rejection {
    /// The body ended before its end.
    CutOff,
    /// The body is not the one whose digest was signed.
    DigestMismatch,
    /// A header or parameter of the credential is there twice.
    Duplicated,
    /// The body is compressed; whoever signed it did not sign what a handler would read.
    Encoded,
    /// The signature says when it ends, and it has ended; or the certificate of the signer is not
    /// valid yet, or no more.
    Expired,
    /// The signed time is too far ahead.
    FutureTimestamp,
    /// No trusted proxy says that the request came to a host that is one of ours, or a message signs
    /// one that is not.
    HostNotAllowed,
    /// An equal request is being handled.
    InFlight,
    /// The signature covers less than it has to: of a message fewer components than the policy asks
    /// for, of a form without parameters the URL alone.
    InsufficientCoverage,
    /// The sender asks whose endpoint this is, and not in the form in which it does.
    InvalidChallenge,
    /// What verifies cannot be had. The certificate of the signer could not be fetched, or is none;
    /// or the look-up of a tenant's keys failed or took too long, they are none that the scheme has
    /// a use for, or too many look-ups are under way.
    KeysUnavailable,
    /// The credential is not of the scheme's shape.
    Malformed,
    /// The policy does not take this method, which the signature does not cover.
    MethodNotAllowed,
    /// The credential is well-formed and no key made it.
    Mismatch,
    /// A part of the credential is not there.
    Missing,
    /// The bodies that are being verified hold all that the policy's budget allows.
    OverBudget,
    /// The request was handled before. Its sender is told that all is well: nothing is left for it
    /// to do.
    Replayed,
    /// The store that remembers requests cannot tell whether this one was handled before.
    ReplayUnavailable,
    /// The key was good when the request began, and revoked or expired while the body arrived.
    RevokedKey,
    /// The signed time is too far back.
    StaleTimestamp,
    /// The body is too long, as declared or as it came, for this policy or for a layer outside; or
    /// a form has too many parameters.
    TooLarge,
    /// The body came in too many pieces.
    TooManyFrames,
    /// The body came too slowly.
    TooSlow,
    /// The signature does not cover a body of this content type.
    UncoveredContentType,
    /// The credential names a key that the policy does not have; or there is no such tenant, or it has
    /// no key that verifies.
    UnknownKey,
    /// The message is of a topic that the policy does not name.
    UnknownTopic,
    /// The credential names another algorithm than the key's.
    WrongAlgorithm,
    /// The credential is of an issuer that the policy does not name.
    WrongIssuer,
}

impl Rejection {
    /// Every one of them.
    pub const ALL: &'static [Self] = &[
        Self::CutOff,
        Self::DigestMismatch,
        Self::Duplicated,
        Self::Encoded,
        Self::Expired,
        Self::FutureTimestamp,
        Self::HostNotAllowed,
        Self::InFlight,
        Self::InsufficientCoverage,
        Self::InvalidChallenge,
        Self::KeysUnavailable,
        Self::Malformed,
        Self::MethodNotAllowed,
        Self::Mismatch,
        Self::Missing,
        Self::OverBudget,
        Self::Replayed,
        Self::ReplayUnavailable,
        Self::RevokedKey,
        Self::StaleTimestamp,
        Self::TooLarge,
        Self::TooManyFrames,
        Self::TooSlow,
        Self::UncoveredContentType,
        Self::UnknownKey,
        Self::UnknownTopic,
        Self::WrongAlgorithm,
        Self::WrongIssuer,
    ];

    /// What the operator is told.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::CutOff => Reason::CutOff,
            Self::DigestMismatch => Reason::DigestMismatch,
            Self::Duplicated => Reason::Duplicated,
            Self::Encoded => Reason::Encoded,
            Self::Expired => Reason::Expired,
            Self::FutureTimestamp => Reason::FutureTimestamp,
            Self::HostNotAllowed => Reason::HostNotAllowed,
            Self::InFlight => Reason::InFlight,
            Self::InsufficientCoverage => Reason::InsufficientCoverage,
            Self::InvalidChallenge => Reason::InvalidBody,
            Self::KeysUnavailable => Reason::KeysUnavailable,
            Self::Malformed => Reason::Malformed,
            Self::MethodNotAllowed => Reason::MethodNotAllowed,
            Self::Mismatch => Reason::Mismatch,
            Self::Missing => Reason::Missing,
            Self::OverBudget => Reason::BudgetExceeded,
            Self::Replayed => Reason::Replayed,
            Self::ReplayUnavailable => Reason::BackendUnavailable,
            Self::RevokedKey => Reason::RevokedKey,
            Self::StaleTimestamp => Reason::StaleTimestamp,
            Self::TooLarge => Reason::TooLarge,
            Self::TooManyFrames => Reason::TooManyFrames,
            Self::TooSlow => Reason::TooSlow,
            Self::UncoveredContentType => Reason::UncoveredContentType,
            Self::UnknownKey => Reason::UnknownKey,
            Self::UnknownTopic => Reason::WrongAudience,
            Self::WrongAlgorithm => Reason::WrongAlgorithm,
            Self::WrongIssuer => Reason::WrongIssuer,
        }
    }

    /// What the decision was about: the signature, the body (or the method) that it was to cover, or
    /// whether the request came before.
    #[must_use]
    pub const fn kind(self) -> EventKind {
        match (self, self.status()) {
            (Self::InFlight | Self::Replayed | Self::ReplayUnavailable, _) => EventKind::Replay,
            (Self::KeysUnavailable, _) | (_, StatusCode::UNAUTHORIZED) => EventKind::Signature,
            _ => EventKind::Body,
        }
    }

    /// What is wrong with the service itself is not held against the client.
    pub(crate) const fn outcome(self) -> Outcome {
        match self.status() {
            StatusCode::SERVICE_UNAVAILABLE => Outcome::Error,
            _ => Outcome::Refused,
        }
    }

    /// The status of the answer.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::CutOff => StatusCode::BAD_REQUEST,
            Self::Encoded | Self::UncoveredContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::InvalidChallenge => StatusCode::UNPROCESSABLE_ENTITY,
            Self::InFlight => StatusCode::CONFLICT,
            Self::KeysUnavailable | Self::OverBudget | Self::ReplayUnavailable => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Replayed => StatusCode::OK,
            Self::TooLarge | Self::TooManyFrames => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::DigestMismatch
            | Self::Duplicated
            | Self::Expired
            | Self::FutureTimestamp
            | Self::HostNotAllowed
            | Self::InsufficientCoverage
            | Self::Malformed
            | Self::Mismatch
            | Self::Missing
            | Self::RevokedKey
            | Self::StaleTimestamp
            | Self::UnknownKey
            | Self::UnknownTopic
            | Self::WrongAlgorithm
            | Self::WrongIssuer => StatusCode::UNAUTHORIZED,
        }
    }

    /// What the client is told: one problem for each status, and of what was handled before the
    /// status alone.
    #[must_use]
    pub fn problem(self) -> &'static Problem {
        static PROBLEMS: LazyLock<[Problem; 10]> = LazyLock::new(|| {
            [
                (StatusCode::OK, "request_replayed", "The request was handled before"),
                (StatusCode::BAD_REQUEST, "body_cut_off", "The body ended before its end"),
                (StatusCode::UNAUTHORIZED, "signature_invalid", "A valid signature is required"),
                (
                    StatusCode::METHOD_NOT_ALLOWED,
                    "method_not_allowed",
                    "The signature does not cover such a method",
                ),
                (StatusCode::REQUEST_TIMEOUT, "body_too_slow", "The body came too slowly"),
                (StatusCode::CONFLICT, "request_in_flight", "The request is being handled"),
                (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large"),
                (
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "body_not_covered",
                    "The signature does not cover such a body",
                ),
                (
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "challenge_invalid",
                    "The challenge is not of the sender's form",
                ),
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "verification_unavailable",
                    "The request cannot be verified now",
                ),
            ]
            .map(|(status, code, title)| Problem::new(status, code, title))
        });
        let [
            ok,
            bad_request,
            unauthorized,
            method,
            timeout,
            conflict,
            too_large,
            media_type,
            challenge,
            unavailable,
        ] = &*PROBLEMS;
        match self.status() {
            StatusCode::OK => ok,
            StatusCode::BAD_REQUEST => bad_request,
            StatusCode::METHOD_NOT_ALLOWED => method,
            StatusCode::REQUEST_TIMEOUT => timeout,
            StatusCode::CONFLICT => conflict,
            StatusCode::PAYLOAD_TOO_LARGE => too_large,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => media_type,
            StatusCode::UNPROCESSABLE_ENTITY => challenge,
            StatusCode::SERVICE_UNAVAILABLE => unavailable,
            _ => unauthorized,
        }
    }

    /// The refusal; a 401 names the scheme of authentication, as [RFC 9110 §11.6.1] asks, and a 409
    /// or 503 says when to try again.
    ///
    /// [RFC 9110 §11.6.1]: https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
    pub fn refusal(self, policy: PolicyName) -> Refusal {
        self.refusal_as(self, policy)
    }

    /// The refusal, answered as another one is and told as what it is.
    pub(crate) fn refusal_as(self, other: Self, policy: PolicyName) -> Refusal {
        let refusal = match other {
            Self::Replayed => Refusal::bare(other.status(), self.kind(), self.reason(), policy),
            _ => Refusal::new(other.problem(), self.kind(), self.reason(), policy),
        };
        match other.status() {
            StatusCode::CONFLICT | StatusCode::SERVICE_UNAVAILABLE => {
                refusal.header(header::RETRY_AFTER, RETRY_AFTER)
            }
            StatusCode::UNAUTHORIZED => refusal
                .header(header::WWW_AUTHENTICATE, const { HeaderValue::from_static("Signature") }),
            _ => refusal,
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

/// Seconds: longer than most handlers, shorter than a body may take.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");
