use std::fmt;

#[cfg(feature = "ecdsa")]
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use rempart_keys::Secret;
#[cfg(feature = "ring")]
use ring::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair};

use super::written::{Private, Written};
use super::{Algorithm, MacKey, Message, Transcript};
use crate::SecretForm;

/// A key that signs.
pub(crate) enum SigningKey {
    Mac(MacKey),
    #[cfg(feature = "ed25519")]
    Ed25519(Box<ed25519_dalek::SigningKey>),
    #[cfg(feature = "ecdsa")]
    P256(Box<p256::ecdsa::SigningKey>),
    #[cfg(feature = "ecdsa")]
    P384(Box<p384::ecdsa::SigningKey>),
    #[cfg(feature = "ring")]
    Rsa(Box<RsaKeyPair>, &'static dyn RsaEncoding),
}

impl SigningKey {
    /// Reads a key of this algorithm: the private half of a pair, or a secret of this form.
    pub(crate) fn read(algorithm: Algorithm, form: &SecretForm, secret: &Secret) -> Option<Self> {
        if algorithm.is_mac() {
            let keys = form.keys(secret).filter(|_| !Written::is(secret.expose()))?;
            return MacKey::new(algorithm, keys.first()?.expose()).map(Self::Mac);
        }
        let private = Private::read(secret.expose())?;
        if private.family.is_some_and(|family| !family.is_of(algorithm)) {
            return None;
        }
        Self::of_bytes(algorithm, &private.key)
    }

    fn of_bytes(algorithm: Algorithm, bytes: &[u8]) -> Option<Self> {
        match algorithm {
            #[cfg(feature = "ed25519")]
            Algorithm::Ed25519 => {
                // The seed alone, or with the public key behind it.
                let key = if let Ok(pair) = bytes.try_into() {
                    ed25519_dalek::SigningKey::from_keypair_bytes(pair).ok()?
                } else {
                    ed25519_dalek::SigningKey::from_bytes(bytes.try_into().ok()?)
                };
                Some(Self::Ed25519(Box::new(key)))
            }
            #[cfg(feature = "ecdsa")]
            Algorithm::EcdsaP256Sha256 => {
                let key = p256::ecdsa::SigningKey::from_slice(bytes).ok()?;
                Some(Self::P256(Box::new(key)))
            }
            #[cfg(feature = "ecdsa")]
            Algorithm::EcdsaP384Sha384 => {
                let key = p384::ecdsa::SigningKey::from_slice(bytes).ok()?;
                Some(Self::P384(Box::new(key)))
            }
            #[cfg(feature = "ring")]
            Algorithm::RsaPkcs1Sha256 => {
                let key = RsaKeyPair::from_der(bytes).ok()?;
                Some(Self::Rsa(Box::new(key), &RSA_PKCS1_SHA256))
            }
            #[cfg(feature = "ring")]
            Algorithm::RsaPssSha512 => {
                let key = RsaKeyPair::from_der(bytes).ok()?;
                Some(Self::Rsa(Box::new(key), &RSA_PSS_SHA512))
            }
            Algorithm::HmacSha1
            | Algorithm::HmacSha256
            | Algorithm::HmacSha512
            | Algorithm::SharedSecret => None,
        }
    }

    /// What takes the bytes to be signed.
    pub(crate) fn transcript(&self) -> Transcript {
        let message: Message = match self {
            Self::Mac(mac) => return Transcript::Mac(mac.begin()),
            #[cfg(feature = "ed25519")]
            Self::Ed25519(_) => Message::Whole(Vec::new()),
            #[cfg(feature = "ecdsa")]
            Self::P256(_) => Message::Sha256(sha2::Sha256::default()),
            #[cfg(feature = "ecdsa")]
            Self::P384(_) => Message::Sha384(sha2::Sha384::default()),
            #[cfg(feature = "ring")]
            Self::Rsa(..) => Message::Whole(Vec::new()),
        };
        Transcript::Message(Box::new(message))
    }

    /// The signature of what [its transcript](Self::transcript) took; `None` only if the operating
    /// system has no randomness for RSA's.
    pub(crate) fn sign(&self, transcript: Transcript) -> Option<Vec<u8>> {
        match transcript {
            Transcript::Mac(mut mac) => Some(mac.finish_long()),
            Transcript::Message(mut message) => self.sign_message(&message.finish()),
        }
    }

    fn sign_message(&self, message: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Mac(_) => None,
            #[cfg(feature = "ed25519")]
            Self::Ed25519(key) => {
                Some(ed25519_dalek::Signer::sign(&**key, message).to_bytes().to_vec())
            }
            #[cfg(feature = "ecdsa")]
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign_prehash(message).ok()?;
                Some(signature.to_bytes().to_vec())
            }
            #[cfg(feature = "ecdsa")]
            Self::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign_prehash(message).ok()?;
                Some(signature.to_bytes().to_vec())
            }
            #[cfg(feature = "ring")]
            Self::Rsa(key, encoding) => {
                let mut signature = vec![0; key.public().modulus_len()];
                let random = ring::rand::SystemRandom::new();
                key.sign(*encoding, &random, message, &mut signature).ok()?;
                Some(signature)
            }
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}
