use std::fmt;

use rempart_keys::Secret;

use super::public::PublicKey;
use super::written::Written;
use super::{Algorithm, MacKey};
use crate::SecretForm;

/// A key that verifies.
#[derive(Clone)]
pub(crate) enum VerifyingKey {
    /// A secret.
    Mac(MacKey),
    /// The public half of a pair.
    Public(Box<PublicKey>),
}

impl VerifyingKey {
    /// Reads a key of this algorithm: the public half of a pair, or a secret of this form that has
    /// at least `minimum` bytes; several, if the secret is a list.
    pub(crate) fn read(
        algorithm: Algorithm,
        form: &SecretForm,
        secret: &Secret,
        minimum: usize,
    ) -> Result<Vec<Self>, KeyFault> {
        if !algorithm.is_mac() {
            return PublicKey::read(algorithm, secret.expose())
                .map(|key| vec![Self::Public(Box::new(key))]);
        }
        if Written::is(secret.expose()) {
            return Err(KeyFault::OfPair);
        }
        let keys = form.keys(secret).ok_or(KeyFault::Form)?;
        let keys = keys.iter().map(|key| match key.len() {
            _ if Written::is(key.expose()) => Err(KeyFault::OfPair),
            length if length < minimum => Err(KeyFault::TooShort { length }),
            _ => MacKey::new(algorithm, key.expose()).map(Self::Mac).ok_or(KeyFault::Form),
        });
        keys.collect()
    }

    /// Whether this is a signature of a message that is in memory.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Mac(mac) => {
                let mut mac = mac.begin();
                mac.update(message);
                mac.is(signature)
            }
            Self::Public(key) => key.verify_whole(message, signature),
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifyingKey(..)")
    }
}

/// Why bytes are no key of an algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyFault {
    /// Not written as such a key is.
    Form,
    /// A secret was wanted: this is one half of a pair.
    OfPair,
    /// The public half was wanted: this is the private one.
    Private,
    /// The secret could be guessed.
    TooShort { length: usize },
    /// Whoever likes can make signatures that such a public key takes for good.
    #[cfg(any(feature = "ed25519", feature = "ring"))]
    Weak,
}
