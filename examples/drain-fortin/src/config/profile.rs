use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use rempart_keys::{Profile, Secret, dotenv};

use super::ConfigError;

pub(super) const APP_ENV: &str = "APP_ENV";

/// Which profile is asked for: read before all else, since it says what else is needed.
///
/// The `.env` file counts too: a deployment that says `production` there must not start as
/// development.
pub(super) fn read(
    environment: &[(OsString, OsString)],
    dotenv: Option<&Path>,
) -> Result<Profile, ConfigError> {
    let mut named = environment.iter().filter(|(name, _)| name == APP_ENV);
    match (named.next(), named.next()) {
        (Some((_, value)), None) => parse(value.as_encoded_bytes()),
        (Some(_), Some(_)) => Err(ConfigError::AppEnv),
        (None, _) => dotenv.map_or(Ok(Profile::Development), read_file),
    }
}

fn read_file(path: &Path) -> Result<Profile, ConfigError> {
    let length = match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => metadata.len(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Profile::Development),
        _ => return Err(ConfigError::Dotenv),
    };
    if usize::try_from(length).is_ok_and(|length| length > Secret::MAX_LEN) {
        return Err(ConfigError::Dotenv);
    }
    let text = fs::read(path).map_err(|_| ConfigError::Dotenv)?;
    // What is wrong with the file is reported by the loader, which reads it again.
    let entries = dotenv::parse(&text).map_err(|_| ConfigError::Dotenv)?;
    let entry = entries.iter().find(|entry| entry.name() == APP_ENV);
    entry.map_or(Ok(Profile::Development), |entry| parse(entry.expose()))
}

fn parse(value: &[u8]) -> Result<Profile, ConfigError> {
    match value {
        b"development" => Ok(Profile::Development),
        b"production" => Ok(Profile::Production),
        _ => Err(ConfigError::AppEnv),
    }
}
