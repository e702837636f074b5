use std::fmt;

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest as _, Sha256, Sha512};
use subtle::{Choice, ConstantTimeEq};

use crate::Rejection;
use crate::message::joined;
use crate::structured::{BareItem, Dictionary, Item, Member};

/// The name of the field.
pub(crate) const CONTENT_DIGEST: &str = "content-digest";

/// The most digests that one field may hold.
const MOST: usize = 16;

/// Which digest of a body is made ([RFC 9530 §5]).
///
/// ```
/// use rempart_signature::DigestAlgorithm;
///
/// let field = DigestAlgorithm::Sha256.field(b"{\"hello\": \"world\"}\n");
/// assert_eq!(field, "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:");
/// ```
///
/// [RFC 9530 §5]: https://www.rfc-editor.org/rfc/rfc9530#section-5
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DigestAlgorithm {
    /// `sha-256`.
    #[default]
    Sha256,
    /// `sha-512`.
    Sha512,
}

impl DigestAlgorithm {
    /// The `Content-Digest` of a body.
    #[must_use]
    pub fn field(self, body: &[u8]) -> HeaderValue {
        let (name, digest) = match self {
            Self::Sha256 => ("sha-256", Sha256::digest(body).to_vec()),
            Self::Sha512 => ("sha-512", Sha512::digest(body).to_vec()),
        };
        let text = format!("{name}=:{}:", Base64Display::new(&digest, &STANDARD));
        // Base64 is always a value; nothing would be the digest of nothing.
        HeaderValue::try_from(text).unwrap_or(const { HeaderValue::from_static("") })
    }
}

/// A `Content-Digest`, compared with a body while it arrives ([RFC 9530]).
///
/// Every `sha-256` and `sha-512` in it must be right, and there must be one; what is insecure or
/// unknown is passed over.
///
/// ```
/// use http::{HeaderMap, HeaderValue};
/// use rempart_signature::{ContentDigest, Rejection};
///
/// let mut headers = HeaderMap::new();
/// headers.insert("content-digest", HeaderValue::from_static(
///     "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:",
/// ));
/// let mut digest = ContentDigest::of(&headers)?;
/// digest.update(b"{\"hello\": ");
/// digest.update(b"\"world\"}\n");
/// assert_eq!(digest.finish(), Ok(()));
/// # Ok::<(), Rejection>(())
/// ```
///
/// [RFC 9530]: https://www.rfc-editor.org/rfc/rfc9530
#[derive(Clone)]
#[must_use = "a digest that is not finished says nothing"]
pub struct ContentDigest {
    sha256: Option<(Sha256, [u8; 32])>,
    sha512: Option<(Sha512, [u8; 64])>,
}

impl ContentDigest {
    /// Reads the field.
    ///
    /// # Errors
    ///
    /// [`Rejection::Missing`] without the field, [`Rejection::Malformed`] if it is no dictionary or
    /// a digest is not of its length, [`Rejection::InsufficientCoverage`] if it holds no digest
    /// that is worth something.
    pub fn of(headers: &HeaderMap) -> Result<Self, Rejection> {
        let field = joined(headers, &const { HeaderName::from_static(CONTENT_DIGEST) })?;
        let digests = Dictionary::parse_unique(field.as_bytes(), MOST);
        let digests = digests.map_err(|_| Rejection::Malformed)?;
        let sha256 = read(&digests, "sha-256")?.map(|digest| (Sha256::new(), digest));
        let sha512 = read(&digests, "sha-512")?.map(|digest| (Sha512::new(), digest));
        if sha256.is_none() && sha512.is_none() {
            return Err(Rejection::InsufficientCoverage);
        }
        Ok(Self { sha256, sha512 })
    }

    /// Takes the next bytes of the body.
    pub fn update(&mut self, bytes: &[u8]) {
        if let Some((hasher, _)) = &mut self.sha256 {
            hasher.update(bytes);
        }
        if let Some((hasher, _)) = &mut self.sha512 {
            hasher.update(bytes);
        }
    }

    /// Says whether the body was the one that was described.
    ///
    /// # Errors
    ///
    /// [`Rejection::DigestMismatch`].
    pub fn finish(self) -> Result<(), Rejection> {
        let right = |computed: &[u8], sent: &[u8]| computed.ct_eq(sent);
        let yes = || Choice::from(1);
        let sha256 =
            self.sha256.map_or_else(yes, |(hasher, sent)| right(&hasher.finalize(), &sent));
        let sha512 =
            self.sha512.map_or_else(yes, |(hasher, sent)| right(&hasher.finalize(), &sent));
        if bool::from(sha256 & sha512) { Ok(()) } else { Err(Rejection::DigestMismatch) }
    }
}

fn read<const N: usize>(digests: &Dictionary, key: &str) -> Result<Option<[u8; N]>, Rejection> {
    match digests.get(key) {
        None => Ok(None),
        Some(Member::Item(Item { value: BareItem::Bytes(digest), .. })) => {
            digest.as_slice().try_into().map(Some).map_err(|_| Rejection::Malformed)
        }
        Some(_) => Err(Rejection::Malformed),
    }
}

impl fmt::Debug for ContentDigest {
    /// Which digests there are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContentDigest")
            .field("sha256", &self.sha256.is_some())
            .field("sha512", &self.sha512.is_some())
            .finish()
    }
}
