use rempart_core::NameError;
use thiserror::Error;

use super::Policy;

/// Every fault of an egress policy, in the order of its fields.
pub type ConfigErrors = rempart_core::ConfigErrors<ConfigError>;

/// One fault of an egress policy. Holds names and lengths, never a byte of a secret.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The policy's name is none.
    #[error("name: {0}")]
    Name(#[from] NameError),
    /// Nothing would be looked for.
    #[error("secrets: none is given")]
    NoSecrets,
    /// More would be looked for than a response is worth.
    #[error("secrets: {given} are given, at most {} are looked for", Policy::MAX_SECRETS)]
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
    /// The secret stands in a response by chance.
    #[error("secrets.{name}: has {length} bytes, at least {} are needed", Policy::SHORTEST_SECRET)]
    SecretTooShort {
        /// Its name.
        name: Box<str>,
        /// How many bytes it has.
        length: usize,
    },
    /// No body would ever be searched.
    #[error("body_limit: is 0")]
    BodyLimitZero,
}
