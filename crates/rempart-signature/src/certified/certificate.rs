use std::time::Duration;

use rempart_core::KeyId;
use sha2::Sha256;
use x509_cert::der::Encode;
use x509_cert::der::asn1::ObjectIdentifier;

use super::Proof;
use crate::key::PublicKey;
use crate::{Algorithm, Encoding, HexCase, Rejection};

/// The most bytes that a certificate, or a chain of them, may have in PEM.
pub const MAX_CERTIFICATE: usize = 16 * 1024;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// What a signature is made over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digest {
    #[cfg(feature = "sns")]
    Sha1,
    Sha256,
}

/// What is kept of a certificate.
pub(crate) struct Certificate {
    id: KeyId,
    not_before: Duration,
    not_after: Duration,
    key: PublicKey,
    #[cfg(feature = "sns")]
    legacy: PublicKey,
}

impl Certificate {
    /// Reads the first certificate of a chain in PEM. Whose it is, the connection has said that it
    /// came over.
    pub(crate) fn read(pem: &[u8]) -> Option<Self> {
        if pem.len() > MAX_CERTIFICATE {
            return None;
        }
        let chain = x509_cert::Certificate::load_pem_chain(pem).ok()?;
        let id = id(chain.first()?)?;
        let certificate = chain.first()?.tbs_certificate();
        let info = certificate.subject_public_key_info();
        let key =
            info.subject_public_key.as_bytes().filter(|_| info.algorithm.oid == RSA_ENCRYPTION)?;
        let validity = certificate.validity();
        Some(Self {
            id,
            not_before: validity.not_before.to_unix_duration(),
            not_after: validity.not_after.to_unix_duration(),
            key: PublicKey::of_bytes(Algorithm::RsaPkcs1Sha256, key).ok()?,
            #[cfg(feature = "sns")]
            legacy: PublicKey::of_rsa_sha1(key).ok()?,
        })
    }

    /// The beginning of its fingerprint.
    pub(crate) const fn id(&self) -> KeyId {
        self.id
    }

    /// Whether it signed the message, and is valid: its last second belongs to it.
    pub(crate) fn verify(&self, proof: &Proof, now: Duration) -> Result<(), Rejection> {
        let key = match proof.digest {
            #[cfg(feature = "sns")]
            Digest::Sha1 => &self.legacy,
            Digest::Sha256 => &self.key,
        };
        if !key.verify(&proof.message, &proof.signature) {
            return Err(Rejection::Mismatch);
        }
        let now = Duration::from_secs(now.as_secs());
        let is_valid = (self.not_before..=self.not_after).contains(&now);
        is_valid.then_some(()).ok_or(Rejection::Expired)
    }
}

/// As many digits of the SHA-256 of its DER as a name has room for: as other tools show it.
fn id(certificate: &x509_cert::Certificate) -> Option<KeyId> {
    let digest = <Sha256 as sha2::Digest>::digest(certificate.to_der().ok()?);
    KeyId::new(&Encoding::Hex(HexCase::Lower).encode(digest.get(..8)?)).ok()
}
