//! The claims as an argument of axum's handlers.

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use rempart_core::{Event, EventKind, Observers, Outcome, PolicyName, Reason};
use thiserror::Error;

use crate::Claims;

impl<S: Sync> FromRequestParts<S> for Claims {
    type Rejection = NoClaims;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NoClaims> {
        if let Some(claims) = parts.extensions.get::<Self>() {
            return Ok(claims.clone());
        }
        if let Ok(policy) = PolicyName::new(NOBODYS_POLICY) {
            let event = Event::new(EventKind::Token, Outcome::Error, &policy).parts(parts);
            Observers::default().emit(&event.reason(Reason::NoClaims));
        }
        Err(NoClaims)
    }
}

/// A handler asked for [`Claims`] where no [`TokenLayer`](crate::TokenLayer) stands: a mistake of
/// the server, 500.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("no claims: add `TokenLayer` outside the route that asks for `Claims`")]
#[non_exhaustive]
pub struct NoClaims;

impl IntoResponse for NoClaims {
    /// The reason went to the log alone.
    fn into_response(self) -> Response {
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

/// The policy of an event about there being none.
const NOBODYS_POLICY: &str = "none";
