//! A ring on disk: a folder of small files, fit to be a mounted Kubernetes secret.

mod error;
mod line;
mod reading;
mod timestamp;
mod used;
mod write;

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use rempart_core::PolicyName;

pub use self::error::{DirectoryError, DirectoryErrors, LineFault, RingFile, WriteError};
pub(crate) use self::reading::Reading;
pub use self::timestamp::{Timestamp, TimestampError};
pub use self::used::UseRecord;
pub(crate) use self::used::Used;
use crate::{KeyId, KeyRing, KeyState, Secret};

/// Where the keys of one purpose are kept: the folder `KEYS/RING/`.
///
/// The README describes its files. Nothing is kept open, and nothing is read until it is asked
/// for.
///
/// ```
/// use std::time::Duration;
/// use rempart_keys::{Key, KeyId, PolicyName, RingDirectory};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let keys = std::env::temp_dir().join(format!("rempart-doc-{}", std::process::id()));
/// let directory = RingDirectory::new(&keys, PolicyName::new("vapi")?);
/// let (first, second) = (KeyId::new("2026-q4")?, KeyId::new("2027-q1")?);
/// let now = Duration::from_secs(1_793_491_200);
/// let week = Duration::from_secs(7 * 86_400);
///
/// directory.generate(first, now)?;
/// directory.promote(first, now, week)?;
/// directory.generate(second, now)?;
/// directory.promote(second, now, week)?;
///
/// let ring = directory.read(now)?;
/// assert_eq!(ring.signing().map(Key::id), Some(second));
/// assert_eq!(ring.verifying().count(), 2);
/// assert_eq!(directory.read(now + week)?.verifying().count(), 1);
///
/// directory.revoke(first, now)?;
/// assert_eq!(directory.read(now)?.verifying().count(), 1);
/// # std::fs::remove_dir_all(keys)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RingDirectory {
    path: PathBuf,
    name: PolicyName,
    seed: Option<Secret>,
    minimum: usize,
}

impl RingDirectory {
    /// The name that the key of the variable of the same purpose goes by: `env`.
    pub const SEED_ID: &str = "env";

    /// Names the folder of a ring in the folder of all rings. It need not be there yet.
    pub fn new(keys: impl AsRef<Path>, ring: PolicyName) -> Self {
        let path = keys.as_ref().join(ring.as_str());
        Self { path, name: ring, seed: None, minimum: 0 }
    }

    /// The rings in a folder, by name. What is no folder, or is not named as a ring, is none.
    ///
    /// # Errors
    ///
    /// What the operating system says of the folder.
    pub fn all(keys: impl AsRef<Path>) -> io::Result<Vec<Self>> {
        let mut rings = Vec::new();
        for entry in fs::read_dir(&keys)? {
            let entry = entry?;
            let name = entry.file_name();
            let ring = name.to_str().and_then(|name| PolicyName::new(name).ok());
            rings.extend(ring.filter(|_| entry.path().is_dir()));
        }
        rings.sort_unstable();
        Ok(rings.into_iter().map(|ring| Self::new(&keys, ring)).collect())
    }

    /// Takes the value of the variable of the same purpose as a key named `env`.
    ///
    /// It is the active one while the file `ring` has none, unless a line of that file speaks of
    /// `env` or the file `revoked` names it.
    #[must_use]
    pub fn seed(mut self, secret: Secret) -> Self {
        self.seed = Some(secret);
        self
    }

    /// Refuses keys in files of fewer bytes.
    #[must_use]
    pub const fn minimum(mut self, bytes: usize) -> Self {
        self.minimum = bytes;
        self
    }

    /// The name of the ring.
    #[must_use]
    pub const fn name(&self) -> &PolicyName {
        &self.name
    }

    /// The folder of the ring.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the ring as it is at `now`, since the Unix epoch: a retiring key whose time is over
    /// is revoked.
    ///
    /// # Errors
    ///
    /// Every fault of every file at once.
    pub fn read(&self, now: Duration) -> Result<KeyRing, DirectoryErrors> {
        Reading::take(self).ring.map(|ring| ring.expire(now))
    }

    /// Every key with what is known of it, in the order of the file. The key of the variable is
    /// among them as it is for a service that has the variable, be it given here or not.
    ///
    /// # Errors
    ///
    /// Every fault of every file at once, as [`WriteError::Directory`];
    /// [`WriteError::NoRandomness`].
    pub fn entries(&self) -> Result<Vec<DirectoryEntry>, WriteError> {
        let reading = Reading::take(&self.with_stand_in()?);
        let used = Used::read(self);
        let ring = reading.ring?;
        let entries = ring.entries().map(|entry| DirectoryEntry {
            id: entry.id,
            state: entry.state,
            created: entry.created,
            used: used.of(entry.id),
            open_to_others: reading.open_to_others.contains(&entry.id),
        });
        Ok(entries.collect())
    }

    /// When the services last wrote down how the keys are used, and since when they have watched;
    /// `None` if no service has, or if what is there cannot be read.
    #[must_use]
    pub fn use_record(&self) -> Option<UseRecord> {
        Used::read(self).record()
    }
}

/// A key of a [`RingDirectory`], without its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DirectoryEntry {
    /// The name.
    pub id: KeyId,
    /// What the key may do. A retiring key is retiring also after its time.
    pub state: KeyState,
    /// When it was made, since the Unix epoch; not known of the variable's key.
    pub created: Option<Duration>,
    /// When it last verified something, as far as the services have written it down.
    pub used: Option<KeyUsed>,
    /// Whether others than the owner may read or write its file. Orchestrators mount secrets so,
    /// which is why it is no fault.
    pub open_to_others: bool,
}

/// How a key was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyUsed {
    /// When it last verified something, since the Unix epoch.
    pub last: Duration,
    /// How often it has verified something.
    pub count: u64,
}

/// The name of the variable's key; it is a name, so that there always is one.
fn env() -> Option<KeyId> {
    KeyId::new(RingDirectory::SEED_ID).ok()
}

fn is_env(id: KeyId) -> bool {
    id.as_str() == RingDirectory::SEED_ID
}
