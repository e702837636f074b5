use std::sync::LazyLock;

use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use rempart_core::{
    Event, EventKind, Flavour, Observers, Outcome, PolicyName, Problem, Reason, Refusal, Renderer,
};
use thiserror::Error;

use super::PolicyMarker;

/// Why a handler did not get what it asked for.
///
/// The first three are mistakes of the server: 500, and a line in the log says what to do.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotVerified {
    /// No signature was verified.
    #[error("nothing was verified: add `SignatureLayer` outside the route")]
    NoLayer,
    /// Another policy verified the request.
    #[error("another policy verified the request: the marker names the policy of the layer")]
    OtherPolicy,
    /// The policy's signatures do not cover what was asked for.
    #[error("the policy's signatures do not cover the body: take `VerifiedBy`, and trust no body")]
    BodyNotCovered,
    /// The body could not be read: something between the layer and the handler changed it.
    #[error("the body could not be read")]
    Body,
    /// The body is no JSON: 400.
    #[error("the body is no JSON")]
    Json,
    /// The body is JSON of another shape: 422.
    #[error("the body is not of the type that the handler takes")]
    Data,
}

impl NotVerified {
    /// The status of the answer.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::NoLayer | Self::OtherPolicy | Self::BodyNotCovered => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::Body | Self::Json => StatusCode::BAD_REQUEST,
            Self::Data => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    const fn kind(self) -> EventKind {
        match self {
            Self::NoLayer | Self::OtherPolicy | Self::BodyNotCovered => EventKind::Signature,
            Self::Body | Self::Json | Self::Data => EventKind::Body,
        }
    }

    const fn reason(self) -> Reason {
        match self {
            Self::NoLayer | Self::OtherPolicy => Reason::Unverified,
            Self::BodyNotCovered => Reason::InsufficientCoverage,
            Self::Body => Reason::CutOff,
            Self::Json | Self::Data => Reason::InvalidBody,
        }
    }

    fn problem(self) -> &'static Problem {
        static PROBLEMS: LazyLock<[Problem; 3]> = LazyLock::new(|| {
            [
                (StatusCode::BAD_REQUEST, "body_invalid", "The body is no JSON"),
                (
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "body_unexpected",
                    "The body is not as expected",
                ),
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "server_misconfigured",
                    "The server is not set up to answer this",
                ),
            ]
            .map(|(status, code, title)| Problem::new(status, code, title))
        });
        let [invalid, unexpected, misconfigured] = &*PROBLEMS;
        match self.status() {
            StatusCode::BAD_REQUEST => invalid,
            StatusCode::UNPROCESSABLE_ENTITY => unexpected,
            _ => misconfigured,
        }
    }

    /// Tells the log, in the name of the policy that was asked for.
    pub(super) fn told<P: PolicyMarker>(self, parts: &Parts) -> Self {
        if let Some(policy) = name::<P>() {
            let event = Event::new(self.kind(), Outcome::Error, &policy).parts(parts);
            Observers::default().emit(&event.reason(self.reason()));
        }
        self
    }
}

/// A marker may hold any text.
fn name<P: PolicyMarker>() -> Option<PolicyName> {
    PolicyName::new(P::NAME).or_else(|_| PolicyName::new(NOBODYS_POLICY)).ok()
}

/// The policy of an event about there being none.
const NOBODYS_POLICY: &str = "none";

impl IntoResponse for NotVerified {
    /// The reason went to the log alone.
    fn into_response(self) -> Response {
        let Ok(policy) = PolicyName::new(NOBODYS_POLICY) else {
            return self.status().into_response();
        };
        let refusal = Refusal::new(self.problem(), self.kind(), self.reason(), policy);
        refusal.into_response::<Body>(Flavour::Http, &Renderer::default()).map(Body::new)
    }
}
