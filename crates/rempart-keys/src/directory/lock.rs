use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use super::error::{RingFile, WriteError};
use super::{RingDirectory, file};

/// Keeps other writers out until it is dropped.
pub(super) struct Lock(PathBuf);

impl Lock {
    /// Makes the directory if it is not there, and waits for another writer to end.
    pub(super) fn take(directory: &RingDirectory) -> Result<Self, WriteError> {
        file::folder(directory.path()).map_err(WriteError::io(RingFile::Directory))?;
        let path = directory.path().join(RingFile::Lock.to_string());
        for _ in 0..TRIES {
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(_) => return Ok(Self(path)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => thread::sleep(PAUSE),
                Err(error) => return Err(WriteError::io(RingFile::Lock)(error)),
            }
        }
        Err(WriteError::Locked)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A writer is done in milliseconds; one that was cut off leaves its lock for ever.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(20);
