use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use super::source::SourceError;

/// Digest of an inline script or style that may run, as in `'sha256-…'`.
///
/// ```
/// use rempart_headers::HashSource;
///
/// let hash = HashSource::Sha256([0; 32]);
/// assert_eq!(hash.to_string(), "'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='");
/// assert_eq!(hash.to_string().parse(), Ok(hash));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HashSource {
    /// SHA-256.
    Sha256([u8; 32]),
    /// SHA-384.
    Sha384([u8; 48]),
    /// SHA-512.
    Sha512([u8; 64]),
}

impl FromStr for HashSource {
    type Err = SourceError;

    /// Takes `'sha256-…'`, quotes included; the digest in either alphabet of base64, padded.
    fn from_str(text: &str) -> Result<Self, SourceError> {
        let inner = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
        let (algorithm, digest) =
            inner.and_then(|text| text.split_once('-')).ok_or(SourceError::Hash)?;
        let bytes = STANDARD.decode(digest).or_else(|_| URL_SAFE.decode(digest));
        let bytes = bytes.map_err(|_| SourceError::Hash)?;
        let hash = match algorithm.to_ascii_lowercase().as_str() {
            "sha256" => bytes.try_into().map(Self::Sha256),
            "sha384" => bytes.try_into().map(Self::Sha384),
            "sha512" => bytes.try_into().map(Self::Sha512),
            _ => Err(bytes),
        };
        hash.map_err(|_| SourceError::Hash)
    }
}

impl fmt::Display for HashSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (algorithm, digest): (_, &[u8]) = match self {
            Self::Sha256(digest) => ("sha256", digest),
            Self::Sha384(digest) => ("sha384", digest),
            Self::Sha512(digest) => ("sha512", digest),
        };
        write!(f, "'{algorithm}-{}'", STANDARD.encode(digest))
    }
}
