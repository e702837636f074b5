//! Whether the service lives, and whom to tell of a hole in it.

use std::time::{Duration, SystemTime};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::app::App;
use crate::fault::Fault;

/// `GET /healthz`
pub(crate) async fn healthz(State(app): State<App>) -> Result<Response, Fault> {
    app.store.ping().await?;
    Ok(([(CACHE_CONTROL, "no-store")], "ok\n").into_response())
}

/// `GET /.well-known/security.txt` ([RFC 9116])
///
/// [RFC 9116]: https://www.rfc-editor.org/rfc/rfc9116
pub(crate) async fn security_txt(State(app): State<App>) -> Response {
    let expires = SystemTime::UNIX_EPOCH
        .checked_add(app.clock.unix())
        .and_then(|now| now.checked_add(HALF_A_YEAR))
        .unwrap_or(SystemTime::UNIX_EPOCH);
    let expires = humantime::format_rfc3339_seconds(expires);
    let origin = &app.public_url;
    let text = format!(
        "Contact: mailto:security@drain-fortin-crm.com\n\
         Expires: {expires}\n\
         Preferred-Languages: fr, en\n\
         Canonical: {origin}/.well-known/security.txt\n"
    );
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// RFC 9116 §2.5.5 asks for less than a year.
const HALF_A_YEAR: Duration = Duration::from_secs(182 * 24 * 60 * 60);
