use rusqlite::{Connection, TransactionBehavior};

/// Why this database is not ours to use; `None` when it is, or is still empty.
pub(super) fn foreign(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match (application, version) {
        (APPLICATION, 0..=VERSION) => damage(connection)?,
        (APPLICATION, newer) => Some(format!("it was written by a newer version ({newer})")),
        (0, 0) if tables == 0 => None,
        _ => Some("it belongs to another program".to_owned()),
    })
}

fn damage(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let verdict: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    Ok((verdict != "ok").then(|| "it is damaged".to_owned()))
}

/// Brings the database to the present version, in one transaction.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    // Immediate: a lock that somebody holds is found out now and not with the first webhook.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version < 1 {
        transaction.execute_batch(FIRST)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
    }
    if version < 2 {
        transaction.execute_batch(SECOND)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

/// "Drft": tells our files from those of other programs.
const APPLICATION: i64 = 0x4472_6674;

const VERSION: i64 = 2;

/// `seq` orders the lists and pages them; `id` is the sender's, and unique.
const FIRST: &str = "
    CREATE TABLE user (
        email    TEXT PRIMARY KEY,
        role     TEXT NOT NULL CHECK (role IN ('agent', 'admin')),
        password TEXT NOT NULL,
        created  TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
    ) STRICT;
    CREATE TABLE call (
        seq          INTEGER PRIMARY KEY,
        id           TEXT NOT NULL UNIQUE,
        received     TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
        started      TEXT,
        ended        TEXT,
        ended_reason TEXT,
        customer     TEXT,
        summary      TEXT,
        transcript   TEXT
    ) STRICT;
    CREATE TABLE message (
        seq      INTEGER PRIMARY KEY,
        id       TEXT NOT NULL UNIQUE,
        received TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
        sender   TEXT NOT NULL,
        receiver TEXT NOT NULL,
        body     TEXT NOT NULL,
        media    INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE lead (
        seq     INTEGER PRIMARY KEY AUTOINCREMENT,
        created TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
        author  TEXT NOT NULL,
        name    TEXT NOT NULL,
        phone   TEXT,
        email   TEXT,
        note    TEXT
    ) STRICT;
";

/// Sessions, by hashes: what stands here renews none. Times are seconds since 1970; `access` holds
/// the tokens that a session was given and that live, `revoked` those that live and must not.
const SECOND: &str = "
    CREATE TABLE session (
        id     BLOB PRIMARY KEY,
        secret BLOB NOT NULL,
        email  TEXT NOT NULL REFERENCES user (email) ON DELETE CASCADE,
        begun  INTEGER NOT NULL,
        ends   INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX session_email ON session (email, ends);
    CREATE INDEX session_ends ON session (ends);
    CREATE TABLE access (
        id      TEXT PRIMARY KEY,
        session BLOB NOT NULL REFERENCES session (id) ON DELETE CASCADE,
        ends    INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX access_session ON access (session, ends);
    CREATE INDEX access_ends ON access (ends);
    CREATE TABLE revoked (
        id   TEXT PRIMARY KEY,
        ends INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE signed_out (
        email  TEXT PRIMARY KEY,
        before INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
";
