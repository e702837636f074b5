use rempart_core::NameError;
use thiserror::Error;

use super::Policy;

/// Every fault of a browser policy, in the order of its fields.
pub type ConfigErrors = rempart_core::ConfigErrors<ConfigError>;

/// One fault of a browser policy. Holds no byte of a secret.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The policy's name is none.
    #[error("name: {0}")]
    Name(#[from] NameError),
    /// More would be compared than a request is worth.
    #[error("secrets: {given} are given, at most {} are compared", Policy::MAX_SECRETS)]
    TooManySecrets {
        /// How many there are.
        given: usize,
    },
    /// What is to stand in events in place of the secret is no name (`[A-Za-z0-9._-]`, 1 to 64
    /// bytes), or holds the secret itself.
    #[error("secrets[{place}]: the name is not 1 to 64 bytes of `[A-Za-z0-9._-]`, or is the value")]
    SecretName {
        /// The place of the secret in the list, counted from 0. The name is left out: a value
        /// and a name are easily confused.
        place: usize,
    },
}
