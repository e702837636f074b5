use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use rempart_core::{Event, EventKind, Outcome, Problem, Reason};
use serde::Deserialize;

use super::grant::{Granted, refuse};
use super::ticket::RefreshToken;
use crate::app::App;
use crate::fault::Fault;
use crate::store::{NewSession, NotMinted};
use crate::{body, password};

/// `POST /auth/login`
pub(crate) async fn login(State(app): State<App>, request: Request) -> Result<Response, Fault> {
    let (parts, body) = request.into_parts();
    let credentials = body::json(&parts.headers, body).await?;
    let event = |outcome| Event::new(EventKind::Token, outcome, &app.names.login).parts(&parts);
    if let Some(granted) = authenticate(&app, credentials).await? {
        app.observers.emit(&event(Outcome::Allowed));
        Ok(granted.into_response())
    } else {
        app.observers.emit(&event(Outcome::Refused).reason(Reason::Mismatch));
        Ok(refuse(&problem(), EventKind::Token, Reason::Mismatch, app.names.login))
    }
}

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: String,
}

/// The tokens, or nothing; an unknown user, a malformed address and a wrong password take as long.
async fn authenticate(app: &App, credentials: Credentials) -> Result<Option<Granted>, Fault> {
    let Credentials { email, password } = credentials;
    if password.len() > password::LONGEST {
        return Err(Fault::Malformed);
    }
    let email = email.trim().parse().ok().filter(|email| app.minting.may_sign_in(email));
    let user = match &email {
        Some(email) => app.store.user(Clone::clone(email)).await?,
        None => None,
    };
    let hash = user.as_ref().map(|user| user.password.clone());
    let same = app.passwords.verify(password, hash).await.map_err(|_| Fault::Unavailable)?;
    let (Some(user), Some(email), true) = (user, email, same) else { return Ok(None) };
    let now = app.clock.unix();
    let (token, access) = match app.minting.mint(&email, user.role, now) {
        Ok(minted) => minted,
        Err(NotMinted::NoKey) => return Err(Fault::Unavailable),
        Err(NotMinted::Nobody) => return Ok(None),
    };
    let refresh = RefreshToken::new().ok_or(Fault::Unavailable)?;
    let session = NewSession { email, user, ticket: refresh.ticket(), access };
    let begun = app.store.begin_session(session, now).await?;
    Ok(begun.then(|| Granted::new(token, &refresh)))
}

fn problem() -> Problem {
    let title = "The address or the password is wrong";
    Problem::new(StatusCode::UNAUTHORIZED, "credentials", title)
}
