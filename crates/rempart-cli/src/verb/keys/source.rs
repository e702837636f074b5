//! Where the bytes of a new key come from.

use std::io::Read;

use rempart::keys::Secret;

use crate::args::SourceArgs;
use crate::failure::Failure;
use crate::secrets;

/// A key that was given; nothing if it is to be made.
pub(super) fn given(
    source: &SourceArgs,
    minimum: usize,
    input: impl Read,
) -> Result<Option<Secret>, Failure> {
    let (option, secret) = if source.stdin {
        ("--stdin", secrets::from_input("--stdin", input)?)
    } else if let Some(name) = &source.secret_env {
        ("--secret-env", secrets::from_environment("--secret-env", name)?)
    } else if let Some(path) = &source.secret_file {
        ("--secret-file", secrets::from_file("--secret-file", path)?)
    } else {
        return Ok(None);
    };
    let secret = secret.at_least(minimum);
    secret.map(Some).map_err(|error| Failure::Usage(format!("{option}: the secret {error}")))
}
