use rempart_core::{IpPrefix, PrefixError};
use thiserror::Error;

use super::{Listed, PrefixSet};

/// One fault of a [`PrefixSet`].
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PrefixFault {
    /// An allowed block that holds every address switches all limits off.
    #[error("`{prefix}` holds every address: nobody would be limited")]
    EveryAddress {
        /// The block.
        prefix: IpPrefix,
    },
    /// A prefix is both allowed and denied.
    #[error("`{prefix}` is both allowed and denied")]
    OnBothLists {
        /// The prefix.
        prefix: IpPrefix,
    },
    /// An entry of a list is no prefix.
    #[error("{listed}, line {line}, `{text}`: {cause}")]
    Prefix {
        /// The list.
        listed: Listed,
        /// The line of its text, counted from 1.
        line: usize,
        /// The entry, its first 64 characters.
        text: String,
        /// What is wrong with it.
        #[source]
        cause: PrefixError,
    },
    /// There are more prefixes than a set can hold.
    #[error("{len} prefixes: a set holds at most {}", PrefixSet::MAX_LEN)]
    TooMany {
        /// How many there are.
        len: usize,
    },
}
