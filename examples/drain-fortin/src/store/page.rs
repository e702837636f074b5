use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};

/// Which part of a list is asked for: the newest, or those before a record.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(crate) struct Span {
    /// At most this many; out of bounds, the nearest bound.
    limit: Option<u32>,
    /// The `next` of the page before.
    before: Option<i64>,
}

/// A part of a list, the newest record first.
#[derive(Debug, Serialize)]
pub(crate) struct Page<T> {
    items: Vec<T>,
    /// What to ask for to go on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

impl<T> Page<T> {
    /// Reads a page by a statement that takes a bound on `seq` and a count, newest first, and
    /// gives `seq` in its first column.
    pub(super) fn read(
        connection: &Connection,
        statement: &str,
        span: Span,
        mut record: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Self> {
        let limit = span.limit.unwrap_or(DEFAULT).clamp(1, MOST);
        // One more than asked for tells whether there is a page after this one.
        let bounds = (span.before.unwrap_or(i64::MAX), limit.saturating_add(1));
        let mut statement = connection.prepare_cached(statement)?;
        let rows = statement.query_map(bounds, |row| Ok((row.get::<_, i64>(0)?, record(row)?)))?;
        let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().map(|(seq, _)| *seq).filter(|_| more);
        Ok(Self { items: rows.into_iter().map(|(_, record)| record).collect(), next })
    }
}

const DEFAULT: u32 = 100;

/// A hundred transcripts of a long call are a few megabytes; a thousand would be too many.
const MOST: u32 = 200;
