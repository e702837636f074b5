use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use rempart_core::{EventKind, Flavour, PolicyName, Problem, Reason, Refusal, Renderer};
use serde::Serialize;

use super::life;
use super::ticket::RefreshToken;

/// What a login and a refresh answer.
#[derive(Serialize)]
pub(super) struct Granted {
    access_token: String,
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
    refresh_token: String,
}

impl Granted {
    pub(super) fn new(access_token: String, refresh: &RefreshToken) -> Self {
        let expires_in = life::ACCESS.as_secs();
        Self { access_token, token_type: "Bearer", expires_in, refresh_token: refresh.text() }
    }
}

impl IntoResponse for Granted {
    fn into_response(self) -> Response {
        ([(CACHE_CONTROL, "no-store")], axum::Json(self)).into_response()
    }
}

/// A 401 of a route that takes credentials in its body.
pub(super) fn refuse(
    problem: &Problem,
    kind: EventKind,
    reason: Reason,
    policy: PolicyName,
) -> Response {
    Refusal::new(problem, kind, reason, policy)
        .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
        .into_response::<Body>(Flavour::Http, &Renderer::default())
        .map(Body::new)
}
