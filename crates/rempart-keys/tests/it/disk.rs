//! A ring on disk, as the tests lay it out.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rempart_core::{Event, EventKind, Observer, Outcome, Reason};
use rempart_keys::{
    DirectoryError, Key, KeyId, KeyRing, LineFault, PolicyName, RingDirectory, RingFile, Secret,
};

use crate::folder::{Folder, mode};

/// 2026-11-22T00:00:00Z.
pub(crate) const NOW: Duration = Duration::from_secs(1_795_305_600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

pub(crate) const SEED: &str = "made-up-value-of-the-variable";

pub(crate) fn id(text: &str) -> KeyId {
    KeyId::new(text).unwrap()
}

/// The bytes that the key of this name has in these tests.
pub(crate) fn bytes(name: &str) -> String {
    if name == "env" { SEED.to_owned() } else { format!("made-up-secret-of-{name}") }
}

pub(crate) fn secret(name: &str) -> Secret {
    Secret::new(bytes(name)).unwrap()
}

pub(crate) fn names<'a>(keys: impl Iterator<Item = &'a Key>) -> Vec<String> {
    keys.map(|key| key.id().to_string()).collect()
}

/// The names of the keys that verify, in their order.
pub(crate) fn live(ring: &KeyRing) -> Vec<String> {
    names(ring.verifying())
}

pub(crate) struct Disk {
    folder: Folder,
}

impl Disk {
    /// A directory `KEYS/vapi/` with nothing in it.
    pub(crate) fn new() -> Self {
        let disk = Self { folder: Folder::new() };
        fs::create_dir_all(disk.path("")).unwrap();
        disk
    }

    /// One with a file `ring` of these lines, and the bytes of each key that they name.
    pub(crate) fn with(lines: &str) -> Self {
        let disk = Self::new();
        disk.ring(lines);
        disk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path("vapi").join(name)
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.folder.path("")
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
        mode(&self.path(name), 0o600);
    }

    /// The same in a new file: one that is cut off and written again is brought to the disk by some
    /// systems, which takes its time.
    pub(crate) fn new_file(&self, name: &str, content: impl AsRef<[u8]>) {
        let _ = fs::remove_file(self.path(name));
        self.file(name, content);
    }

    pub(crate) fn ring(&self, lines: &str) {
        for name in lines.lines().filter_map(|line| line.split_ascii_whitespace().next()) {
            let is_name = KeyId::new(name).is_ok() && name != "env" && name != "#";
            if is_name && !self.path(&format!("{name}.key")).exists() {
                self.file(&format!("{name}.key"), bytes(name) + "\n");
            }
        }
        self.file("ring", lines);
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// The ring's directory without the variable.
    pub(crate) fn bare(&self) -> RingDirectory {
        RingDirectory::new(self.keys(), PolicyName::new("vapi").unwrap())
    }

    /// The ring's directory as a service has it that has the variable.
    pub(crate) fn seeded(&self) -> RingDirectory {
        self.bare().seed(secret("env"))
    }
}

/// So many lines of keys in this state.
pub(crate) fn lines(state: &str, count: usize) -> String {
    (0..count).flat_map(|n| ["k", &n.to_string(), " ", state, " -\n"].map(str::to_owned)).collect()
}

/// A fault of a line.
pub(crate) fn line(file: RingFile, line: usize, fault: LineFault) -> DirectoryError {
    DirectoryError::Line { file, line, fault }
}

/// Keeps what it was told.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<Told>>>);

pub(crate) type Told = (EventKind, Outcome, Option<Reason>, Option<KeyId>);

impl Recorder {
    /// What was told since the last time.
    pub(crate) fn take(&self) -> Vec<Told> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Observer for Recorder {
    fn observe(&self, event: &Event<'_>) {
        assert_eq!(event.policy.as_str(), "vapi");
        self.0.lock().unwrap().push((event.kind, event.outcome, event.reason, event.key));
    }
}
