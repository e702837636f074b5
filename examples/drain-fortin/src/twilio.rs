//! Incoming text messages of Twilio, a form each.

use axum::Extension;
use axum::extract::{Request, State};
use http::StatusCode;

use crate::app::App;
use crate::body::{media_type, read};
use crate::fault::Fault;
use crate::guard::Verified;
use crate::message::Message;

/// `POST /webhooks/twilio/sms`
pub(crate) async fn receive(
    State(app): State<App>,
    // Without the layer that verifies, nothing is accepted.
    Extension(_): Extension<Verified>,
    request: Request,
) -> Result<StatusCode, Fault> {
    let form = media_type(request.headers());
    if !form.is_some_and(|form| form.eq_ignore_ascii_case("application/x-www-form-urlencoded")) {
        return Err(Fault::UnsupportedMediaType);
    }
    let body = read(request.into_body()).await?;
    let message = Message::of_form(&body).ok_or(Fault::Malformed)?;
    app.store.add_message(message).await?;
    // Without a body: no answer is sent to whoever wrote.
    Ok(StatusCode::NO_CONTENT)
}
