use rusqlite::{Row, named_params};

use super::{Page, Span, Store, StoreError};
use crate::message::Message;

impl Store {
    /// Keeps a message; one that is known already stays as it was.
    pub(crate) async fn add_message(&self, message: Message) -> Result<(), StoreError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(ADD)?;
            let columns = named_params! {
                ":id": message.id, ":sender": message.sender, ":receiver": message.receiver,
                ":body": message.body, ":media": message.media,
            };
            statement.execute(columns).map(drop)
        })
        .await
    }

    pub(crate) async fn messages(&self, span: Span) -> Result<Page<Message>, StoreError> {
        self.run(move |connection| Page::read(connection, LIST, span, record)).await
    }
}

fn record(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        id: row.get("id")?,
        received: row.get("received")?,
        sender: row.get("sender")?,
        receiver: row.get("receiver")?,
        body: row.get("body")?,
        media: row.get("media")?,
    })
}

const ADD: &str = "
    INSERT INTO message (id, sender, receiver, body, media)
    VALUES (:id, :sender, :receiver, :body, :media)
    ON CONFLICT (id) DO NOTHING";

const LIST: &str = "SELECT * FROM message WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2";
