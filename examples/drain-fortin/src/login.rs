//! Signing in: a password for a token that expires.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use rempart_core::{Event, EventKind, Flavour, Outcome, Problem, Reason, Refusal, Renderer};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::fault::Fault;
use crate::{body, password, token};

/// `POST /auth/login`
pub(crate) async fn login(State(app): State<App>, request: Request) -> Result<Response, Fault> {
    let (parts, body) = request.into_parts();
    let credentials = body::json(&parts.headers, body).await?;
    let event = |outcome| Event::new(EventKind::Token, outcome, &app.names.login).parts(&parts);
    if let Some(granted) = authenticate(&app, credentials).await? {
        app.observers.emit(&event(Outcome::Allowed));
        Ok(([(CACHE_CONTROL, "no-store")], axum::Json(granted)).into_response())
    } else {
        app.observers.emit(&event(Outcome::Refused).reason(Reason::Mismatch));
        Ok(refusal(&app))
    }
}

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: String,
}

#[derive(Serialize)]
struct Granted {
    access_token: String,
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
}

/// The token, or nothing; an unknown user, a malformed address and a wrong password take as long.
async fn authenticate(app: &App, credentials: Credentials) -> Result<Option<Granted>, Fault> {
    let Credentials { email, password } = credentials;
    if password.len() > password::LONGEST {
        return Err(Fault::Malformed);
    }
    let user = match email.trim().parse() {
        Ok(email) if app.may_sign_in(&email) => app.store.user(email).await?,
        _ => None,
    };
    let hash = user.as_ref().map(|user| user.password.clone());
    let same = app.passwords.verify(password, hash).await.map_err(|_| Fault::Unavailable)?;
    let Some(user) = user.filter(|_| same) else { return Ok(None) };
    let token = app.tokens.mint(&email.trim().to_lowercase(), user.role, app.clock.unix());
    let granted = |access_token| Granted {
        access_token,
        token_type: "Bearer",
        expires_in: token::LIFE.as_secs(),
    };
    token.map(granted).map(Some).ok_or(Fault::Internal)
}

fn refusal(app: &App) -> Response {
    let problem = Problem::new(
        StatusCode::UNAUTHORIZED,
        "credentials",
        "The address or the password is wrong",
    );
    Refusal::new(&problem, EventKind::Token, Reason::Mismatch, app.names.login)
        .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
        .into_response::<axum::body::Body>(Flavour::Http, &Renderer::default())
        .map(axum::body::Body::new)
}
