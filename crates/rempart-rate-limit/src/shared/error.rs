use std::time::Duration;

use thiserror::Error;

use super::Builder;

/// Every fault of a shared store's configuration, in the order of its fields; never empty.
pub type BuildErrors = rempart_core::ConfigErrors<BuildError>;

/// One fault of a shared store's configuration.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// No secret was given to hash keys under.
    #[error("secret: none was given; all instances need the same one")]
    NoSecret,
    /// The secret can be guessed.
    #[error("secret: {length} bytes; {} is the least", Builder::MIN_SECRET)]
    ShortSecret {
        /// How many bytes it has.
        length: usize,
    },
    /// The secret begins or ends with a blank, as a slip of the clipboard does: another instance,
    /// without it, would count apart.
    #[error("secret: begins or ends with a blank")]
    PaddedSecret,
    /// Nobody said how many instances there are, or there is none.
    #[error("instances: say how many there are at most")]
    NoInstances,
    /// The prefix is no prefix.
    #[error("prefix: 1 to 64 visible ASCII characters, without braces")]
    Prefix,
    /// The deadline is no deadline that a request can wait for.
    #[error("deadline: {deadline:?}; it is more than nothing, and 10 seconds at most")]
    Deadline {
        /// What was asked for.
        deadline: Duration,
    },
    /// The server would be asked at once, or not for too long.
    #[error("open_for: {open_for:?}; it is more than nothing, and 10 seconds at most")]
    OpenFor {
        /// What was asked for.
        open_for: Duration,
    },
    /// Other instances do not hear of a refund: a denial is not remembered for so long.
    #[error("deny_for: {deny_for:?}; one second is the most")]
    DenyFor {
        /// What was asked for.
        deny_for: Duration,
    },
    /// That is no lease.
    #[error("lease: {most} requests; a lease is of 1 to 1,000,000")]
    Lease {
        /// What was asked for.
        most: u32,
    },
}

/// The text is no address of a server, or there is no runtime to connect on.
#[cfg(feature = "redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectError {
    /// It does not say more, since the text may hold a password.
    #[error("not an address `redis://[user:password@]host[:port][/database]` (without TLS)")]
    Address,
    /// A connection lives on the Tokio runtime that it was made in.
    #[error("not within a Tokio runtime")]
    NoRuntime,
}
