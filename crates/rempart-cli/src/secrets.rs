use std::env;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use rempart::keys::{Secret, SecretError};
use zeroize::Zeroizing;

use crate::args::{SecretArgs, SecretsArgs};
use crate::failure::{Failure, Faults};

/// One of several secrets, and what it is told by: its variable, or its file.
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) secret: Secret,
}

impl Named {
    /// Reads the secrets that the options tell the places of.
    pub(crate) fn from_options(args: &SecretsArgs, faults: &mut Faults) -> Vec<Self> {
        let mut all = Vec::new();
        for name in &args.secret_env {
            let secret = faults.take(from_environment("--secret-env", name));
            all.extend(secret.map(|secret| Self { name: name.clone(), secret }));
        }
        for path in &args.secret_file {
            let secret = faults.take(from_file("--secret-file", path));
            all.extend(secret.map(|secret| Self { name: path.display().to_string(), secret }));
        }
        all
    }
}

/// Reads the secret that the options tell the place of.
pub(crate) fn from_options(args: &SecretArgs) -> Result<Secret, Failure> {
    match (&args.secret_env, &args.secret_file) {
        (Some(name), _) => from_environment("--secret-env", name),
        (None, Some(path)) => from_file("--secret-file", path),
        (None, None) => Err(Failure::usage("--secret-env: not given")),
    }
}

/// Reads the secret that an environment variable holds; `option` is the option that names it.
///
/// What was given as the name is not repeated: somebody who confuses the two gives the secret.
pub(crate) fn from_environment(option: &str, name: &str) -> Result<Secret, Failure> {
    let unfit = |what: &str| Failure::Usage(format!("{option}: {what}"));
    let is_name = |text: &str| {
        let byte = |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric();
        !text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(byte)
    };
    if !is_name(name) {
        return Err(unfit("takes the name of an environment variable, never a secret itself"));
    }
    let value = env::var_os(name).ok_or_else(|| unfit("no such environment variable is set"))?;
    let value = Zeroizing::new(value.into_encoded_bytes());
    Secret::new(value.as_slice())
        .map_err(|error: SecretError| unfit(&format!("the variable's value {error}")))
}

/// Reads the secret that a file holds; `option` is the option that names it.
pub(crate) fn from_file(option: &str, path: &Path) -> Result<Secret, Failure> {
    let file = File::open(path);
    let file = file.map_err(|error| Failure::Usage(format!("{option}: {}", error.kind())))?;
    from_input(option, file)
}

/// Reads a secret to the end of the input; one line end at its own end is no part of it.
pub(crate) fn from_input(option: &str, input: impl Read) -> Result<Secret, Failure> {
    let unfit = |what: &str| Failure::Usage(format!("{option}: {what}"));
    // Of the full size from the start: a buffer that grows leaves copies behind. One byte more
    // than a secret and a line end may have is enough to see that it is too long.
    let most = Secret::MAX_LEN.saturating_add(3);
    let mut bytes = Zeroizing::new(Vec::with_capacity(most));
    let limit = u64::try_from(most).unwrap_or(u64::MAX);
    let read = input.take(limit).read_to_end(&mut bytes);
    read.map_err(|error| unfit(&error.kind().to_string()))?;
    let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    Secret::new(text).map_err(|error: SecretError| unfit(&format!("the secret {error}")))
}
