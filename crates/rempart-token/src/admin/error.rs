use rempart_core::{NameError, PrefixError};
use thiserror::Error;

use super::Policy;

/// Every fault of an admin policy, in the order of its fields.
pub type ConfigErrors = rempart_core::ConfigErrors<ConfigError>;

/// One fault of an admin policy.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The policy's name is none.
    #[error("name: {0}")]
    Name(#[from] NameError),
    /// Whoever has a token would be let in.
    #[error("role, scope: neither is asked for")]
    NothingRequired,
    /// No token says such a role.
    #[error(
        "role: `{role}` is empty, longer than {} bytes, or has control characters",
        Policy::MAX_TEXT
    )]
    Role {
        /// What was given.
        role: String,
    },
    /// No token says such a scope ([RFC 6749 §3.3]).
    ///
    /// [RFC 6749 §3.3]: https://www.rfc-editor.org/rfc/rfc6749#section-3.3
    #[error(
        "scope: `{scope}` must be 1 to {} printable ASCII characters without blank, `\"` and `\\`",
        Policy::MAX_TEXT
    )]
    Scope {
        /// What was given.
        scope: String,
    },
    /// Not a block of addresses.
    #[error("prefixes: `{prefix}` {fault}")]
    Prefix {
        /// What was given.
        prefix: String,
        /// What is wrong with it.
        fault: PrefixError,
    },
    /// An empty list would let nobody in.
    #[error("prefixes: the list is empty; leave it out to let in any address")]
    NoPrefixes,
    /// A list that holds every address is none.
    #[error("prefixes: one has length 0 and holds every address; leave the list out")]
    PrefixOfEverything,
    /// A realm that cannot stand in a header.
    #[error("realm: must be 1 to 64 printable ASCII characters without `\"` and `\\`")]
    Realm,
    /// More is asked for than a request is worth.
    #[error("{field}: {given} are given, at most {} are looked at", Policy::MAX_ENTRIES)]
    TooMany {
        /// The list.
        field: &'static str,
        /// How many entries it has.
        given: usize,
    },
}
