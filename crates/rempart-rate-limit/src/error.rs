use rempart_core::{NameError, PolicyName};
use thiserror::Error;

use crate::{Policy, QuotaError, RateError, WindowStore};

/// Every fault of a configuration, in the order of its fields; never empty.
pub type ConfigErrors = rempart_core::ConfigErrors<ConfigError>;

/// One fault of a configuration.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// A table cannot be made for so many clients.
    #[error("capacity: {clients} clients; such a table is made for 1 to {most}")]
    Capacity {
        /// How many clients were asked for.
        clients: usize,
        /// For how many a table of this kind is made at most.
        most: usize,
    },
    /// A limit counts by a cookie of which no client can send one
    /// ([RFC 6265 §4.1.1](https://www.rfc-editor.org/rfc/rfc6265#section-4.1.1)).
    #[error("by: {name:?} cannot be the name of a cookie")]
    Cookie {
        /// The name, its first 128 characters.
        name: String,
    },
    /// A client can send a name of its own making with each request, or come from another address
    /// of its /64, and the policy has no limit that minds who sends them all: one that does not
    /// ask for such names, is not on trial, charges for the same requests, and counts more than
    /// those that are in flight.
    #[error(
        "limit `{limit}`: it counts by a header, a cookie or more than 64 bits of an address, which \
         clients make up; the policy needs a limit of a rate beside it that does not, and that \
         charges for the same requests"
    )]
    Evaded {
        /// The limit.
        limit: PolicyName,
    },
    /// A governor counts every request of a client once, by one quota: it knows no other limits,
    /// keys, tiers, costs or outcomes, and tells nobody but the client.
    #[error("a governor counts by one plain quota of each client, and by nothing else")]
    Governed,
    /// A fault of one of several limits.
    #[error("limit `{limit}`: {fault}")]
    Limit {
        /// The limit.
        limit: PolicyName,
        /// What is wrong with it.
        #[source]
        fault: Box<ConfigError>,
    },
    /// The policy's name is no name.
    #[error("name: {0}")]
    Name(#[source] NameError),
    /// No quota was given.
    #[error("quota: none was given")]
    NoQuota,
    /// What a request has cost is settled by a limit of concurrency, which charges nothing that stays.
    #[error("so many at once cost nothing that could be settled")]
    NothingToSettle,
    /// A limit that is no rate, or one in any window, has an overdraft.
    #[error("overdraft: only a limit by the generic cell rate algorithm can have one")]
    Overdraft,
    /// A network's prefix is longer than an address.
    #[error("by: /{ipv4} of IPv4 and /{ipv6} of IPv6; an address has 32 and 128 bits")]
    PrefixLength {
        /// Bits of an IPv4 address.
        ipv4: u8,
        /// Bits of an IPv6 address.
        ipv6: u8,
    },
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
    /// Two limits of a policy have one name.
    #[error("limit `{limit}`: there is another one of this name")]
    SameName {
        /// The name.
        limit: PolicyName,
    },
    /// Another tier of the limit is of the same value.
    #[error("there is another tier of this value")]
    SameTier,
    /// A fault of one of a limit's tiers.
    #[error("tier {tier}: {fault}")]
    Tier {
        /// Which one, from 1 on.
        tier: usize,
        /// What is wrong with it.
        #[source]
        fault: Box<ConfigError>,
    },
    /// A limit of concurrency has tiers of concurrency, and one of a rate has tiers of a rate.
    #[error("it counts in another way than its limit")]
    TierOfAnotherKind,
    /// A policy has more limits than are decided on together.
    #[error("{limits} limits; a policy has at most {}", Policy::MAX_LIMITS)]
    TooManyLimits {
        /// How many there are.
        limits: usize,
    },
    /// A limit has more tiers than it can have.
    #[error("{tiers} tiers; a limit has at most 16")]
    TooManyTiers {
        /// How many there are.
        tiers: usize,
    },
}
