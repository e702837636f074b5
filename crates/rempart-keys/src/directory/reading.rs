use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rempart_core::Faults;
use sha2::{Digest as _, Sha256};

use super::error::{DirectoryError, DirectoryErrors, MOST_KEYS, RingFile};
use super::line::{Line, parse_revoked, parse_ring};
use super::{RingDirectory, env, is_env};
use crate::ring::Restored;
use crate::{FileFault, KeyId, KeyRing, KeyState, Secret, file};

/// What one look at a ring's directory found.
pub(crate) struct Reading {
    /// The ring, retiring keys whose time is over included.
    pub(crate) ring: Result<KeyRing, DirectoryErrors>,
    /// Every key that any line calls revoked, also where nothing else was understood.
    pub(crate) revoked: Vec<KeyId>,
    /// Whether there is a file `ring`.
    pub(crate) has_ring: bool,
    /// The keys whose files are open to others than their owner.
    pub(crate) open_to_others: Vec<KeyId>,
    /// Tells this content from any other.
    pub(crate) digest: [u8; 32],
}

impl Reading {
    /// Reads everything from one place: what `..data` points to, if that is how it is mounted. A
    /// volume that was swapped meanwhile is read once more.
    pub(crate) fn take(directory: &RingDirectory) -> Self {
        let mut place = resolved(directory.path());
        for _ in 0..2 {
            let reading = Pass::new(directory, &place).read();
            let now = resolved(directory.path());
            if now == place {
                return reading;
            }
            place = now;
        }
        Pass::new(directory, &place).read()
    }
}

/// Where the files are at this moment.
fn resolved(path: &Path) -> PathBuf {
    // More than once, for a link may lead to what is being taken away.
    let folder = (0..4).find_map(|_| fs::canonicalize(path).ok());
    let folder = folder.unwrap_or_else(|| path.to_path_buf());
    // What the link says, whether it is there still or not: files that are read through the link
    // itself may be of two volumes.
    match fs::read_link(folder.join(DATA)) {
        Ok(volume) => folder.join(volume),
        Err(_) => folder,
    }
}

/// The link by which Kubernetes swaps the files of a mounted volume all at once.
pub(super) const DATA: &str = "..data";

struct Pass<'a> {
    directory: &'a RingDirectory,
    place: &'a Path,
    digest: Sha256,
    faults: Faults<DirectoryError>,
    revoked: Vec<KeyId>,
    open_to_others: Vec<KeyId>,
}

impl<'a> Pass<'a> {
    fn new(directory: &'a RingDirectory, place: &'a Path) -> Self {
        let digest = Sha256::new();
        let (faults, revoked, open_to_others) = (Faults::new(), Vec::new(), Vec::new());
        Self { directory, place, digest, faults, revoked, open_to_others }
    }

    fn read(mut self) -> Reading {
        // From here on the digest stays where it is: where it is moved from, nobody wipes its buffer.
        let seed = self.directory.seed.as_ref().map(Secret::expose);
        feed(&mut self.digest, seed.ok_or("no seed"));
        // Before all else, and whatever becomes of the rest.
        self.read_revoked();
        let (mut lines, has_ring) = self.read_ring();
        self.add_implied(&mut lines);
        let keys: Vec<_> = lines.iter().filter_map(|line| self.read_key(line)).collect();
        let faults = &mut self.faults;
        let ring = KeyRing::restore(&keys, |fault| faults.push(fault.into()));
        Reading {
            ring: self.faults.finish().map(|()| ring),
            revoked: self.revoked,
            has_ring,
            open_to_others: self.open_to_others,
            digest: self.digest.finalize_reset().into(),
        }
    }

    fn read_revoked(&mut self) {
        let file = RingFile::Revoked;
        match self.text(file, file::read_head) {
            Ok(text) => {
                let mut lines = text.expose();
                if text.is_cut() {
                    self.faults.push(DirectoryError::File { file, fault: FileFault::TooLarge });
                    // Half a name may be another key's.
                    let end = lines.iter().rposition(|byte| *byte == b'\n').unwrap_or_default();
                    lines = lines.get(..end).unwrap_or_default();
                }
                self.revoked = parse_revoked(lines, &mut self.faults);
            }
            Err(fault) if is_missing(fault) => {}
            Err(fault) => self.faults.push(DirectoryError::File { file, fault }),
        }
    }

    /// The lines of `ring`, and whether there is such a file.
    fn read_ring(&mut self) -> (Vec<Line>, bool) {
        let file = RingFile::Ring;
        let text = match self.text(file, file::read) {
            Ok(text) => text,
            // A ring of the variable's key alone needs no file.
            Err(fault) if is_missing(fault) && self.directory.seed.is_some() => {
                return (Vec::new(), false);
            }
            Err(fault) => {
                self.faults.push(DirectoryError::File { file, fault });
                return (Vec::new(), !is_missing(fault));
            }
        };
        let lines = parse_ring(text.expose(), &mut self.faults, &mut self.revoked);
        (lines, true)
    }

    /// Adds the line that the variable's key has without being written, and cuts what is too long.
    fn add_implied(&mut self, lines: &mut Vec<Line>) {
        let is_active = |line: &Line| line.state == KeyState::Active;
        let implied = !lines.iter().any(|line| is_env(line.id) || is_active(line));
        if let Some(id) = env().filter(|_| implied && self.directory.seed.is_some()) {
            lines.insert(0, Line { id, state: KeyState::Active, created: None });
        }
        if lines.len() > MOST_KEYS {
            // Says that the variable's key is not in the ring: that takes no room there.
            lines.retain(|line| !is_env(line.id) || line.state != KeyState::Destroyed);
        }
        if lines.len() > MOST_KEYS {
            let file = RingFile::Ring;
            self.faults.push(DirectoryError::TooMany { file, most: MOST_KEYS });
            lines.truncate(MOST_KEYS);
        }
    }

    fn read_key(&mut self, line: &Line) -> Option<Restored> {
        let id = line.id;
        let state = match line.state {
            KeyState::Destroyed => KeyState::Destroyed,
            _ if self.revoked.contains(&id) => KeyState::Revoked,
            state => state,
        };
        let secret = match state {
            _ if is_env(id) => self.directory.seed.clone(),
            KeyState::Destroyed => None,
            // Recognised if it can be; its file keeps nobody from revoking it.
            KeyState::Revoked => self.secret(id).ok(),
            _ => {
                let secret = self.secret(id);
                self.faults.take(secret)
            }
        };
        let is_live = !matches!(state, KeyState::Revoked | KeyState::Destroyed);
        // Without the variable, its key is not in the ring; other live keys have told their fault.
        if is_live && secret.is_none() {
            return None;
        }
        let created = line.created.map(super::Timestamp::since_epoch);
        Some(Restored { id, state, created, secret })
    }

    fn secret(&mut self, id: KeyId) -> Result<Secret, DirectoryError> {
        let file = RingFile::Key(id);
        let text = self.text(file, file::read);
        let text = text.map_err(|fault| DirectoryError::File { file, fault })?;
        if text.is_open_to_others() {
            self.open_to_others.push(id);
        }
        let secret = Secret::new(text.without_line_break().expose());
        let secret = secret.and_then(|secret| secret.at_least(self.directory.minimum));
        secret.map_err(|fault| DirectoryError::Secret { id, fault })
    }

    fn text(
        &mut self,
        name: RingFile,
        read: fn(&Path) -> Result<file::Text, FileFault>,
    ) -> Result<file::Text, FileFault> {
        let text = read(&self.place.join(name.to_string()));
        self.digest.update(name.to_string());
        match &text {
            Ok(text) => feed(&mut self.digest, Ok(text.expose())),
            Err(fault) => feed(&mut self.digest, Err(&fault.to_string())),
        }
        text
    }
}

/// Framed, so that no content reads as another.
fn feed(digest: &mut Sha256, content: Result<&[u8], &str>) {
    let (mark, bytes) = match content {
        Ok(bytes) => (1, bytes),
        Err(text) => (0, text.as_bytes()),
    };
    digest.update([mark]);
    digest.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
    digest.update(bytes);
}

fn is_missing(fault: FileFault) -> bool {
    fault == FileFault::Io(ErrorKind::NotFound)
}
