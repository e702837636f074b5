use std::env;

use rempart::keys::{Secret, SecretError};
use zeroize::Zeroizing;

use crate::failure::Failure;

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
