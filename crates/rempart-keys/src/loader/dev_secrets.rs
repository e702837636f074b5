use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{ParseError, read_if_there};
use crate::file::{self, Lock, LockFault};
use crate::{
    ConfigError, ConfigErrors, FileFault, Kind, Provenance, Secret, Variable, dotenv, random,
};

pub(super) type Values = Vec<(Variable, Secret)>;

/// Adds a random value for each of `missing` to the file, and returns those that are in it then.
///
/// Of several processes that start at once each adds to what those before it have generated. The
/// file is never half-written: a finished one takes its place.
pub(super) fn generate(path: &Path, missing: &[Variable]) -> Result<Values, ConfigErrors> {
    let at_fault =
        |fault| ConfigError::File { variable: None, provenance: Provenance::DevSecrets, fault };
    let io = |error: io::Error| FileFault::Io(error.kind());
    let _lock = Lock::take(lock_of(path)).map_err(|fault| match fault {
        LockFault::Held => at_fault(FileFault::Locked),
        LockFault::Io(error) => at_fault(io(error)),
    })?;
    let text = read_if_there(path, Provenance::DevSecrets)?;
    // Another process may have been here since the values were found missing.
    let mut values = match &text {
        Some(text) => present(text, missing)?,
        None => Values::new(),
    };
    let is_missing =
        |variable: &&Variable| values.iter().all(|(present, _)| present.name() != variable.name());
    let missing: Vec<Variable> = missing.iter().filter(is_missing).copied().collect();
    if !missing.is_empty() {
        let before = text.as_ref().map(file::Text::expose).unwrap_or_default();
        let (lines, generated) = render(before, &missing)?;
        file::replace(path, &lines).map_err(|error| at_fault(io(error)))?;
        values.extend(generated);
    }
    Ok(values)
}

/// The file's name with `.lock` at its end.
fn lock_of(path: &Path) -> PathBuf {
    let mut path = OsString::from(path);
    path.push(".lock");
    path.into()
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
        let digits = random::digits(if variable.kind() == Kind::TwilioToken { 16 } else { 32 });
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

const HEAD: &str = "# Generated for development. Made up for this machine: never commit it, \
                    never use it elsewhere.\n";
