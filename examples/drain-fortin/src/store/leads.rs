use rusqlite::{Row, named_params};
use serde::Serialize;

use super::{Page, Span, Store, StoreError};

/// Somebody who may become a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Lead {
    pub(crate) id: i64,
    pub(crate) created: String,
    /// The user who entered it.
    pub(crate) author: String,
    pub(crate) name: String,
    pub(crate) phone: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) note: Option<String>,
}

/// A lead before it has a number.
#[derive(Clone, Debug)]
pub(crate) struct NewLead {
    pub(crate) author: String,
    pub(crate) name: String,
    pub(crate) phone: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) note: Option<String>,
}

impl Store {
    pub(crate) async fn add_lead(&self, lead: NewLead) -> Result<Lead, StoreError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(ADD)?;
            let columns = named_params! {
                ":author": lead.author, ":name": lead.name, ":phone": lead.phone,
                ":email": lead.email, ":note": lead.note,
            };
            statement.query_row(columns, record)
        })
        .await
    }

    pub(crate) async fn leads(&self, span: Span) -> Result<Page<Lead>, StoreError> {
        self.run(move |connection| Page::read(connection, LIST, span, record)).await
    }
}

fn record(row: &Row<'_>) -> rusqlite::Result<Lead> {
    Ok(Lead {
        id: row.get("seq")?,
        created: row.get("created")?,
        author: row.get("author")?,
        name: row.get("name")?,
        phone: row.get("phone")?,
        email: row.get("email")?,
        note: row.get("note")?,
    })
}

const ADD: &str = "
    INSERT INTO lead (author, name, phone, email, note)
    VALUES (:author, :name, :phone, :email, :note)
    RETURNING *";

const LIST: &str = "SELECT * FROM lead WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2";
