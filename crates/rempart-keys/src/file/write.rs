use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::read::read_head;
use crate::random;

/// Puts a file in its place, which holds what was there before until it holds all of `content`.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let finished = finished_beside(path, content)?;
    fs::rename(&finished, path).inspect_err(|_| {
        // What stays behind is of mode 0600, as the file itself.
        let _ = fs::remove_file(&finished);
    })?;
    sync_folder(path);
    Ok(())
}

/// Adds a line to a file in one write, so that two writers at once lose none.
pub(crate) fn append_line(path: &Path, line: &str) -> io::Result<()> {
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
pub(crate) fn folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes a file that was not there, and that only its owner may read.
pub(super) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    owner_only(&mut options);
    options.open(path)
}

/// Writes the whole content into a new file beside `path`.
fn finished_beside(path: &Path, content: &[u8]) -> io::Result<PathBuf> {
    // Not the process's number: in a container it is the same at each start.
    let suffix = random::digits(8).ok_or(ErrorKind::Unsupported)?;
    // The dot keeps it from being taken for a file of the folder.
    let mut name = OsString::from(".");
    name.push(path.file_name().ok_or(ErrorKind::InvalidInput)?);
    name.push(format!(".{}.new", *suffix));
    let beside = path.with_file_name(name);
    let written = create(&beside).and_then(|mut file| {
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
    let here = |folder: &Path| folder.as_os_str().is_empty();
    if let Some(folder) = path.parent() {
        let folder = if here(folder) { Path::new(".") } else { folder };
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
