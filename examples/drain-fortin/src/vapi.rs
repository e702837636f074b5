//! Server messages of Vapi: a report at the end of a call is kept, the others are noted.
//!
//! The shape is that of the provider's published `ServerMessageEndOfCallReport`; whatever else a
//! message holds is skipped.

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;

use crate::app::App;
use crate::body::read;
use crate::fault::Fault;
use crate::guard::Verified;
use crate::store::Call;

/// `POST /webhooks/vapi`
pub(crate) async fn receive(
    State(app): State<App>,
    // Without the layer that verifies, nothing is accepted.
    Extension(_): Extension<Verified>,
    request: Request,
) -> Result<Response, Fault> {
    let body = read(request.into_body()).await?;
    let envelope: Envelope = serde_json::from_slice(&body).map_err(|_| Fault::Malformed)?;
    if envelope.message.kind != REPORT {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    // Read a second time rather than always in full: most messages are no reports.
    let report: Envelope<Report> = serde_json::from_slice(&body).map_err(|_| Fault::Malformed)?;
    app.store.add_call(report.message.into_call()?).await?;
    // The same answer to the same report sent again, whoever came first.
    Ok((StatusCode::OK, axum::Json(serde_json::json!({ "received": true }))).into_response())
}

#[derive(Deserialize)]
struct Envelope<M = Kind> {
    message: M,
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    call: Identified,
    started_at: Option<String>,
    ended_at: Option<String>,
    ended_reason: Option<String>,
    customer: Option<Customer>,
    // Once at the top; the provider has since moved them into `analysis` and `artifact`.
    summary: Option<String>,
    transcript: Option<String>,
    analysis: Option<Analysis>,
    artifact: Option<Artifact>,
}

#[derive(Deserialize)]
struct Identified {
    id: String,
    customer: Option<Customer>,
}

#[derive(Deserialize)]
struct Customer {
    number: Option<String>,
}

#[derive(Deserialize)]
struct Analysis {
    summary: Option<String>,
}

#[derive(Deserialize)]
struct Artifact {
    transcript: Option<String>,
}

impl Report {
    fn into_call(self) -> Result<Call, Fault> {
        let id = self.call.id;
        if id.is_empty() || id.len() > LONGEST_ID {
            return Err(Fault::Malformed);
        }
        let customer = self.customer.or(self.call.customer);
        Ok(Call {
            id,
            received: String::new(),
            started: self.started_at,
            ended: self.ended_at,
            ended_reason: self.ended_reason,
            customer: customer.and_then(|customer| customer.number),
            summary: self.analysis.and_then(|analysis| analysis.summary).or(self.summary),
            transcript: self.artifact.and_then(|artifact| artifact.transcript).or(self.transcript),
        })
    }
}

const REPORT: &str = "end-of-call-report";

/// The provider's are UUIDs, 36 bytes.
const LONGEST_ID: usize = 128;
