use std::time::Duration;

use rempart_core::{KeyId, NameError};
use thiserror::Error;

use crate::{Policy, Revocations};

/// Every fault of a configuration, in the order of its fields.
pub type ConfigErrors = rempart_core::ConfigErrors<ConfigError>;

/// One fault of a configuration. It holds no part of a secret.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The policy's name is none.
    #[error("name: {0}")]
    Name(#[from] NameError),
    /// There are no keys.
    #[error("keys: not given, or none of them can be used")]
    NoKeys,
    /// The secret could be guessed, by trying secrets on a single token.
    #[error("keys.{key}: the secret has {length} bytes, at least {minimum} are needed")]
    SecretTooShort {
        /// Whose secret.
        key: KeyId,
        /// How many bytes it has.
        length: usize,
        /// How many it must have.
        minimum: usize,
    },
    /// Nobody said whose tokens are good.
    #[error("issuer: not given, add `.issuer(…)` or `.dangerously_any_issuer()`")]
    IssuerMissing,
    /// An issuer is named, and any is good.
    #[error("issuer: named, and any is allowed")]
    IssuerContradicted,
    /// An issuer is empty, or longer than a token could say.
    #[error("issuer: `{issuer}` is empty, or longer than {} bytes", Policy::MAX_TEXT)]
    Issuer {
        /// What was given.
        issuer: String,
    },
    /// Nobody said for whom tokens are.
    #[error("audience: not given, add `.audience(…)` or `.dangerously_any_audience()`")]
    AudienceMissing,
    /// An audience is named, and any is good.
    #[error("audience: named, and any is allowed")]
    AudienceContradicted,
    /// An audience is empty, or longer than a token could say.
    #[error("audience: `{audience}` is empty, or longer than {} bytes", Policy::MAX_TEXT)]
    Audience {
        /// What was given.
        audience: String,
    },
    /// More claims are required than are looked for.
    #[error("require: {count} claims, at most {} can be required", Policy::MAX_REQUIRED)]
    TooManyRequired {
        /// How many there are.
        count: usize,
    },
    /// No token would be good, or one would be good nearly for ever.
    #[error("max_life: {life:?} is none, or longer than {:?}", Policy::LONGEST_LIFE)]
    MaxLife {
        /// What was given.
        life: Duration,
    },
    /// Clocks may not differ by so much.
    #[error("skew: {skew:?} is more than {:?}", Policy::WIDEST_SKEW)]
    Skew {
        /// What was given.
        skew: Duration,
    },
    /// A realm that cannot stand in a header.
    #[error("realm: must be 1 to 64 printable ASCII characters without `\"` and `\\`")]
    Realm,
    /// No type of token is good.
    #[error("types: none is allowed")]
    NoTypes,
    /// A revocation would be forgotten while tokens that it covers are still good.
    #[error("revocations: are kept for lives of {kept:?}, and max_life is {life:?}")]
    RevocationsTooShort {
        /// How long a token of the policy may live.
        life: Duration,
        /// For how long a life revocations are kept.
        kept: Duration,
    },
    /// A store that keeps nothing, or more than it may.
    #[error("revocations.capacity: {capacity}, must be 1 to {}", Revocations::MAX_CAPACITY)]
    Capacity {
        /// What was given.
        capacity: usize,
    },
    /// Vapi's organisation is no identifier.
    #[error("org_id: must be 1 to 64 characters of `[A-Za-z0-9_-]`")]
    OrgId,
}

/// Why no token was minted. It holds nothing of the claims.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum MintError {
    /// A claim that the minter writes itself.
    #[error("claim `{name}`: is written by the minter")]
    Reserved {
        /// Its name.
        name: &'static str,
    },
    /// The claims are no JSON object, or say a name twice.
    #[error("the claims are not an object that a verifier would read")]
    NotAnObject,
    /// The ring has no active key.
    #[error("no key of the ring signs")]
    NoSigningKey,
    /// The active key could be guessed.
    #[error("key `{key}`: the secret has {length} bytes, at least {minimum} are needed")]
    SecretTooShort {
        /// Whose secret.
        key: KeyId,
        /// How many bytes it has.
        length: usize,
        /// How many it must have.
        minimum: usize,
    },
    /// No verifier would take it.
    #[error("the token would have {length} bytes, at most {} are taken", Policy::MAX_TOKEN)]
    TooLarge {
        /// How many it would have.
        length: usize,
    },
    /// The operating system gives no randomness for an identifier.
    #[error("no randomness for the token's identifier")]
    Randomness,
}
