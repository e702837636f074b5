use std::fmt;
use std::sync::{Arc, OnceLock};

use hmac::{HmacReset, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::Fingerprint;

/// Bytes that are never printed, and are wiped when the last clone is dropped.
///
/// A secret cannot be displayed, serialised, hashed or compared with `==`. Its [`Debug`] shows a
/// fingerprint that means something within one process only. A clone shares the bytes, so that
/// there is one copy to wipe.
///
/// ```
/// use rempart_keys::Secret;
///
/// # fn main() -> Result<(), rempart_keys::SecretError> {
/// let secret = Secret::new("made-up-for-the-documentation-only")?;
/// assert!(secret.ct_eq(b"made-up-for-the-documentation-only"));
/// assert!(!format!("{secret:?}").contains("made-up"));
/// # Ok(())
/// # }
/// ```
///
/// What is left out on purpose does not compile:
///
/// ```compile_fail
/// # let secret = rempart_keys::Secret::new("made-up").unwrap();
/// println!("{secret}");
/// ```
/// ```compile_fail
/// # let secret = rempart_keys::Secret::new("made-up").unwrap();
/// let same = secret == secret;
/// ```
///
/// # Security
///
/// Wiping covers the buffer of the secret itself. Copies that the operating system keeps (the
/// process environment, swap, a core dump) and what a caller copies out of
/// [`expose`](Self::expose) are outside its reach.
#[derive(Clone)]
pub struct Secret {
    bytes: Arc<Zeroizing<Box<[u8]>>>,
}

impl Secret {
    /// The most bytes that one secret may have.
    pub const MAX_LEN: usize = 64 * 1024;

    /// Takes a secret that is a text, such as one pasted into a file or a dashboard.
    ///
    /// The buffer that is handed over is wiped, also when it is refused.
    ///
    /// # Errors
    ///
    /// [`SecretError::Empty`], [`SecretError::TooLong`], or [`SecretError::BlankPadded`] when the
    /// first or last byte is blank: that is a slip of the clipboard, and a MAC made with it would
    /// differ from everybody else's.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, SecretError> {
        let bytes = Zeroizing::new(bytes.into());
        let ends = [bytes.first(), bytes.last()];
        if ends.into_iter().flatten().any(|byte| is_blank(*byte)) {
            return Err(SecretError::BlankPadded);
        }
        Self::from_wiped(&bytes)
    }

    /// Takes key material that is not a text, such as a decoded Base64 key.
    ///
    /// There a blank byte is a byte like any other.
    ///
    /// # Errors
    ///
    /// [`SecretError::Empty`] and [`SecretError::TooLong`].
    pub fn from_binary(bytes: impl Into<Vec<u8>>) -> Result<Self, SecretError> {
        Self::from_wiped(&Zeroizing::new(bytes.into()))
    }

    /// Copies into a buffer of the exact size: shrinking the other one could leave a copy behind.
    fn from_wiped(bytes: &Zeroizing<Vec<u8>>) -> Result<Self, SecretError> {
        match bytes.len() {
            0 => Err(SecretError::Empty),
            length if length > Self::MAX_LEN => Err(SecretError::TooLong { length }),
            _ => Ok(Self { bytes: Arc::new(Zeroizing::new(Box::from(bytes.as_slice()))) }),
        }
    }

    /// Refuses a secret of fewer bytes than `minimum`.
    ///
    /// # Errors
    ///
    /// [`SecretError::TooShort`], which holds both lengths and nothing else.
    pub fn at_least(self, minimum: usize) -> Result<Self, SecretError> {
        match self.len() {
            length if length < minimum => Err(SecretError::TooShort { length, minimum }),
            _ => Ok(self),
        }
    }

    /// The bytes themselves. Search for `expose` to find every reader: there is no
    /// other way to the bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes as a text, for interfaces that take no other; `None` if they are not UTF-8.
    #[must_use]
    pub fn expose_text(&self) -> Option<&str> {
        str::from_utf8(self.expose()).ok()
    }

    /// How many bytes there are; never 0.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no secret is empty")]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Compares in a time that depends on the two lengths only.
    #[must_use]
    pub fn ct_eq(&self, candidate: &[u8]) -> bool {
        self.expose().ct_eq(candidate).into()
    }

    /// Tells this secret from another within one process.
    ///
    /// Three bytes of HMAC-SHA-256 under a key drawn when the process first asks: two lines of one
    /// log can be compared, and nobody who reads them can check a guess. `000000` when the
    /// operating system has no randomness to give.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        static KEY: OnceLock<Option<[u8; 32]>> = OnceLock::new();
        let key = KEY.get_or_init(|| {
            let mut key = [0; 32];
            getrandom::fill(&mut key).ok().map(|()| key)
        });
        let mac = key.and_then(|mut key| {
            let mac = HmacReset::<Sha256>::new_from_slice(&key).ok();
            key.zeroize();
            mac
        });
        let tag = mac.map(|mut mac| {
            // Stays where it is from here on: where it is moved from, nobody wipes its buffer.
            mac.update(self.expose());
            mac.finalize_reset().into_bytes()
        });
        let head = tag.as_ref().and_then(|tag| tag.first_chunk::<3>());
        Fingerprint::from_bytes(head.copied().unwrap_or_default())
    }
}

/// Blank bytes as editors, shells and clipboards add them.
const fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, 0 | 0x0b)
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret(fp={})", self.fingerprint())
    }
}

/// Why bytes were refused as a secret. Holds lengths, never a byte of it.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretError {
    /// Begins or ends with a blank.
    #[error("begins or ends with a blank")]
    BlankPadded,
    /// Has no bytes.
    #[error("is empty")]
    Empty,
    /// Has more than [`Secret::MAX_LEN`] bytes.
    #[error("has {length} bytes, at most {} are taken", Secret::MAX_LEN)]
    TooLong {
        /// How many there are.
        length: usize,
    },
    /// Has fewer bytes than its use asks for.
    #[error("has {length} bytes, at least {minimum} are needed")]
    TooShort {
        /// How many there are.
        length: usize,
        /// How many there must be.
        minimum: usize,
    },
}
