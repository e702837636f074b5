use std::fmt;

use hmac::{Hmac, KeyInit, Mac as _};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// Names what a key signs with. It belongs to the key: a token that names another is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC with SHA-256 ([RFC 7518 §3.2](https://www.rfc-editor.org/rfc/rfc7518#section-3.2)).
    Hs256,
}

impl Algorithm {
    /// The `alg` of a token's head, compared byte by byte: no case is folded.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
        }
    }

    /// The fewest bytes that a key of it has: as many as its hash.
    #[must_use]
    pub const fn min_secret(self) -> usize {
        match self {
            Self::Hs256 => 32,
        }
    }

    /// Knows an algorithm by the exact name that a head gives.
    pub(crate) fn named(name: &str) -> Option<Self> {
        (name == Self::Hs256.as_str()).then_some(Self::Hs256)
    }
}

/// A keyed state: the first block of both hashes is computed, which saves two compressions a token.
#[derive(Clone)]
pub(crate) enum Mac {
    Hs256(Hmac<Sha256>),
}

impl Mac {
    /// Starts with a key; `None` is an error that HMAC, which takes keys of any length, never has.
    pub(crate) fn new(algorithm: Algorithm, key: &[u8]) -> Option<Self> {
        match algorithm {
            Algorithm::Hs256 => Hmac::new_from_slice(key).ok().map(Self::Hs256),
        }
    }

    pub(crate) const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Hs256(_) => Algorithm::Hs256,
        }
    }

    /// The tag of these bytes.
    pub(crate) fn tag(&self, signed: &[u8]) -> Tag {
        match self {
            Self::Hs256(mac) => {
                let mut mac = mac.clone();
                mac.update(signed);
                Tag(mac.finalize().into_bytes().into())
            }
        }
    }
}

impl fmt::Debug for Mac {
    /// Nothing of the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mac({})", self.algorithm().as_str())
    }
}

/// A tag; two of them are compared whole, never parts of them.
#[derive(Clone, Copy)]
pub(crate) struct Tag(pub(crate) [u8; Tag::LEN]);

impl Tag {
    /// The bytes of a tag.
    pub(crate) const LEN: usize = 32;

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
