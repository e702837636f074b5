use std::time::Duration;

use rusqlite::Connection;

use super::seconds::Seconds;
use super::{Access, Store, StoreError, sessions};

impl Store {
    /// Takes what the database knows of revoked tokens into memory, where requests ask for it.
    pub(crate) async fn read_revocations(&self, now: Duration) -> Result<(), StoreError> {
        let revocations = self.revocations.clone();
        self.run(move |connection| {
            sessions::begin(connection, now)?.commit()?;
            let revoked = list(connection, REVOKED, |id, ends| Access { id, ends })?;
            let signed_out = list(connection, SIGNED_OUT, |email, before| (email, before))?;
            revocations.take(revoked, now);
            for (email, before) in signed_out {
                revocations.signed_out(&email, before, now);
            }
            Ok(())
        })
        .await
    }

    /// A number that changes when another program has written to the database.
    pub(crate) async fn version(&self) -> Result<i64, StoreError> {
        self.run(|connection| connection.pragma_query_value(None, "data_version", |row| row.get(0)))
            .await
    }
}

fn list<T>(
    connection: &Connection,
    statement: &str,
    make: impl Fn(String, Duration) -> T,
) -> rusqlite::Result<Vec<T>> {
    let mut statement = connection.prepare_cached(statement)?;
    let rows = statement.query_map([], |row| {
        let Seconds(time) = row.get(1)?;
        Ok(make(row.get(0)?, time))
    });
    rows?.collect()
}

const REVOKED: &str = "SELECT id, ends FROM revoked";

const SIGNED_OUT: &str = "SELECT email, before FROM signed_out";
