use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rempart_keys::Secret;

/// Says how a key is made of what a vendor shows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretForm {
    /// The Base64 after this prefix, decoded; the prefix may be left out.
    Base64 {
        /// `whsec_`, or nothing.
        prefix: Cow<'static, str>,
    },
    /// One half of a pair of keys: the public one verifies, the private one signs.
    ///
    /// It is read from PEM, the Base64 of its DER (`SubjectPublicKeyInfo`, PKCS #8), `whpk_…` or
    /// `whsk_…` of Standard Webhooks, or bare bytes in hexadecimal or Base64: of Ed25519 the 32 of
    /// a key or a seed, of ECDSA a point or a number. Where the text names an algorithm, it is the
    /// scheme's.
    PublicKey,
    /// The characters as they are.
    Text,
}

impl SecretForm {
    /// Base64 behind a prefix.
    #[must_use]
    pub const fn base64(prefix: &'static str) -> Self {
        Self::Base64 { prefix: Cow::Borrowed(prefix) }
    }

    /// The key of a MAC; `None` if the secret is not of this form. What is decoded is wiped like any secret.
    pub(crate) fn key(&self, secret: &Secret) -> Option<Secret> {
        match self {
            Self::Base64 { prefix } => {
                let text = secret.expose();
                let text = text.strip_prefix(prefix.as_bytes()).unwrap_or(text);
                Secret::from_binary(STANDARD.decode(text).ok()?).ok()
            }
            Self::PublicKey => None,
            Self::Text => Some(secret.clone()),
        }
    }
}
