use std::fmt;
use std::io;

use thiserror::Error;

use crate::{FileFault, KeyId, KeyRing, RingError, SecretError};

/// Every fault of a ring's directory at once; never empty.
pub type DirectoryErrors = rempart_core::ConfigErrors<DirectoryError>;

/// One fault of a ring's directory.
///
/// `Copy`, and made of names of keys, numbers of lines and rules: there is no room for the
/// content of a file. A key is named only where its whole line was understood.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum DirectoryError {
    /// A file cannot be used.
    #[error("{file}: {fault}")]
    File {
        /// The file.
        file: RingFile,
        /// What is wrong with it.
        fault: FileFault,
    },
    /// A line is not of its form.
    #[error("{file}: line {line}: {fault}")]
    Line {
        /// The file.
        file: RingFile,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        fault: LineFault,
    },
    /// The file names no key: it was cut off, or should not be there.
    #[error("{file}: names no key")]
    NoKeys {
        /// The file.
        file: RingFile,
    },
    /// Whoever uses the ring does not take it.
    #[error("the ring is refused by a policy that uses it")]
    Refused,
    /// The keys do not go together.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// The bytes of a key are no secret.
    #[error("{}: {fault}", RingFile::Key(*.id))]
    Secret {
        /// The key.
        id: KeyId,
        /// Why not.
        fault: SecretError,
    },
    /// The file names more keys than are read.
    #[error("{file}: names more than {most} keys")]
    TooMany {
        /// The file.
        file: RingFile,
        /// How many are read.
        most: usize,
    },
}

/// A file of a ring's directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RingFile {
    /// The directory itself.
    Directory,
    /// `ID.key`: the bytes of one key.
    Key(KeyId),
    /// `.lock`: there while a writer is at work.
    Lock,
    /// `revoked`: the keys that are revoked, whatever else stands anywhere.
    Revoked,
    /// `ring`: the keys and their states.
    Ring,
    /// `used`: when each key last verified something.
    Used,
}

impl fmt::Display for RingFile {
    /// The name of the file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory => f.write_str("the directory"),
            Self::Key(id) => write!(f, "{id}.key"),
            Self::Lock => f.write_str(".lock"),
            Self::Revoked => f.write_str("revoked"),
            Self::Ring => f.write_str("ring"),
            Self::Used => f.write_str("used"),
        }
    }
}

/// What is wrong with a line of `ring` or `revoked`.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum LineFault {
    /// The time of creation is neither a time nor `-`.
    #[error("the third word is neither a time such as 2026-11-01T00:00:00Z nor `-`")]
    Created,
    /// There are words after the last.
    #[error("has a word too many")]
    Extra,
    /// The first word is no name of a key.
    #[error("the first word is no name of a key ([A-Za-z0-9._-], 1 to 16 bytes)")]
    Id,
    /// Holds bytes that are not ASCII.
    #[error("holds bytes that are not ASCII")]
    NotAscii,
    /// The state is none.
    #[error("the second word is not active, pending, retiring, revoked or destroyed")]
    State,
    /// A retiring key has no end.
    #[error("the fourth word is not the time at which a retiring key ends")]
    Until,
}

/// Why a ring's directory was not changed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteError {
    /// The ring cannot be read, so that it cannot be changed either.
    #[error("{0}")]
    Directory(#[from] DirectoryErrors),
    /// A file cannot be written.
    #[error("{file}: {kind}")]
    Io {
        /// The file.
        file: RingFile,
        /// Why not.
        kind: io::ErrorKind,
    },
    /// Another writer is at work, or was cut off at it.
    #[error("another writer is at work; if none is, remove the file `.lock`")]
    Locked,
    /// The directory is a mounted volume, which is changed where it is mounted from.
    #[error("the directory is a mounted volume: change what is mounted there")]
    Mounted,
    /// The operating system gave no randomness.
    #[error("no randomness to make a key or a file's name from")]
    NoRandomness,
    /// The name is that of the variable's key.
    #[error("key `{id}`: the name is that of the variable's key")]
    Reserved {
        /// The name.
        id: KeyId,
    },
    /// The ring does not change so.
    #[error(transparent)]
    Ring(#[from] RingError),
}

impl WriteError {
    pub(super) fn io(file: RingFile) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Io { file, kind: error.kind() }
    }
}

/// How many keys one file may name.
pub(super) const MOST_KEYS: usize = KeyRing::MAX_KEYS;
