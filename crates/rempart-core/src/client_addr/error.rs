use http::HeaderName;
use thiserror::Error;

use super::prefix::{IpPrefix, PrefixError};

/// One fault in what a service is told of its proxies.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrustedProxiesError {
    /// A block that holds every address trusts every client.
    #[error("`{prefix}` holds every address: everybody could choose the address they are known by")]
    EveryAddress {
        /// The block.
        prefix: IpPrefix,
    },
    /// Nobody is trusted, so no header will ever be read.
    #[error("no trusted prefix is named; use `TrustedProxies::none` to trust nobody")]
    NoPrefix,
    /// The number of hops is out of range.
    #[error("{count} hops: between 1 and {max} proxies can stand before a service")]
    Hops {
        /// What was asked for.
        count: usize,
        /// The most hops that are walked.
        max: usize,
    },
    /// A header with one value holds no list to count hops in.
    #[error("`{header}` holds one address: hops cannot be counted in it")]
    HopsInSingle {
        /// The header.
        header: HeaderName,
    },
    /// An entry of a list of prefixes is none.
    #[error("prefix {nth}, `{text}`: {cause}")]
    Prefix {
        /// Which entry, counted from 1.
        nth: usize,
        /// The entry.
        text: String,
        /// What is wrong with it.
        cause: PrefixError,
    },
}
