//! A call, as the report at its end tells it. Of this crate only in its visibility: the fuzz
//! targets compile this file by itself.

use serde::{Deserialize, Serialize};

/// A call that the assistant took, as its report told it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Call {
    /// The sender's identifier.
    pub(crate) id: String,
    /// When the report came; set by the database.
    pub(crate) received: String,
    pub(crate) started: Option<String>,
    pub(crate) ended: Option<String>,
    pub(crate) ended_reason: Option<String>,
    /// The caller's number.
    pub(crate) customer: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) transcript: Option<String>,
}

impl Call {
    /// Reads a server message of Vapi: the call of a report, and nothing of any other message.
    ///
    /// The shape is that of the provider's published `ServerMessageEndOfCallReport`; whatever else
    /// a message holds is skipped.
    pub(crate) fn of_message(message: &[u8]) -> serde_json::Result<Option<Self>> {
        let envelope: Envelope<Kind> = serde_json::from_slice(message)?;
        if envelope.message.kind != REPORT {
            return Ok(None);
        }
        // Read a second time rather than always in full: most messages are no reports.
        let report: Envelope<Report> = serde_json::from_slice(message)?;
        Ok(Some(report.message.into()))
    }
}

#[derive(Deserialize)]
struct Envelope<M> {
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
    id: Id,
    customer: Option<Customer>,
}

/// Of 1 to [`LONGEST_ID`] bytes.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Id(String);

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

impl From<Report> for Call {
    fn from(report: Report) -> Self {
        let customer = report.customer.or(report.call.customer);
        let summary = report.analysis.and_then(|analysis| analysis.summary);
        let transcript = report.artifact.and_then(|artifact| artifact.transcript);
        Self {
            id: report.call.id.0,
            received: String::new(),
            started: report.started_at,
            ended: report.ended_at,
            ended_reason: report.ended_reason,
            customer: customer.and_then(|customer| customer.number),
            summary: summary.or(report.summary),
            transcript: transcript.or(report.transcript),
        }
    }
}

impl TryFrom<String> for Id {
    type Error = &'static str;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        let fits = (1..=LONGEST_ID).contains(&id.len());
        fits.then_some(Self(id)).ok_or("an identifier that is empty or too long")
    }
}

const REPORT: &str = "end-of-call-report";

/// The provider's are UUIDs, 36 bytes.
const LONGEST_ID: usize = 128;
