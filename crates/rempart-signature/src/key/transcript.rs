use std::fmt;

#[cfg(feature = "ecdsa")]
use sha2::{Digest as _, Sha256, Sha384};

use super::Mac;

/// Takes what is signed, piece by piece.
pub(crate) enum Transcript {
    Mac(Mac),
    /// For keys of a pair: one for all of them. In a box, for it is rare.
    Message(Box<Message>),
}

/// What a public key is asked about.
pub(crate) enum Message {
    #[cfg(feature = "ecdsa")]
    Sha256(Sha256),
    #[cfg(feature = "ecdsa")]
    Sha384(Sha384),
    #[cfg(any(feature = "ed25519", feature = "ring"))]
    Whole(Vec<u8>),
}

impl Transcript {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Mac(mac) => mac.update(bytes),
            Self::Message(message) => message.update(bytes),
        }
    }
}

impl Message {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match *self {
            #[cfg(feature = "ecdsa")]
            Self::Sha256(ref mut hash) => hash.update(bytes),
            #[cfg(feature = "ecdsa")]
            Self::Sha384(ref mut hash) => hash.update(bytes),
            #[cfg(any(feature = "ed25519", feature = "ring"))]
            Self::Whole(ref mut whole) => whole.extend_from_slice(bytes),
        }
    }

    /// The message, or the digest of one that was hashed as it came.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        match *self {
            #[cfg(feature = "ecdsa")]
            Self::Sha256(ref mut hash) => hash.finalize_reset().to_vec(),
            #[cfg(feature = "ecdsa")]
            Self::Sha384(ref mut hash) => hash.finalize_reset().to_vec(),
            #[cfg(any(feature = "ed25519", feature = "ring"))]
            Self::Whole(ref mut whole) => std::mem::take(whole),
        }
    }
}

impl fmt::Debug for Message {
    /// Nothing of what was fed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Message(..)")
    }
}

impl fmt::Debug for Transcript {
    /// Nothing of the key, nothing of what was fed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transcript(..)")
    }
}
