use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::random_digits;
use crate::{FileFault, Secret};

/// The bytes of a file, wiped when they are dropped.
pub(super) struct Text {
    bytes: Zeroizing<Vec<u8>>,
    open_to_others: bool,
    longer: bool,
}

impl Text {
    pub(super) fn expose(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes without the line end that editors and `echo` put last.
    pub(super) fn expose_value(&self) -> &[u8] {
        let bytes = self.expose();
        let line = bytes.strip_suffix(b"\n");
        line.map_or(bytes, |line| line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// Whether others than the owner may read or write the file; `false` where files have no mode.
    pub(super) const fn is_open_to_others(&self) -> bool {
        self.open_to_others
    }

    /// Whether the file has more than was read of it.
    pub(super) const fn is_cut(&self) -> bool {
        self.longer
    }
}

/// Reads a regular file whole.
pub(super) fn read(path: &Path) -> Result<Text, FileFault> {
    let text = read_head(path)?;
    if text.is_cut() { Err(FileFault::TooLarge) } else { Ok(text) }
}

/// Reads the first [`Secret::MAX_LEN`] bytes of a regular file; a link is followed, since
/// orchestrators mount secrets so.
pub(super) fn read_head(path: &Path) -> Result<Text, FileFault> {
    let io = |error: io::Error| FileFault::Io(error.kind());
    // Before it is opened: opening a pipe waits for somebody to write to it.
    if !fs::metadata(path).map_err(io)?.is_file() {
        return Err(FileFault::NotAFile);
    }
    let mut file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    // Never grows, for a growing buffer leaves copies behind.
    let room = Secret::MAX_LEN.saturating_add(1);
    let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    let room = if length == 0 { room } else { room.min(length.saturating_add(1)) };
    let mut bytes = Zeroizing::new(vec![0; room]);
    let read = fill(&mut file, &mut bytes).map_err(io)?;
    let longer = read == room;
    bytes.truncate(if longer { read.saturating_sub(1) } else { read });
    Ok(Text { bytes, open_to_others: open_to_others(&metadata), longer })
}

/// Reads until the end of the file or of the buffer.
fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0_usize;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(read) => filled = filled.saturating_add(read),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Puts a file in its place, which holds what was there before until it holds all of `content`.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let finished = finished_beside(path, content)?;
    fs::rename(&finished, path).inspect_err(|_| {
        // What stays behind is of mode 0600, as the file itself.
        let _ = fs::remove_file(&finished);
    })?;
    sync_folder(path);
    Ok(())
}

/// Adds a line to a file in one write, so that two writers at once lose none.
pub(super) fn append_line(path: &Path, line: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    owner_only(&mut options);
    // The last line of a file that a person wrote may have no end.
    let unended = match read_head(path) {
        Ok(text) => text.is_cut() || text.expose().last().is_some_and(|byte| *byte != b'\n'),
        Err(_) => false,
    };
    let text = format!("{}{line}\n", if unended { "\n" } else { "" });
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    sync_folder(path);
    Ok(())
}

/// Makes a folder that only its owner may enter, unless it is there.
pub(super) fn folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn finished_beside(path: &Path, content: &[u8]) -> io::Result<PathBuf> {
    let name = path.file_name().and_then(|name| name.to_str()).ok_or(ErrorKind::InvalidInput)?;
    let suffix = random_digits(8).ok_or(ErrorKind::Unsupported)?;
    let beside = path.with_file_name(format!(".{name}.{}.new", *suffix));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    owner_only(&mut options);
    let written = options.open(&beside).and_then(|mut file: File| {
        file.write_all(content)?;
        file.sync_all()
    });
    written.inspect_err(|_| {
        let _ = fs::remove_file(&beside);
    })?;
    Ok(beside)
}

/// Makes what was renamed last through a power failure. Not every file system can: then the old
/// file is there afterwards, which is whole as well.
fn sync_folder(path: &Path) {
    if let Some(folder) = path.parent() {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}

#[cfg(unix)]
fn owner_only(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;

    options.mode(0o600);
}

#[cfg(not(unix))]
const fn owner_only(_: &mut OpenOptions) {}

#[cfg(unix)]
fn open_to_others(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;

    metadata.mode() & 0o077 != 0
}

#[cfg(not(unix))]
const fn open_to_others(_: &Metadata) -> bool {
    false
}
