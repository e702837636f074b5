use rusqlite::{OptionalExtension, Row, named_params};

use super::{Page, Span, Store, StoreError};
use crate::call::Call;

impl Store {
    /// Keeps a call; one that is known already stays as it was.
    pub(crate) async fn add_call(&self, call: Call) -> Result<(), StoreError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(ADD)?;
            let columns = named_params! {
                ":id": call.id, ":started": call.started, ":ended": call.ended,
                ":ended_reason": call.ended_reason, ":customer": call.customer,
                ":summary": call.summary, ":transcript": call.transcript,
            };
            statement.execute(columns).map(drop)
        })
        .await
    }

    pub(crate) async fn calls(&self, span: Span) -> Result<Page<Call>, StoreError> {
        self.run(move |connection| Page::read(connection, LIST, span, record)).await
    }

    pub(crate) async fn call(&self, id: String) -> Result<Option<Call>, StoreError> {
        self.run(move |connection| {
            connection.prepare_cached(ONE)?.query_row([id], record).optional()
        })
        .await
    }
}

fn record(row: &Row<'_>) -> rusqlite::Result<Call> {
    Ok(Call {
        id: row.get("id")?,
        received: row.get("received")?,
        started: row.get("started")?,
        ended: row.get("ended")?,
        ended_reason: row.get("ended_reason")?,
        customer: row.get("customer")?,
        summary: row.get("summary")?,
        transcript: row.get("transcript")?,
    })
}

const ADD: &str = "
    INSERT INTO call (id, started, ended, ended_reason, customer, summary, transcript)
    VALUES (:id, :started, :ended, :ended_reason, :customer, :summary, :transcript)
    ON CONFLICT (id) DO NOTHING";

const LIST: &str = "SELECT * FROM call WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2";

const ONE: &str = "SELECT * FROM call WHERE id = ?1";
