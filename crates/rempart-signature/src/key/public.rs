#[cfg(feature = "ecdsa")]
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
#[cfg(feature = "ring")]
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA512, RsaParameters, UnparsedPublicKey,
};

#[cfg(feature = "ring")]
use super::der::{Der, SEQUENCE};
use super::written::{Family, Public};
use super::{Algorithm, KeyFault, Message};

/// The public half of a pair.
#[derive(Clone)]
pub(crate) enum PublicKey {
    #[cfg(feature = "ed25519")]
    Ed25519(ed25519_dalek::VerifyingKey),
    #[cfg(feature = "ecdsa")]
    P256(p256::ecdsa::VerifyingKey),
    #[cfg(feature = "ecdsa")]
    P384(p384::ecdsa::VerifyingKey),
    #[cfg(feature = "ring")]
    Rsa(UnparsedPublicKey<Vec<u8>>),
}

impl PublicKey {
    pub(crate) fn read(algorithm: Algorithm, text: &[u8]) -> Result<Self, KeyFault> {
        let written = match Public::read(text) {
            Some(Ok(public)) => public,
            Some(Err(_)) => return Err(KeyFault::Private),
            None => return Err(KeyFault::Form),
        };
        if written.family.is_some_and(|family| !family.is_of(algorithm)) {
            return Err(KeyFault::Form);
        }
        Self::of_bytes(algorithm, &written.key)
    }

    pub(crate) fn of_bytes(algorithm: Algorithm, bytes: &[u8]) -> Result<Self, KeyFault> {
        match algorithm {
            #[cfg(feature = "ed25519")]
            Algorithm::Ed25519 => {
                let bytes = bytes.try_into().map_err(|_| KeyFault::Form)?;
                let key = ed25519_dalek::VerifyingKey::from_bytes(bytes);
                let key = key.map_err(|_| KeyFault::Form)?;
                if key.is_weak() { Err(KeyFault::Weak) } else { Ok(Self::Ed25519(key)) }
            }
            #[cfg(feature = "ecdsa")]
            Algorithm::EcdsaP256Sha256 => {
                let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(bytes);
                key.map(Self::P256).map_err(|_| KeyFault::Form)
            }
            #[cfg(feature = "ecdsa")]
            Algorithm::EcdsaP384Sha384 => {
                let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(bytes);
                key.map(Self::P384).map_err(|_| KeyFault::Form)
            }
            #[cfg(feature = "ring")]
            Algorithm::RsaPkcs1Sha256 => Self::rsa(&RSA_PKCS1_2048_8192_SHA256, bytes),
            #[cfg(feature = "ring")]
            Algorithm::RsaPssSha512 => Self::rsa(&RSA_PSS_2048_8192_SHA512, bytes),
            Algorithm::HmacSha1
            | Algorithm::HmacSha256
            | Algorithm::HmacSha512
            | Algorithm::SharedSecret => Err(KeyFault::Form),
        }
    }

    /// For what is signed with SHA-1 still; no [`Algorithm`], so that no scheme can ask for it.
    #[cfg(feature = "sns")]
    pub(crate) fn of_rsa_sha1(bytes: &[u8]) -> Result<Self, KeyFault> {
        Self::rsa(&ring::signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, bytes)
    }

    /// Takes a PKCS #1 key; what ring would find fault with at the first signature is found now.
    #[cfg(feature = "ring")]
    fn rsa(parameters: &'static RsaParameters, bytes: &[u8]) -> Result<Self, KeyFault> {
        let numbers = || {
            let mut key = Der::only(bytes, SEQUENCE)?;
            let numbers = (key.unsigned()?, key.unsigned()?);
            key.end()?;
            Some(numbers)
        };
        let (modulus, exponent) = numbers().ok_or(KeyFault::Form)?;
        let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
        let is_long = modulus.len() >= Algorithm::RSA_SHORTEST
            && (modulus.len() > Algorithm::RSA_SHORTEST
                || modulus.first().is_some_and(|byte| *byte >= 0x80));
        if !is_long || modulus.len() > Algorithm::RSA_LONGEST || !is_odd(modulus) {
            return Err(KeyFault::Weak);
        }
        // Of 3 to 2^33 - 1: ring takes no other.
        if !is_odd(exponent) || exponent == [1] || exponent.len() > 4 {
            return Err(KeyFault::Weak);
        }
        Ok(Self::Rsa(UnparsedPublicKey::new(parameters, bytes.to_vec())))
    }

    /// Whether the signature is of this key; `message` is what [`Message::finish`] gives.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match *self {
            #[cfg(feature = "ed25519")]
            Self::Ed25519(ref key) => {
                let signature = ed25519_dalek::Signature::from_slice(signature);
                signature.is_ok_and(|signature| key.verify_strict(message, &signature).is_ok())
            }
            #[cfg(feature = "ecdsa")]
            Self::P256(ref key) => {
                let signature = p256::ecdsa::Signature::from_slice(signature);
                signature.is_ok_and(|signature| key.verify_prehash(message, &signature).is_ok())
            }
            #[cfg(feature = "ecdsa")]
            Self::P384(ref key) => {
                let signature = p384::ecdsa::Signature::from_slice(signature);
                signature.is_ok_and(|signature| key.verify_prehash(message, &signature).is_ok())
            }
            #[cfg(feature = "ring")]
            Self::Rsa(ref key) => key.verify(message, signature).is_ok(),
        }
    }

    /// Whether this is a signature of a message that is in memory.
    pub(crate) fn verify_whole(&self, message: &[u8], signature: &[u8]) -> bool {
        let taken = &mut self.message();
        taken.update(message);
        self.verify(&taken.finish(), signature)
    }

    /// What takes the bytes that this key, and any other of its algorithm, is asked about.
    pub(crate) fn message(&self) -> Message {
        match *self {
            #[cfg(feature = "ed25519")]
            Self::Ed25519(_) => Message::Whole(Vec::new()),
            #[cfg(feature = "ecdsa")]
            Self::P256(_) => Message::Sha256(sha2::Sha256::default()),
            #[cfg(feature = "ecdsa")]
            Self::P384(_) => Message::Sha384(sha2::Sha384::default()),
            #[cfg(feature = "ring")]
            Self::Rsa(_) => Message::Whole(Vec::new()),
        }
    }
}

impl Family {
    /// Whether keys of this family are the algorithm's.
    pub(crate) const fn is_of(self, algorithm: Algorithm) -> bool {
        match (self, algorithm) {
            #[cfg(feature = "ed25519")]
            (Self::Ed25519, Algorithm::Ed25519) => true,
            #[cfg(feature = "ecdsa")]
            (Self::P256, Algorithm::EcdsaP256Sha256) | (Self::P384, Algorithm::EcdsaP384Sha384) => {
                true
            }
            #[cfg(feature = "ring")]
            (Self::Rsa, Algorithm::RsaPkcs1Sha256)
            | (Self::Rsa | Self::RsaPss, Algorithm::RsaPssSha512) => true,
            _ => false,
        }
    }
}
