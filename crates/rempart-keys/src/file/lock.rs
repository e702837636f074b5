use std::fs;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use super::write::create;

/// Keeps other writers out until it is dropped.
#[must_use = "others are kept out until this is dropped"]
pub(crate) struct Lock(PathBuf);

/// Why a lock was not taken.
pub(crate) enum LockFault {
    /// Somebody is at work, or was cut off at it.
    Held,
    /// The file of the lock cannot be made.
    Io(io::Error),
}

impl Lock {
    /// Waits for another writer to end, for about a second. The lock is the file itself: one that
    /// was not there is made by one process alone.
    pub(crate) fn take(path: PathBuf) -> Result<Self, LockFault> {
        for _ in 0..TRIES {
            match create(&path) {
                Ok(_) => return Ok(Self(path)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => thread::sleep(PAUSE),
                Err(error) => return Err(LockFault::Io(error)),
            }
        }
        Err(LockFault::Held)
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
