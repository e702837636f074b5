use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::BodyToken;
use crate::json::{Distinct, Text, Value};
use crate::{Algorithm, Rejection};

/// A token in its compact form, taken apart and not believed.
pub(super) struct Jws<'a> {
    /// What is signed: header and claims as they are written, and the dot between them.
    pub(super) signed: &'a str,
    /// For whoever has verified the signature.
    pub(super) claims: Vec<u8>,
    pub(super) signature: Vec<u8>,
    /// The key that it names, where keys are named.
    pub(super) kid: Option<String>,
}

impl<'a> Jws<'a> {
    /// Reads a token that may be good for all that its header says.
    pub(super) fn read(text: &'a [u8], wanted: &BodyToken) -> Result<Self, Rejection> {
        if text.len() > BodyToken::MAX_TOKEN {
            return Err(Rejection::Malformed);
        }
        let parts = || {
            let (signed, signature) = str::from_utf8(text).ok()?.rsplit_once('.')?;
            let (header, claims) = signed.split_once('.')?;
            // A dot in the claims is none of their digits.
            Some((signed, decode(header)?, decode(claims)?, decode(signature)?))
        };
        let (signed, header, claims, signature) = parts().ok_or(Rejection::Malformed)?;
        let header = Distinct::read(&header, BodyToken::MAX_MEMBERS)?;
        // What has to be understood is not, and what is signed is what is written.
        if header.get("crit").is_some() || header.get("b64").is_some() {
            return Err(Rejection::Malformed);
        }
        let algorithm = text_of(header.get("alg"))?;
        if !alg(wanted.algorithm).is_some_and(|alg| algorithm.is(alg)) {
            return Err(Rejection::WrongAlgorithm);
        }
        if !wanted.algorithm.takes(signature.len()) {
            return Err(Rejection::Malformed);
        }
        let kid = if wanted.names_key { Some(text_of(header.get("kid"))?) } else { None };
        let kid = kid.map(|kid| kid.decoded().into_owned());
        Ok(Self { signed, claims, signature, kid })
    }
}

fn text_of(value: Option<Value<'_>>) -> Result<Text<'_>, Rejection> {
    value.ok_or(Rejection::Missing)?.text().ok_or(Rejection::Malformed)
}

/// Without padding, without a stray bit, and never nothing.
fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| !bytes.is_empty())
}

pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What tokens call an algorithm ([RFC 7518 §3.1], [RFC 8037 §3.1]).
///
/// [RFC 7518 §3.1]: https://www.rfc-editor.org/rfc/rfc7518#section-3.1
/// [RFC 8037 §3.1]: https://www.rfc-editor.org/rfc/rfc8037#section-3.1
pub(super) const fn alg(algorithm: Algorithm) -> Option<&'static str> {
    match algorithm {
        #[cfg(feature = "ecdsa")]
        Algorithm::EcdsaP256Sha256 => Some("ES256"),
        #[cfg(feature = "ecdsa")]
        Algorithm::EcdsaP384Sha384 => Some("ES384"),
        #[cfg(feature = "ed25519")]
        Algorithm::Ed25519 => Some("EdDSA"),
        Algorithm::HmacSha256 => Some("HS256"),
        Algorithm::HmacSha512 => Some("HS512"),
        #[cfg(feature = "ring")]
        Algorithm::RsaPkcs1Sha256 => Some("RS256"),
        #[cfg(feature = "ring")]
        Algorithm::RsaPssSha512 => Some("PS512"),
        Algorithm::HmacSha1 | Algorithm::SharedSecret => None,
    }
}
