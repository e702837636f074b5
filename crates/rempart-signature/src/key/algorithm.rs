/// Names the way in which a scheme signs; it is configuration, never read from a request.
///
/// A MAC is verified with the secret that made it. The others verify with a public key: who can
/// verify cannot sign. Each of them stands behind the feature of its mathematics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// ECDSA on the curve P-256, with SHA-256.
    #[cfg(feature = "ecdsa")]
    #[cfg_attr(docsrs, doc(cfg(feature = "ecdsa")))]
    EcdsaP256Sha256,
    /// ECDSA on the curve P-384, with SHA-384.
    #[cfg(feature = "ecdsa")]
    #[cfg_attr(docsrs, doc(cfg(feature = "ecdsa")))]
    EcdsaP384Sha384,
    /// Ed25519, strictly: no second signature can be made of one ([RFC 8032]).
    ///
    /// [RFC 8032]: https://www.rfc-editor.org/rfc/rfc8032
    #[cfg(feature = "ed25519")]
    #[cfg_attr(docsrs, doc(cfg(feature = "ed25519")))]
    Ed25519,
    /// HMAC with SHA-1: for senders that have nothing else. Unbroken as a MAC, and no reason to
    /// choose it.
    HmacSha1,
    /// HMAC with SHA-256.
    HmacSha256,
    /// HMAC with SHA-512.
    HmacSha512,
    /// RSA as PKCS #1 had it in its version 1.5, with SHA-256 and keys of 2,048 to 8,192 bits.
    #[cfg(feature = "ring")]
    #[cfg_attr(docsrs, doc(cfg(feature = "ring")))]
    RsaPkcs1Sha256,
    /// RSA-PSS with SHA-512, a salt of 64 bytes, and keys of 2,048 to 8,192 bits.
    #[cfg(feature = "ring")]
    #[cfg_attr(docsrs, doc(cfg(feature = "ring")))]
    RsaPssSha512,
    /// None: the secret itself is sent, and nothing of the message is covered. What is compared are
    /// digests under a key of this process, so that no time tells how long the secret is.
    SharedSecret,
}

impl Algorithm {
    /// Every one that this build has.
    pub const ALL: &'static [Self] = &[
        #[cfg(feature = "ecdsa")]
        Self::EcdsaP256Sha256,
        #[cfg(feature = "ecdsa")]
        Self::EcdsaP384Sha384,
        #[cfg(feature = "ed25519")]
        Self::Ed25519,
        Self::HmacSha1,
        Self::HmacSha256,
        Self::HmacSha512,
        #[cfg(feature = "ring")]
        Self::RsaPkcs1Sha256,
        #[cfg(feature = "ring")]
        Self::RsaPssSha512,
        Self::SharedSecret,
    ];

    /// Its name, as the registry of [RFC 9421 §6.2] has it where it is there.
    ///
    /// ```
    /// use rempart_signature::Algorithm;
    ///
    /// assert_eq!(Algorithm::HmacSha256.name(), "hmac-sha256");
    /// assert_eq!(Algorithm::named("hmac-sha512"), Some(Algorithm::HmacSha512));
    /// assert_eq!(Algorithm::named("none"), None);
    /// ```
    ///
    /// [RFC 9421 §6.2]: https://www.rfc-editor.org/rfc/rfc9421#section-6.2
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP256Sha256 => "ecdsa-p256-sha256",
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP384Sha384 => "ecdsa-p384-sha384",
            #[cfg(feature = "ed25519")]
            Self::Ed25519 => "ed25519",
            Self::HmacSha1 => "hmac-sha1",
            Self::HmacSha256 => "hmac-sha256",
            Self::HmacSha512 => "hmac-sha512",
            #[cfg(feature = "ring")]
            Self::RsaPkcs1Sha256 => "rsa-v1_5-sha256",
            #[cfg(feature = "ring")]
            Self::RsaPssSha512 => "rsa-pss-sha512",
            Self::SharedSecret => "shared-secret",
        }
    }

    /// The one of this [`name`](Self::name), if this build has it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|algorithm| algorithm.name() == name)
    }

    /// Whether both sides share one secret.
    #[must_use]
    pub const fn is_mac(self) -> bool {
        matches!(self, Self::HmacSha1 | Self::HmacSha256 | Self::HmacSha512 | Self::SharedSecret)
    }

    /// How many bytes a signature has; `None` for RSA, where the key says it, and for a shared
    /// secret.
    ///
    /// Of ECDSA, these are both numbers in full, one after the other.
    #[must_use]
    pub const fn signature_len(self) -> Option<usize> {
        match self {
            Self::HmacSha1 => Some(20),
            Self::HmacSha256 => Some(32),
            Self::HmacSha512 => Some(64),
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP256Sha256 => Some(64),
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP384Sha384 => Some(96),
            #[cfg(feature = "ed25519")]
            Self::Ed25519 => Some(64),
            #[cfg(feature = "ring")]
            Self::RsaPkcs1Sha256 | Self::RsaPssSha512 => None,
            Self::SharedSecret => None,
        }
    }

    /// Whether its signatures are two numbers, which ASN.1 writes in a way of its own.
    pub(crate) const fn is_ecdsa(self) -> bool {
        match self {
            #[cfg(feature = "ecdsa")]
            Self::EcdsaP256Sha256 | Self::EcdsaP384Sha384 => true,
            _ => false,
        }
    }

    /// Whether the message cannot be hashed while it arrives.
    pub(crate) const fn needs_whole(self) -> bool {
        !self.is_mac() && !self.is_ecdsa()
    }

    /// Whether a signature may have so many bytes.
    pub(crate) fn takes(self, length: usize) -> bool {
        match self.signature_len() {
            Some(exact) => length == exact,
            None => (Self::RSA_SHORTEST..=Self::RSA_LONGEST).contains(&length),
        }
    }

    /// Bytes of a modulus of 2,048 bits.
    pub(crate) const RSA_SHORTEST: usize = 256;
    /// Bytes of a modulus of 8,192 bits.
    pub(crate) const RSA_LONGEST: usize = 1024;
}
