//! One ring of the key directory.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use rempart::core::PolicyName;
use rempart::keys::{
    DirectoryEntry, KeyId, KeyRing, KeyState, RingDirectory, RingError, Secret, Timestamp,
    UseRecord, WriteError,
};

use super::judge::Ignorance;
use super::key_id;
use crate::failure::Failure;
use crate::stamp::now;

pub(super) struct Ring {
    pub(super) name: PolicyName,
    directory: RingDirectory,
}

impl Ring {
    pub(super) fn new(directory: RingDirectory) -> Self {
        Self { name: *directory.name(), directory }
    }

    pub(super) fn is_there(&self) -> bool {
        self.directory.path().is_dir()
    }

    /// Where the bytes of a key are.
    pub(super) fn key_file(&self, id: KeyId) -> PathBuf {
        self.directory.path().join(format!("{id}.key"))
    }

    /// Every key, that of the variable included.
    pub(super) fn entries(&self) -> Result<Vec<DirectoryEntry>, Failure> {
        self.directory.entries().map_err(|error| self.unfit(&error))
    }

    /// The keys with their bytes.
    pub(super) fn read(&self, now: Duration) -> Result<KeyRing, Failure> {
        self.directory.read(now).map_err(|error| self.unfit(&error.into()))
    }

    /// When the services last wrote down what they know of the use of the keys.
    pub(super) fn record(&self, now: Duration) -> Result<UseRecord, Ignorance> {
        let record = self.directory.use_record().ok_or(Ignorance::Missing)?;
        let (age, ahead) = (now.saturating_sub(record.at), record.at.saturating_sub(now));
        match (age > FRESH, ahead > FRESH) {
            (true, _) => Err(Ignorance::Stale(age)),
            (_, true) => Err(Ignorance::Ahead(ahead)),
            (false, false) => Ok(record),
        }
    }

    /// The key of this name. An unknown name is not repeated: the wrong argument may be a key.
    pub(super) fn known(&self, text: &str) -> Result<KeyId, Failure> {
        let id = key_id(text)?;
        if self.entries()?.iter().any(|entry| entry.id == id) {
            return Ok(id);
        }
        Err(Failure::usage("the ring has no key of this name (`rempart keys list` shows them)"))
    }

    /// Adds a pending key: the one that is given, or one of random bytes; under the day's name
    /// unless it is given another.
    pub(super) fn add(&self, id: Option<KeyId>, secret: Option<&Secret>) -> Result<KeyId, Failure> {
        let add = |id| match secret {
            Some(secret) => self.directory.add(id, secret, now()),
            None => self.directory.generate(id, now()).map(drop),
        };
        if let Some(id) = id {
            add(id).map_err(|error| self.unfit(&error))?;
            return Ok(id);
        }
        let day = Timestamp::at(now()).to_string();
        let day = day.split_once('T').map_or(&*day, |(day, _)| day);
        let mut id = KeyId::new(day).map_err(Failure::usage)?;
        // Another tool may take the same name at the same time: asking for it is what tells.
        for nth in 2..=KeyRing::MAX_KEYS {
            match add(id) {
                Ok(()) => return Ok(id),
                Err(WriteError::Ring(RingError::DuplicateId { .. })) => {
                    id = KeyId::new(&format!("{day}.{nth}")).map_err(Failure::usage)?;
                }
                Err(error) => return Err(self.unfit(&error)),
            }
        }
        Err(Failure::usage("--id: every name of this day is taken"))
    }

    /// Changes the ring.
    pub(super) fn write(
        &self,
        change: impl FnOnce(&RingDirectory) -> Result<(), WriteError>,
    ) -> Result<(), Failure> {
        change(&self.directory).map_err(|error| self.unfit(&error))
    }

    /// The keys that wait to be promoted.
    pub(super) fn pending(&self) -> Result<Vec<KeyId>, Failure> {
        let is_pending = |entry: &DirectoryEntry| entry.state == KeyState::Pending;
        Ok(self.entries()?.into_iter().filter(is_pending).map(|entry| entry.id).collect())
    }

    /// Which ring, and every fault of it on a line.
    fn unfit(&self, error: &WriteError) -> Failure {
        let mut text = format!("ring {}: ", self.name);
        let lines = error.to_string();
        let mut lines = lines.lines();
        text.push_str(lines.next().unwrap_or_default());
        for line in lines {
            // Writing to a text does not fail.
            let _ = write!(text, "\nrempart: ring {}: {line}", self.name);
        }
        Failure::Usage(text)
    }
}

/// Services write the record about once a second while keys are used, and now and then while none
/// is. After this long without a word nobody knows.
const FRESH: Duration = Duration::from_secs(60);
