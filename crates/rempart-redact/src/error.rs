use rempart_core::NameError;
use thiserror::Error;

use crate::engine::BuildFault;

/// One fault of a policy. None shows a byte of a secret.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The value of a secret is a word that innocent texts hold: hiding it would hide them.
    #[error("secrets: `{name}`: its value is a common word")]
    CommonplaceSecret {
        /// What the secret is called.
        name: String,
    },
    /// Two detectors have one name.
    #[error("detectors: `{id}` is there twice")]
    DuplicateDetector {
        /// The name.
        id: &'static str,
    },
    /// The pattern of a detector can match nothing at all, which is everywhere.
    #[error("detectors: `{id}`: the pattern matches the empty text")]
    EmptyMatch {
        /// The detector.
        id: &'static str,
    },
    /// A key, an ending or a header has no letter or digit to compare.
    #[error("keys: `{key}` has no letter or digit")]
    EmptyKey {
        /// The key as it was given.
        key: String,
    },
    /// The name of a detector is not `[a-z0-9_]{1,48}`.
    #[error("detectors: `{id}` is no name: use a-z, 0-9 and _, at most 48")]
    InvalidDetectorName {
        /// The name as it was given.
        id: &'static str,
    },
    /// The name of the policy is none.
    #[error("name: {0}")]
    InvalidName(NameError),
    /// The name of a secret is not `[A-Za-z0-9_.-]{1,64}`.
    #[error("secrets: `{name}` is no name: use letters, digits, _ . and -, at most 64")]
    InvalidSecretName {
        /// The name as it was given.
        name: String,
    },
    /// The keywords of all detectors make an automaton that is too large.
    #[error("detectors: {message}")]
    Keywords {
        /// What the automaton's maker says.
        message: String,
    },
    /// A detector other than a shape has no keyword, so that it would never be asked; or one is
    /// empty.
    #[error("detectors: `{id}` has no keyword, or an empty one")]
    MissingKeyword {
        /// The detector.
        id: &'static str,
    },
    /// The pattern of a detector is not written as one, or compiles to more than a mebibyte.
    #[error("detectors: `{id}`: {message}")]
    Pattern {
        /// The detector.
        id: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// The longest record is out of bounds.
    #[error("max_record: {bytes} is not between {min} and {max}", min = crate::Policy::MIN_RECORD, max = crate::Policy::MAX_RECORD)]
    RecordSize {
        /// The length that was given.
        bytes: usize,
    },
    /// A secret is too long to be worked out in all its forms.
    #[error(
        "secrets: `{name}` has {length} bytes, at most {} are taken",
        crate::Policy::MAX_SECRET
    )]
    LongSecret {
        /// What the secret is called.
        name: String,
        /// Its length in bytes.
        length: usize,
    },
    /// A secret is too short to be told from innocent texts.
    #[error(
        "secrets: `{name}` has {length} bytes, at least {} are needed",
        crate::Policy::MIN_SECRET
    )]
    ShortSecret {
        /// What the secret is called.
        name: String,
        /// Its length in bytes.
        length: usize,
    },
    /// More secrets than a policy may have.
    #[error("secrets: {count} are more than {}", crate::Policy::MAX_SECRETS)]
    TooManySecrets {
        /// How many there are.
        count: usize,
    },
    /// The policy names a detector that there is not.
    #[error("detectors: there is no `{id}`")]
    UnknownDetector {
        /// The name as it was given.
        id: String,
    },
}

/// Every fault of a policy at once; never empty.
pub type ConfigErrors = rempart_core::ConfigErrors<ConfigError>;

impl From<BuildFault> for ConfigError {
    fn from(fault: BuildFault) -> Self {
        match fault {
            BuildFault::Pattern { id, message } => Self::Pattern { id, message },
            BuildFault::EmptyMatch { id } => Self::EmptyMatch { id },
            BuildFault::Commonplace { name } => Self::CommonplaceSecret { name },
            BuildFault::ShortSecret { name, length } => Self::ShortSecret { name, length },
            BuildFault::Keywords(message) => Self::Keywords { message },
        }
    }
}
