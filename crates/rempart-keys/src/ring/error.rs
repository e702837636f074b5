use thiserror::Error;

use crate::{KeyId, KeyRing, KeyState};

/// Why a ring does not change as it was told to.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RingError {
    /// The ring has had a key of this name.
    #[error("key `{id}`: the name is taken")]
    DuplicateId {
        /// The name.
        id: KeyId,
    },
    /// The ring has the same bytes under another name.
    #[error("key `{id}`: has the bytes of key `{other}`")]
    DuplicateSecret {
        /// The name of the key that was to be added.
        id: KeyId,
        /// The name of the one that is there.
        other: KeyId,
    },
    /// The ring has as many keys as it may.
    #[error(
        "key `{id}`: no room, {} live keys and {} in all",
        KeyRing::MAX_LIVE,
        KeyRing::MAX_KEYS
    )]
    Full {
        /// The name of the key that was to be added.
        id: KeyId,
    },
    /// The state of the key does not allow it.
    #[error("key `{id}`: is {from}")]
    NotAllowed {
        /// The name.
        id: KeyId,
        /// What the key is.
        from: KeyState,
    },
    /// Two keys would sign.
    #[error("key `{id}`: is active, and so is key `{other}`")]
    SecondActive {
        /// The name of the second.
        id: KeyId,
        /// The name of the first.
        other: KeyId,
    },
    /// The ring has no key of this name.
    #[error("key `{id}`: unknown")]
    Unknown {
        /// The name.
        id: KeyId,
    },
}
