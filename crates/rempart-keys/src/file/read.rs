use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read, Seek};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use zeroize::Zeroizing;

use crate::{FileFault, Secret};

/// The bytes of a value or of a file, wiped when they are dropped.
pub(crate) struct Text {
    bytes: Zeroizing<Vec<u8>>,
    open_to_others: bool,
    changed: Option<Duration>,
    cut: bool,
}

impl Text {
    /// A value that stood in a file which was written at `changed`, if in any.
    pub(crate) fn of(bytes: &[u8], changed: Option<Duration>) -> Self {
        let bytes = Zeroizing::new(bytes.to_vec());
        Self { bytes, open_to_others: false, changed, cut: false }
    }

    pub(crate) fn expose(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether others than the owner may read or write the file; `false` where files have no mode.
    pub(crate) const fn is_open_to_others(&self) -> bool {
        self.open_to_others
    }

    /// When the file was last written, since 1970; `None` where there is no file, or no such time.
    pub(crate) const fn changed(&self) -> Option<Duration> {
        self.changed
    }

    /// Whether the file has more than was read of it.
    pub(crate) const fn is_cut(&self) -> bool {
        self.cut
    }

    /// Leaves out the line break that editors and `echo` put at the end.
    pub(crate) fn without_line_break(mut self) -> Self {
        if self.bytes.last() == Some(&b'\n') {
            self.bytes.pop();
            if self.bytes.last() == Some(&b'\r') {
                self.bytes.pop();
            }
        }
        self
    }
}

/// Reads a regular file of at most [`Secret::MAX_LEN`] bytes.
pub(crate) fn read(path: &Path) -> Result<Text, FileFault> {
    let text = read_head(path)?;
    if text.is_cut() { Err(FileFault::TooLarge) } else { Ok(text) }
}

/// Reads the first [`Secret::MAX_LEN`] bytes of a regular file; a link is followed, since
/// orchestrators mount secrets so.
pub(crate) fn read_head(path: &Path) -> Result<Text, FileFault> {
    let io = |error: io::Error| FileFault::Io(error.kind());
    // Before it is opened: opening a pipe waits for somebody to write to it.
    if !fs::metadata(path).map_err(io)?.is_file() {
        return Err(FileFault::NotAFile);
    }
    let mut file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    // One byte more than the file has: what fills it has grown meanwhile, as `revoked` does, and is
    // read once more. A file that says that it has none may have some (`/proc`).
    let whole = Secret::MAX_LEN.saturating_add(1);
    let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    let room = if length == 0 { whole } else { whole.min(length.saturating_add(1)) };
    let mut bytes = beginning(&mut file, room).map_err(io)?;
    if bytes.len() == room && room < whole {
        file.rewind().map_err(io)?;
        bytes = beginning(&mut file, whole).map_err(io)?;
    }
    let cut = bytes.len() == whole;
    bytes.truncate(Secret::MAX_LEN);
    let modified = metadata.modified().ok();
    Ok(Text {
        bytes,
        open_to_others: open_to_others(&metadata),
        changed: modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok()),
        cut,
    })
}

/// Reads until the end of the file, or this many bytes, into a buffer that never grows: a growing
/// one leaves copies behind.
fn beginning(file: &mut File, most: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; most]);
    let mut filled = 0_usize;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(read) => filled = filled.saturating_add(read),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// The path that the bytes of an environment variable or of a `.env` file spell: the bytes
/// themselves, for they may be a secret that stands in the wrong place.
pub(crate) fn path(bytes: &[u8]) -> Result<&Path, FileFault> {
    if bytes.len() > MAX_PATH {
        return Err(FileFault::Io(ErrorKind::InvalidFilename));
    }
    spelt(bytes)
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere a path is Unicode")]
fn spelt(bytes: &[u8]) -> Result<&Path, FileFault> {
    use std::os::unix::ffi::OsStrExt;

    Ok(Path::new(std::ffi::OsStr::from_bytes(bytes)))
}

#[cfg(not(unix))]
fn spelt(bytes: &[u8]) -> Result<&Path, FileFault> {
    let invalid = |_| FileFault::Io(ErrorKind::InvalidInput);
    str::from_utf8(bytes).map(Path::new).map_err(invalid)
}

#[cfg(unix)]
fn open_to_others(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;

    metadata.mode() & 0o077 != 0
}

#[cfg(not(unix))]
const fn open_to_others(_: &Metadata) -> bool {
    false
}

/// A longer one is copied by the standard library where nobody wipes it, and what is so long is
/// more often a secret in the wrong place than a path.
const MAX_PATH: usize = 383;
