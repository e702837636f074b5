use std::time::Duration;

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Result, ToSql};

/// A time since 1970, in whole seconds, as the database keeps it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seconds(pub(super) Duration);

impl ToSql for Seconds {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        // No clock gets there.
        Ok(i64::try_from(self.0.as_secs()).unwrap_or(i64::MAX).into())
    }
}

impl FromSql for Seconds {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let seconds = value.as_i64()?;
        let seconds = u64::try_from(seconds).map_err(|_| FromSqlError::OutOfRange(seconds))?;
        Ok(Self(Duration::from_secs(seconds)))
    }
}
