//! Leads that an agent enters.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;

use crate::app::App;
use crate::body::Json;
use crate::fault::Fault;
use crate::guard::Claims;
use crate::lists::private;
use crate::store::NewLead;

/// `POST /api/leads`
pub(crate) async fn add(
    State(app): State<App>,
    claims: Claims,
    Json(form): Json<Form>,
) -> Result<Response, Fault> {
    // Every token that is minted here is somebody's.
    let author = claims.subject().ok_or(Fault::Internal)?.to_owned();
    let lead = app.store.add_lead(form.checked(author)?).await?;
    Ok((StatusCode::CREATED, private(lead)).into_response())
}

#[derive(Debug, Deserialize)]
pub(crate) struct Form {
    name: String,
    phone: Option<String>,
    email: Option<String>,
    note: Option<String>,
}

impl Form {
    fn checked(self, author: String) -> Result<NewLead, Fault> {
        let within = |text: &Option<String>, most| {
            text.as_ref().is_none_or(|text| text.chars().count() <= most)
        };
        let name = self.name.trim();
        let fits = !name.is_empty()
            && name.chars().count() <= 200
            && within(&self.phone, 40)
            && within(&self.email, 254)
            && within(&self.note, 10_000);
        if !fits {
            return Err(Fault::Malformed);
        }
        let name = name.to_owned();
        Ok(NewLead { author, name, phone: self.phone, email: self.email, note: self.note })
    }
}
