use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use rempart_core::{Event, EventKind, Outcome, Problem, Reason};
use serde::Deserialize;

use super::grant::{Granted, refuse};
use super::ticket::RefreshToken;
use crate::app::App;
use crate::body;
use crate::fault::Fault;
use crate::store::Refreshed;

/// `POST /auth/refresh`
///
/// The user's role is the one that the database holds now, and a user that is gone gets nothing.
/// An answer that is lost on the way is not given again: it would have to be given to a thief, too.
pub(crate) async fn refresh(State(app): State<App>, request: Request) -> Result<Response, Fault> {
    let (parts, body) = request.into_parts();
    let form: Form = body::json(&parts.headers, body).await?;
    let event = |kind, outcome| Event::new(kind, outcome, &app.names.refresh).parts(&parts);
    let refused = |kind, reason| {
        app.observers.emit(&event(kind, Outcome::Refused).reason(reason));
        Ok(refuse(&problem(), kind, reason, app.names.refresh))
    };
    let Some(presented) = RefreshToken::parse(&form.refresh_token) else {
        return refused(EventKind::Token, Reason::Malformed);
    };
    let next = presented.next().ok_or(Fault::Unavailable)?;
    let (now, shared) = (app.clock.unix(), app.clone());
    let mint = move |email: &_, role| shared.minting.mint(email, role, now);
    match app.store.refresh(presented.ticket(), next.ticket().secret, now, mint).await? {
        Refreshed::Granted(access) => {
            app.observers.emit(&event(EventKind::Token, Outcome::Allowed));
            Ok(Granted::new(access, &next).into_response())
        }
        Refreshed::Postponed => Err(Fault::Unavailable),
        Refreshed::Reused => refused(EventKind::Replay, Reason::Replayed),
        Refreshed::Unknown => refused(EventKind::Token, Reason::Mismatch),
    }
}

#[derive(Deserialize)]
struct Form {
    refresh_token: String,
}

/// The same for every reason.
fn problem() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "session", "The session is over; sign in again")
}
