//! Server messages of Vapi: a report at the end of a call is kept, the others are noted.

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::app::App;
use crate::body::read;
use crate::call::Call;
use crate::fault::Fault;
use crate::guard::Verified;

/// `POST /webhooks/vapi`
pub(crate) async fn receive(
    State(app): State<App>,
    // Without the layer that verifies, nothing is accepted.
    Extension(_): Extension<Verified>,
    request: Request,
) -> Result<Response, Fault> {
    let body = read(request.into_body()).await?;
    let Some(call) = Call::of_message(&body).map_err(|_| Fault::Malformed)? else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    app.store.add_call(call).await?;
    // The same answer to the same report sent again, whoever came first.
    Ok((StatusCode::OK, axum::Json(serde_json::json!({ "received": true }))).into_response())
}
