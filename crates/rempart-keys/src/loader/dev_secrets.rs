use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{ParseError, file, read_if_there};
use crate::{ConfigError, ConfigErrors, FileFault, Kind, Provenance, Secret, Variable, dotenv};

pub(super) type Values = Vec<(Variable, Secret)>;

/// Adds a random value for each of `missing` to the file, and returns those that are in it then.
///
/// The file is never half-written: a finished one takes its place. Where two processes start at
/// once in a folder without it, the second takes what the first has generated.
pub(super) fn generate(path: &Path, missing: &[Variable]) -> Result<Values, ConfigErrors> {
    let text = read_if_there(path, Provenance::DevSecrets)?;
    // Another process may have been here since the values were found missing.
    let mut values = match &text {
        Some(text) => present(text, missing)?,
        None => Values::new(),
    };
    let is_present =
        |variable: &&Variable| values.iter().any(|(present, _)| present.name() == variable.name());
    let missing: Vec<Variable> =
        missing.iter().filter(|variable| !is_present(variable)).copied().collect();
    if missing.is_empty() {
        return Ok(values);
    }
    let before = text.as_ref().map(file::Text::expose).unwrap_or_default();
    let (lines, generated) = render(before, &missing)?;
    values.extend(generated);
    let io = |error: std::io::Error| {
        let fault = FileFault::Io(error.kind());
        ConfigError::File { variable: None, provenance: Provenance::DevSecrets, fault }
    };
    let finished = finished_beside(path, &lines).map_err(io)?;
    let placed = if text.is_some() {
        fs::rename(&finished, path)
    } else {
        // A link, unlike a rename, does not replace what another process has put there meanwhile.
        let linked = fs::hard_link(&finished, path);
        match linked {
            Ok(()) => fs::remove_file(&finished),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
            // Not every file system has links.
            Err(_) => fs::rename(&finished, path),
        }
    };
    match placed {
        Ok(()) => Ok(values),
        Err(error) => {
            // What stays behind is of mode 0600, as the file itself.
            let _ = fs::remove_file(&finished);
            if text.is_none() && error.kind() == ErrorKind::AlreadyExists {
                return read_back(path, &missing);
            }
            Err(io(error).into())
        }
    }
}

/// What the file held before, and a line for each new value.
fn render(
    before: &[u8],
    missing: &[Variable],
) -> Result<(Zeroizing<Vec<u8>>, Values), ConfigError> {
    // Never grows: a name, `=`, the digits and a line break fit into this.
    let room = missing.len().saturating_mul(192).saturating_add(before.len()).saturating_add(256);
    let mut lines = Zeroizing::new(Vec::with_capacity(room));
    lines.extend_from_slice(before);
    if before.is_empty() {
        lines.extend_from_slice(HEAD.as_bytes());
    } else if !before.ends_with(b"\n") {
        lines.push(b'\n');
    }
    let mut values = Vec::with_capacity(missing.len());
    for variable in missing {
        let digits = random_digits(if variable.kind() == Kind::TwilioToken { 16 } else { 32 });
        let secret = digits.and_then(|digits| {
            lines.extend_from_slice(variable.name().as_bytes());
            lines.push(b'=');
            lines.extend_from_slice(digits.as_bytes());
            lines.push(b'\n');
            Secret::new(digits.as_bytes()).ok()
        });
        let secret = secret.ok_or(ConfigError::NoRandomness { variable: variable.name() })?;
        values.push((*variable, secret));
    }
    Ok((lines, values))
}

fn random_digits(bytes: usize) -> Option<Zeroizing<String>> {
    let mut random = Zeroizing::new([0_u8; 32]);
    let random = random.get_mut(..bytes)?;
    getrandom::fill(random).ok()?;
    let mut digits = Zeroizing::new(String::with_capacity(64));
    random.iter().try_for_each(|byte| write!(digits, "{byte:02x}")).ok()?;
    Some(digits)
}

/// Writes the whole content into a new file beside `path`, which only the owner may read.
fn finished_beside(path: &Path, content: &[u8]) -> std::io::Result<PathBuf> {
    let mut name = path.file_name().ok_or(ErrorKind::InvalidInput)?.to_owned();
    // Not the process's number: in a container it is the same at each start.
    let suffix = random_digits(8).ok_or(ErrorKind::Unsupported)?;
    name.push(format!(".{}.new", *suffix));
    let beside = path.with_file_name(name);
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

/// What another process has generated.
fn read_back(path: &Path, missing: &[Variable]) -> Result<Values, ConfigErrors> {
    let provenance = Provenance::DevSecrets;
    let text = file::read(path).map_err(|fault| ConfigError::File {
        variable: None,
        provenance,
        fault,
    })?;
    let values = present(&text, missing)?;
    let is_missing =
        |variable: &&Variable| values.iter().all(|(present, _)| present.name() != variable.name());
    match missing.iter().find(is_missing) {
        None => Ok(values),
        Some(variable) => {
            let profile = crate::Profile::Development;
            Err(ConfigError::Missing { variable: variable.name(), profile }.into())
        }
    }
}

/// Those of `wanted` that the file holds.
fn present(text: &file::Text, wanted: &[Variable]) -> Result<Values, ConfigErrors> {
    let provenance = Provenance::DevSecrets;
    let entries = dotenv::parse(text.expose()).map_err(|errors| {
        errors.map(|ParseError { line, offset, fault }| ConfigError::Dotenv {
            provenance,
            line,
            offset,
            fault,
        })
    })?;
    let held = wanted.iter().filter_map(|variable| {
        let entry = entries.iter().find(|entry| entry.name() == variable.name())?;
        Some((*variable, Secret::new(entry.expose()).ok()?))
    });
    Ok(held.collect())
}

#[cfg(unix)]
fn owner_only(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;

    options.mode(0o600);
}

#[cfg(not(unix))]
const fn owner_only(_: &mut OpenOptions) {}

const HEAD: &str = "# Generated for development. Made up for this machine: never commit it, \
                    never use it elsewhere.\n";
