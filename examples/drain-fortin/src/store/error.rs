use std::io;
use std::path::PathBuf;

use rusqlite::ErrorCode;
use thiserror::Error;

/// Why the database could not be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The folder of the data could not be made or used.
    #[error("the data folder `{}` cannot be used: {error}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The database is gone and its write-ahead log is still there.
    #[error(
        "the database `{}` is missing but its log beside it is not: \
         put the file back, or move the log away to start afresh",
        path.display()
    )]
    Missing {
        /// The file that is missing.
        path: PathBuf,
    },
    /// Another program holds the database.
    #[error("the database `{}` is locked by another program", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The file holds something else, or is damaged.
    #[error("`{}` is not a database of this service: {reason}", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// There is nowhere to keep what was revoked.
    #[error("the revoked tokens: {0}")]
    Revocations(rempart_token::ConfigError),
    /// The database could not be opened for another reason.
    #[error("the database `{}` cannot be opened: {error}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        error: rusqlite::Error,
    },
}

impl OpenError {
    pub(super) fn of(path: PathBuf, error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path },
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Self::NotADatabase { path, reason: error.to_string() }
            }
            _ => Self::Failed { path, error },
        }
    }
}

/// Why the database did not answer. The client is told 503, whatever it is.
#[derive(Debug, Error)]
pub(crate) enum StoreError {
    #[error("the database is locked by another program, or too much work waits for it")]
    Busy,
    #[error("the database is closed")]
    Closed,
    #[error("the database file is not in its place")]
    Missing,
    #[error("the database failed: {0}")]
    Failed(rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            _ => Self::Failed(error),
        }
    }
}
