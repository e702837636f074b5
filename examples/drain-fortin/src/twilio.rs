//! Incoming text messages of Twilio, a form each.

use std::borrow::Cow;

use axum::Extension;
use axum::extract::{Request, State};
use http::StatusCode;

use crate::app::App;
use crate::body::{media_type, read};
use crate::fault::Fault;
use crate::guard::Verified;
use crate::store::Message;

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
    app.store.add_message(message(&body)?).await?;
    // Without a body: no answer is sent to whoever wrote.
    Ok(StatusCode::NO_CONTENT)
}

fn message(form: &[u8]) -> Result<Message, Fault> {
    let (mut id, mut sender, mut receiver, mut body, mut media) = (None, None, None, None, None);
    for (name, value) in form_urlencoded::parse(form) {
        let field = match &*name {
            "MessageSid" => &mut id,
            "From" => &mut sender,
            "To" => &mut receiver,
            "Body" => &mut body,
            "NumMedia" => &mut media,
            _ => continue,
        };
        // The signature covers the distinct values of a name and not which of them counts.
        if field.replace(value).is_some() {
            return Err(Fault::Malformed);
        }
    }
    let id = id.filter(|id| (1..=LONGEST_ID).contains(&id.len())).ok_or(Fault::Malformed)?;
    let text = |field: Option<Cow<'_, str>>| field.map(Cow::into_owned).unwrap_or_default();
    let media = media.map_or(Ok(0), |media| media.parse());
    Ok(Message {
        id: id.into_owned(),
        received: String::new(),
        sender: text(sender),
        receiver: text(receiver),
        body: text(body),
        media: media.map_err(|_| Fault::Malformed)?,
    })
}

/// The provider's are 34 bytes.
const LONGEST_ID: usize = 128;
