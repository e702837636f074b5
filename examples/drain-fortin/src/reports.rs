//! What browsers report of the page: violations of its policy, above all.

use axum::extract::{Request, State};
use http::StatusCode;
use rempart_core::{Event, EventKind, Outcome};

use crate::app::App;
use crate::body::{media_type, read};
use crate::fault::Fault;

/// The most bytes that a report may have.
pub(crate) const MOST: usize = 64 << 10;

/// `POST /reports`
///
/// Anybody can send a report, so nothing of it is kept or logged but that it came.
pub(crate) async fn receive(State(app): State<App>, request: Request) -> Result<StatusCode, Fault> {
    let (parts, body) = request.into_parts();
    // Violations by `report-uri`, by the Reporting API, and what a script would send.
    let known = ["application/csp-report", "application/reports+json", "application/json"];
    let known = media_type(&parts.headers)
        .is_some_and(|media_type| known.iter().any(|known| known.eq_ignore_ascii_case(media_type)));
    if !known {
        return Err(Fault::UnsupportedMediaType);
    }
    let body = read(body).await?;
    let json: Result<serde::de::IgnoredAny, _> = serde_json::from_slice(&body);
    json.map_err(|_| Fault::Malformed)?;
    let event = Event::new(EventKind::Report, Outcome::Allowed, &app.names.reports).parts(&parts);
    app.observers.emit(&event);
    Ok(StatusCode::NO_CONTENT)
}
