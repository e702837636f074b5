use std::fmt;

use hmac::{Hmac, KeyInit, Mac as _};
use sha1::Sha1;
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// Names the message authentication code of a scheme; it is configuration, never read from a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC with SHA-1: for senders that have nothing else. Unbroken as a MAC, and no reason to
    /// choose it.
    HmacSha1,
    /// HMAC with SHA-256.
    HmacSha256,
}

impl Algorithm {
    /// How many bytes its tag has.
    #[must_use]
    pub const fn tag_len(self) -> usize {
        match self {
            Self::HmacSha1 => 20,
            Self::HmacSha256 => 32,
        }
    }
}

/// A MAC under way. A fresh one has its key already in it: cloning saves two compressions.
#[derive(Clone)]
pub(crate) enum Mac {
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
}

impl Mac {
    /// Starts with a key; `None` is an error that HMAC, which takes keys of any length, never has.
    pub(crate) fn new(algorithm: Algorithm, key: &[u8]) -> Option<Self> {
        match algorithm {
            Algorithm::HmacSha1 => Hmac::new_from_slice(key).ok().map(Self::Sha1),
            Algorithm::HmacSha256 => Hmac::new_from_slice(key).ok().map(Self::Sha256),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(mac) => mac.update(bytes),
            Self::Sha256(mac) => mac.update(bytes),
        }
    }

    pub(crate) fn finish(self) -> Tag {
        match self {
            Self::Sha1(mac) => Tag::new(&mac.finalize().into_bytes()),
            Self::Sha256(mac) => Tag::new(&mac.finalize().into_bytes()),
        }
    }
}

impl fmt::Debug for Mac {
    /// Nothing of the key, nothing of what was fed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mac(..)")
    }
}

/// The longest tag of any [`Algorithm`].
pub(crate) const MAX_TAG: usize = 32;

/// A tag, padded with zero bytes. Two tags of one algorithm are compared, never parts of them.
#[derive(Clone, Copy)]
pub(crate) struct Tag([u8; MAX_TAG]);

impl Tag {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let mut padded = [0; MAX_TAG];
        if let Some(head) = padded.get_mut(..bytes.len()) {
            head.copy_from_slice(bytes);
        }
        Self(padded)
    }

    pub(crate) const fn from_padded(padded: [u8; MAX_TAG]) -> Self {
        Self(padded)
    }

    /// The bytes without the padding.
    pub(crate) fn bytes(&self, algorithm: Algorithm) -> &[u8] {
        self.0.get(..algorithm.tag_len()).unwrap_or(&self.0)
    }

    /// Compares in constant time, eight bytes a step.
    pub(crate) fn matches(&self, other: &Self) -> Choice {
        let words = self.0.as_chunks::<8>().0.iter().zip(other.0.as_chunks::<8>().0);
        let difference =
            words.fold(0, |seen, (a, b)| seen | (u64::from_ne_bytes(*a) ^ u64::from_ne_bytes(*b)));
        difference.ct_eq(&0)
    }
}

impl fmt::Debug for Tag {
    /// A tag that was computed is a signature: it is not printed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tag(..)")
    }
}
