use rempart_core::NameError;
use thiserror::Error;

use crate::{QuotaError, RateError, Store, WindowStore};

/// Every fault of a configuration, in the order of its fields; never empty.
pub type ConfigErrors = rempart_core::ConfigErrors<ConfigError>;

/// One fault of a configuration.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// A store cannot be made for so many clients.
    #[error("capacity: {clients} clients; a store is made for 1 to {}", Store::MAX_CAPACITY)]
    Capacity {
        /// How many clients were asked for.
        clients: usize,
    },
    /// The policy's name is no name.
    #[error("name: {0}")]
    Name(#[source] NameError),
    /// No quota was given.
    #[error("quota: none was given")]
    NoQuota,
    /// The text is no quota.
    #[error("quota: `{text}`: {error}")]
    Quota {
        /// The text, its first 128 characters.
        text: String,
        /// What is wrong with it, and where.
        #[source]
        error: QuotaError,
    },
    /// A table of so many logs is larger than any may be.
    #[error(
        "capacity: {clients} clients of {limit} admissions each take more than the {} bytes that \
         a table may have",
        WindowStore::MAX_BYTES
    )]
    Logs {
        /// How many clients were asked for.
        clients: usize,
        /// How many admissions are to be remembered of each.
        limit: u32,
    },
    /// The quota that was built cannot be counted.
    #[error("quota: {0}")]
    Rate(#[source] RateError),
}
