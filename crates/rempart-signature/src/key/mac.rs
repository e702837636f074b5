use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

use hmac::block_api::HmacCore;
use hmac::digest::OutputSizeUser;
use hmac::{EagerHash, KeyInit};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::{Choice, ConstantTimeEq};

use super::Algorithm;
use super::hmac::Hmac;

/// The key of a MAC, with the first block of both its hashes already computed.
#[derive(Clone)]
pub(crate) enum MacKey {
    Sha1(HmacCore<Sha1>),
    Sha256(HmacCore<Sha256>),
    Sha512(Box<HmacCore<Sha512>>),
    /// No MAC: what a secret that is sent as it is, is compared by.
    Shared(Tag),
}

impl MacKey {
    /// Reads a key; `None` if the algorithm is no MAC.
    pub(crate) fn new(algorithm: Algorithm, key: &[u8]) -> Option<Self> {
        // HMAC takes keys of any length.
        match algorithm {
            Algorithm::HmacSha1 => HmacCore::new_from_slice(key).ok().map(Self::Sha1),
            Algorithm::HmacSha256 => HmacCore::new_from_slice(key).ok().map(Self::Sha256),
            Algorithm::HmacSha512 => {
                HmacCore::new_from_slice(key).ok().map(|key| Self::Sha512(Box::new(key)))
            }
            Algorithm::SharedSecret => blinded(key).map(Self::Shared),
            #[cfg(any(feature = "ecdsa", feature = "ed25519", feature = "ring"))]
            _ => None,
        }
    }

    pub(crate) fn begin(&self) -> Mac {
        match self {
            Self::Sha1(key) => Mac::Sha1(Hmac::begin(key)),
            Self::Sha256(key) => Mac::Sha256(Hmac::begin(key)),
            Self::Sha512(key) => Mac::Sha512(Box::new(Hmac::begin(key))),
            Self::Shared(tag) => Mac::Shared(*tag),
        }
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(..)")
    }
}

/// A MAC under way.
pub(crate) enum Mac {
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
    /// In a box: it is twice as large as the others, which would be copied at its size.
    Sha512(Box<Hmac<Sha512>>),
    /// None: what a secret that is sent as it is, is compared by.
    Shared(Tag),
}

impl Mac {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(mac) => mac.update(bytes),
            Self::Sha256(mac) => mac.update(bytes),
            Self::Sha512(mac) => mac.update(bytes),
            Self::Shared(_) => {}
        }
    }

    /// The tag, if it is as short as a [`Tag`]. To be asked once.
    pub(crate) fn finish(&mut self) -> Option<Tag> {
        match self {
            Self::Sha1(mac) => Some(Tag::of(mac)),
            Self::Sha256(mac) => Some(Tag::of(mac)),
            Self::Sha512(_) => None,
            Self::Shared(tag) => Some(*tag),
        }
    }

    /// The tag, whatever its length. To be asked once.
    pub(crate) fn finish_long(&mut self) -> Vec<u8> {
        match self {
            Self::Sha1(mac) => mac.finish().to_vec(),
            Self::Sha256(mac) => mac.finish().to_vec(),
            Self::Sha512(mac) => mac.finish().to_vec(),
            Self::Shared(tag) => tag.0.to_vec(),
        }
    }

    /// Whether that is the tag, in constant time.
    pub(crate) fn is(mut self, tag: &[u8]) -> bool {
        let equal = match &mut self {
            Self::Sha1(mac) => mac.finish().as_slice().ct_eq(tag),
            Self::Sha256(mac) => mac.finish().as_slice().ct_eq(tag),
            Self::Sha512(mac) => mac.finish().as_slice().ct_eq(tag),
            Self::Shared(own) => own.0.ct_eq(tag),
        };
        equal.into()
    }
}

impl fmt::Debug for Mac {
    /// Nothing of the key, nothing of what was fed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mac(..)")
    }
}

/// The longest tag that is a [`Tag`].
const MAX_TAG: usize = 32;

/// What a secret is compared by: its HMAC under a key that was drawn when this process first asked.
pub(crate) fn blinded(secret: &[u8]) -> Option<Tag> {
    static KEYED: LazyLock<Option<HmacCore<Sha256>>> = LazyLock::new(|| {
        let key: [u8; 32] = std::array::from_fn(|nth| {
            let [byte, ..] = RandomState::new().hash_one(nth).to_ne_bytes();
            byte
        });
        HmacCore::new_from_slice(&key).ok()
    });
    let mut mac = Hmac::begin(KEYED.as_ref()?);
    mac.update(secret);
    Some(Tag::of(&mut mac))
}

/// A tag of at most [`MAX_TAG`] bytes, padded with zero bytes. Two tags of one algorithm are
/// compared, never parts of them.
///
/// Aligned, so that it moves in the pieces in which it was written: a processor waits where a piece
/// is read that is parts of two that were just written.
#[derive(Clone, Copy, Default)]
#[repr(align(16))]
pub(crate) struct Tag([u8; MAX_TAG]);

impl Tag {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let mut padded = [0; MAX_TAG];
        if let Some(head) = padded.get_mut(..bytes.len()) {
            head.copy_from_slice(bytes);
        }
        Self(padded)
    }

    /// What a MAC comes to, written to where it stays.
    fn of<D: EagerHash>(mac: &mut Hmac<D>) -> Self {
        let mut padded = [0; MAX_TAG];
        if let Some(head) = padded.get_mut(..HmacCore::<D>::output_size())
            && let Ok(head) = head.try_into()
        {
            mac.finish_into(head);
        }
        Self(padded)
    }

    /// Where the bytes of a tag of this length go, if it is as short as that.
    pub(crate) fn room(&mut self, length: usize) -> Option<&mut [u8]> {
        self.0.get_mut(..length)
    }

    /// Compares in constant time, eight bytes a step.
    pub(crate) fn matches(&self, other: &Self) -> Choice {
        let words = self.0.as_chunks::<8>().0.iter().zip(other.0.as_chunks::<8>().0);
        let difference =
            words.fold(0, |seen, (a, b)| seen | (u64::from_ne_bytes(*a) ^ u64::from_ne_bytes(*b)));
        difference.ct_eq(&0)
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self, length: usize) -> &[u8] {
        &self.0[..length]
    }
}

impl fmt::Debug for Tag {
    /// A tag that was computed is a signature: it is not printed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tag(..)")
    }
}
