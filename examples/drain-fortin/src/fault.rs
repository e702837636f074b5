//! What a handler answers when it cannot do its work: problem details ([RFC 9457]).
//!
//! [RFC 9457]: https://www.rfc-editor.org/rfc/rfc9457

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use rempart_core::{Problem, Reason};

use crate::store::StoreError;

/// A request that is not answered as it hoped, by the status that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Malformed,
    NotFound,
    MethodNotAllowed,
    TooSlow,
    TooLarge,
    UnsupportedMediaType,
    Internal,
    Unavailable,
}

impl Fault {
    /// The fault that stands for a status that somebody else answered.
    pub(crate) const fn of(status: StatusCode) -> Option<Self> {
        Some(match status {
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Self::Malformed,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::REQUEST_TIMEOUT => Self::TooSlow,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::INTERNAL_SERVER_ERROR => Self::Internal,
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable,
            _ => return None,
        })
    }

    /// What was wrong with the body, for the log; `None` if the body is not at fault.
    pub(crate) const fn reason(self) -> Option<Reason> {
        match self {
            Self::Malformed => Some(Reason::InvalidBody),
            Self::TooSlow => Some(Reason::TooSlow),
            Self::TooLarge => Some(Reason::TooLarge),
            Self::UnsupportedMediaType => Some(Reason::UnsupportedMediaType),
            _ => None,
        }
    }

    pub(crate) fn problem(self) -> Problem {
        let (status, code, title) = match self {
            Self::Malformed => {
                (StatusCode::BAD_REQUEST, "malformed", "The request is not of the expected form")
            }
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "There is nothing here"),
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "This resource does not know that method",
            ),
            Self::TooSlow => {
                (StatusCode::REQUEST_TIMEOUT, "too_slow", "The body did not arrive in time")
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body is too large"),
            Self::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "The body is of a content type that is not accepted here",
            ),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "The service failed"),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "The service cannot answer now; try again",
            ),
        };
        Problem::new(status, code, title)
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let problem = self.problem();
        let mut response = Response::new(Body::from(problem.json()));
        *response.status_mut() = problem.status();
        let headers = response.headers_mut();
        let mut set = |name, value| drop(headers.try_insert(name, HeaderValue::from_static(value)));
        set(CONTENT_TYPE, PROBLEM_JSON);
        set(CACHE_CONTROL, "no-store");
        if self == Self::Unavailable {
            set(RETRY_AFTER, "5");
        }
        response
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        // What was sent is nowhere in it: SQLite is given values apart from the statement.
        tracing::error!(%error, "the database did not answer");
        Self::Unavailable
    }
}

pub(crate) const PROBLEM_JSON: &str = "application/problem+json";
