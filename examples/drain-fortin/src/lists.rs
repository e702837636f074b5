//! What the service keeps, listed for whoever is signed in.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use serde::Serialize;

use crate::app::App;
use crate::fault::Fault;
use crate::guard::Claims;
use crate::store::Span;

/// `GET /api/calls`
pub(crate) async fn calls(
    State(app): State<App>,
    _: Claims,
    Query(span): Query<Span>,
) -> Result<Response, Fault> {
    Ok(private(app.store.calls(span).await?))
}

/// `GET /api/calls/{id}`
pub(crate) async fn call(
    State(app): State<App>,
    _: Claims,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    app.store.call(id).await?.map(private).ok_or(Fault::NotFound)
}

/// `GET /api/messages`
pub(crate) async fn messages(
    State(app): State<App>,
    _: Claims,
    Query(span): Query<Span>,
) -> Result<Response, Fault> {
    Ok(private(app.store.messages(span).await?))
}

/// `GET /api/leads`
pub(crate) async fn leads(
    State(app): State<App>,
    _: Claims,
    Query(span): Query<Span>,
) -> Result<Response, Fault> {
    Ok(private(app.store.leads(span).await?))
}

/// Customers' data stays out of every cache.
pub(crate) fn private(answer: impl Serialize) -> Response {
    ([(CACHE_CONTROL, "no-store")], axum::Json(answer)).into_response()
}
