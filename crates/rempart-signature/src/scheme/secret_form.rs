use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rempart_keys::Secret;
use smallvec::SmallVec;

use super::HexCase;
use super::encoding::decode_hex_long;

/// The keys of one secret: one, unless it is a list.
pub(crate) type Keys = SmallVec<[Secret; 1]>;

/// Says how a key is made of what a vendor shows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum SecretForm {
    /// The Base64 after this prefix, decoded; the prefix may be left out.
    Base64 {
        /// `whsec_`, or nothing.
        #[cfg_attr(feature = "serde", serde(default))]
        prefix: Cow<'static, str>,
    },
    /// Several in one text, set apart by a bar, each the Base64 after this prefix (Supabase Auth
    /// hooks: `v1,whsec_…|v1,whsec_…`). Any of them verifies; the first is the one that signs.
    Base64List {
        /// `v1,whsec_`, or nothing.
        #[cfg_attr(feature = "serde", serde(default))]
        prefix: Cow<'static, str>,
    },
    /// A user's name, a colon and a password, as HTTP's Basic scheme writes them down. For shared
    /// secrets.
    Basic,
    /// The hexadecimal digits after this prefix, decoded; the prefix may be left out.
    Hex {
        /// Nothing, mostly.
        #[cfg_attr(feature = "serde", serde(default))]
        prefix: Cow<'static, str>,
    },
    /// One half of a pair of keys: the public one verifies, the private one signs.
    ///
    /// It is read from PEM, the Base64 of its DER (`SubjectPublicKeyInfo`, PKCS #8), a JSON Web Key of
    /// an elliptic curve, `whpk_…` or `whsk_…` of Standard Webhooks, or bare bytes in hexadecimal or Base64: of Ed25519 the 32 of
    /// a key or a seed, of ECDSA a point or a number. Where the text names an algorithm, it is the
    /// scheme's.
    PublicKey,
    /// The characters as they are.
    Text,
}

impl SecretForm {
    /// How many keys one secret may hold.
    pub const MAX_LISTED: usize = 8;

    /// Base64 behind a prefix.
    #[must_use]
    pub const fn base64(prefix: &'static str) -> Self {
        Self::Base64 { prefix: Cow::Borrowed(prefix) }
    }

    /// Several, each in Base64 behind a prefix.
    #[must_use]
    pub const fn base64_list(prefix: &'static str) -> Self {
        Self::Base64List { prefix: Cow::Borrowed(prefix) }
    }

    /// Hexadecimal digits behind a prefix.
    #[must_use]
    pub const fn hex(prefix: &'static str) -> Self {
        Self::Hex { prefix: Cow::Borrowed(prefix) }
    }

    /// The keys of a MAC; `None` if the secret is not of this form. What is decoded is wiped like any secret.
    pub(crate) fn keys(&self, secret: &Secret) -> Option<Keys> {
        let text = secret.expose();
        let one = |key: Option<Secret>| key.map(|key| Keys::from_iter([key]));
        match self {
            Self::Base64 { prefix } => one(base64(text, prefix)),
            Self::Base64List { prefix } => {
                let listed = || text.split(|byte| *byte == b'|');
                if listed().count() > Self::MAX_LISTED {
                    return None;
                }
                listed().map(|text| base64(text, prefix)).collect()
            }
            // A name without a password is half a credential, and the colon of nothing none.
            Self::Basic => one(match text.iter().position(|byte| *byte == b':') {
                None | Some(0) => None,
                Some(_) => Secret::from_binary(STANDARD.encode(text).into_bytes()).ok(),
            }),
            Self::Hex { prefix } => {
                let text = text.strip_prefix(prefix.as_bytes()).unwrap_or(text);
                one(Secret::from_binary(decode_hex_long(text, HexCase::Any)?).ok())
            }
            Self::PublicKey => None,
            Self::Text => Some(Keys::from_iter([secret.clone()])),
        }
    }
}

fn base64(text: &[u8], prefix: &str) -> Option<Secret> {
    let text = text.strip_prefix(prefix.as_bytes()).unwrap_or(text);
    Secret::from_binary(STANDARD.decode(text).ok()?).ok()
}
