//! The nonce as an argument of axum's handlers.

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use thiserror::Error;

use crate::Nonce;

impl<S: Sync> FromRequestParts<S> for Nonce {
    type Rejection = MissingNonce;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, MissingNonce> {
        Self::of(&parts.extensions).cloned().ok_or(MissingNonce)
    }
}

/// A handler asked for a [`Nonce`] where no policy names one: a mistake of the server, 500.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("no nonce: add `HeadersLayer` with a policy whose directives name `'nonce'`")]
#[non_exhaustive]
pub struct MissingNonce;

impl IntoResponse for MissingNonce {
    /// The reason goes to the log alone.
    fn into_response(self) -> Response {
        tracing::error!(target: "rempart", "{self}");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}
