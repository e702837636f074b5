use std::fs::{self, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{OpenError, StoreError, schema};
use crate::config::private_folder;

/// The database's file, known by its identity and not only by its name.
#[derive(Debug)]
pub(super) struct File {
    path: PathBuf,
    identity: Identity,
    log: PathBuf,
    log_identity: Identity,
}

impl File {
    pub(super) fn open(folder: &Path) -> Result<(Self, Connection), OpenError> {
        let unusable = |error| OpenError::Folder { path: folder.to_owned(), error };
        private_folder(folder).map_err(unusable)?;
        let path = folder.join(NAME);
        // SQLite would throw such a log away, and with it what was written last.
        let log = path.with_extension("db-wal");
        if !path.exists() && log.exists() {
            return Err(OpenError::Missing { path });
        }
        private_file(&path).map_err(unusable)?;
        let connection = connect(&path)?;
        let [identity, log_identity] =
            [&path, &log].map(|path| fs::metadata(path).map(|metadata| identity(&metadata)));
        let (identity, log_identity) =
            (identity.map_err(unusable)?, log_identity.map_err(unusable)?);
        Ok((Self { path, identity, log, log_identity }, connection))
    }

    /// Whether the file that was opened, and the log that holds what was written last, still stand
    /// at their paths: SQLite would go on writing to a file that was removed, and what was
    /// acknowledged would be lost.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let stands = |path: &Path, opened: Identity| {
            fs::metadata(path).is_ok_and(|metadata| identity(&metadata) == opened)
        };
        if stands(&self.path, self.identity) && stands(&self.log, self.log_identity) {
            Ok(())
        } else {
            Err(StoreError::Missing)
        }
    }
}

fn connect(path: &Path) -> Result<Connection, OpenError> {
    let fault = |error| OpenError::of(path.to_owned(), error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(fault)?;
    connection.busy_timeout(BUSY).map_err(fault)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(fault)?;
    // Before the journal is switched, which would write to a database that may not be ours.
    if let Some(reason) = schema::foreign(&connection).map_err(fault)? {
        return Err(OpenError::NotADatabase { path: path.to_owned(), reason });
    }
    connection.pragma_update(None, "journal_mode", "wal").map_err(fault)?;
    connection.pragma_update(None, "synchronous", "full").map_err(fault)?;
    schema::migrate(&mut connection).map_err(fault)?;
    Ok(connection)
}

/// Makes an empty file that its owner alone may read; SQLite gives its log the same mode.
fn private_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

// Elsewhere a file that is open cannot be removed or replaced.
#[cfg(not(unix))]
type Identity = ();

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Identity {}

const NAME: &str = "drain-fortin.db";

/// How long a statement waits for a lock that another program holds.
const BUSY: Duration = Duration::from_secs(2);
