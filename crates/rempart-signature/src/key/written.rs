//! The ways in which keys of a pair are written down.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::der::{Der, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};
use super::jwk;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Ed25519,
    Other,
    P256,
    P384,
    Rsa,
    /// RSA that may do nothing but PSS.
    RsaPss,
}

/// One half of a pair of keys, as it was written down.
pub(crate) enum Written {
    /// A private key, or what can be nothing else.
    Private(Private),
    /// A public key.
    Public(Public),
}

/// A public key. Where its text does not name its family, the bytes may be of any.
pub(crate) struct Public {
    pub(crate) family: Option<Family>,
    pub(crate) key: Vec<u8>,
}

/// A private key; its bytes are wiped.
pub(crate) struct Private {
    pub(crate) family: Option<Family>,
    pub(crate) key: Zeroizing<Vec<u8>>,
}

impl Written {
    /// Reads what says of itself that it is one half of a pair: PEM, the Base64 of a
    /// `SubjectPublicKeyInfo` or of a PKCS #8 document, `whpk_…` and `whsk_…`, a JSON Web Key.
    pub(crate) fn tagged(text: &[u8]) -> Option<Self> {
        let text = text.trim_ascii();
        if let Some(key) = text.strip_prefix(b"whpk_") {
            let key = STANDARD.decode(key).unwrap_or_default();
            return Some(Self::Public(Public { family: Some(Family::Ed25519), key }));
        }
        if let Some(key) = text.strip_prefix(b"whsk_") {
            let key = Zeroizing::new(STANDARD.decode(key).unwrap_or_default());
            return Some(Self::Private(Private { family: Some(Family::Ed25519), key }));
        }
        if text.starts_with(b"-----BEGIN ") {
            return Some(pem(text).unwrap_or_else(|| {
                // Whatever it is, it is no secret of a MAC.
                Self::Private(Private { family: Some(Family::Other), key: Zeroizing::default() })
            }));
        }
        if text.starts_with(b"{") {
            return jwk::read(text);
        }
        let der = Zeroizing::new(STANDARD.decode(text).ok()?);
        spki(&der).map(Self::Public).or_else(|| pkcs8(&der).map(Self::Private))
    }

    /// Whether these bytes are half of a pair, as a text or as they are.
    pub(crate) fn is(bytes: &[u8]) -> bool {
        Self::tagged(bytes).is_some() || spki(bytes).is_some() || pkcs8(bytes).is_some()
    }
}

impl Public {
    /// Reads a public key, also one of bare bytes in hexadecimal or Base64; `Err` holds a private
    /// key that was found instead.
    pub(crate) fn read(text: &[u8]) -> Option<Result<Self, Private>> {
        match Written::tagged(text) {
            Some(Written::Public(public)) => Some(Ok(public)),
            Some(Written::Private(private)) => Some(Err(private)),
            None => Some(Ok(Self { family: None, key: bare(text)?.to_vec() })),
        }
    }
}

impl Private {
    /// Reads a private key, also a bare one in hexadecimal or Base64.
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        match Written::tagged(text) {
            Some(Written::Private(private)) => Some(private),
            Some(Written::Public(_)) => None,
            None => Some(Self { family: None, key: bare(text)? }),
        }
    }
}

/// Digits in pairs, or else Base64: what is both has a length that no key in Base64 has.
fn bare(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let text = text.trim_ascii();
    let digit =
        |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_chunks::<2>();
    let bytes: Option<Vec<u8>> =
        pairs.iter().map(|[high, low]| Some((digit(high)? << 4) | digit(low)?)).collect();
    match bytes {
        Some(bytes) if rest.is_empty() => Some(Zeroizing::new(bytes)),
        _ => STANDARD.decode(text).ok().map(Zeroizing::new),
    }
}

fn pem(text: &[u8]) -> Option<Written> {
    let text = str::from_utf8(text).ok()?.strip_prefix("-----BEGIN ")?;
    let (label, text) = text.split_once("-----")?;
    let (body, end) = text.split_once("-----END ")?;
    if end.strip_suffix("-----")? != label {
        return None;
    }
    let body: Zeroizing<Vec<u8>> =
        Zeroizing::new(body.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect());
    let der = Zeroizing::new(STANDARD.decode(&*body).ok()?);
    match label {
        "PUBLIC KEY" => spki(&der).map(Written::Public),
        "RSA PUBLIC KEY" => {
            let public = Public { family: Some(Family::Rsa), key: der.to_vec() };
            Some(Written::Public(public))
        }
        "PRIVATE KEY" => pkcs8(&der).map(Written::Private),
        "RSA PRIVATE KEY" => {
            Some(Written::Private(Private { family: Some(Family::Rsa), key: der }))
        }
        "EC PRIVATE KEY" => sec1(&der).map(|key| Written::Private(Private { family: None, key })),
        _ => None,
    }
}

/// `SubjectPublicKeyInfo` ([RFC 5280 §4.1]).
///
/// [RFC 5280 §4.1]: https://www.rfc-editor.org/rfc/rfc5280#section-4.1
pub(crate) fn spki(der: &[u8]) -> Option<Public> {
    let mut info = Der::only(der, SEQUENCE)?;
    let family = family(info.enter(SEQUENCE)?)?;
    let key = info.bits()?.to_vec();
    info.end()?;
    Some(Public { family: Some(family), key })
}

/// `PrivateKeyInfo` ([RFC 5958]), its attributes and public key passed over.
///
/// [RFC 5958]: https://www.rfc-editor.org/rfc/rfc5958
fn pkcs8(der: &[u8]) -> Option<Private> {
    let mut info = Der::only(der, SEQUENCE)?;
    if !matches!(info.take(INTEGER)?, [0 | 1]) {
        return None;
    }
    let family = family(info.enter(SEQUENCE)?)?;
    let key = info.take(OCTET_STRING)?;
    let key = match family {
        Family::Ed25519 => Der::new(key).take(OCTET_STRING).map(|key| Zeroizing::new(key.to_vec())),
        Family::P256 | Family::P384 => sec1(key),
        Family::Other | Family::Rsa | Family::RsaPss => Some(Zeroizing::new(key.to_vec())),
    };
    Some(Private { family: Some(family), key: key? })
}

/// The number in an `ECPrivateKey` ([RFC 5915]).
///
/// [RFC 5915]: https://www.rfc-editor.org/rfc/rfc5915
fn sec1(der: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut key = Der::only(der, SEQUENCE)?;
    (key.take(INTEGER)? == [1]).then_some(())?;
    key.take(OCTET_STRING).map(|number| Zeroizing::new(number.to_vec()))
}

/// Which family an `AlgorithmIdentifier` names; `None` if it is none.
fn family(mut identifier: Der<'_>) -> Option<Family> {
    let family = match identifier.take(OBJECT_IDENTIFIER)? {
        // 1.3.101.112
        [0x2b, 0x65, 0x70] => Family::Ed25519,
        // 1.2.840.10045.2.1, and a curve: 1.2.840.10045.3.1.7, 1.3.132.0.34
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01] => match identifier.take(OBJECT_IDENTIFIER) {
            Some([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]) => Family::P256,
            Some([0x2b, 0x81, 0x04, 0x00, 0x22]) => Family::P384,
            _ => Family::Other,
        },
        // 1.2.840.113549.1.1.1
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01] => Family::Rsa,
        // 1.2.840.113549.1.1.10
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a] => Family::RsaPss,
        _ => Family::Other,
    };
    Some(family)
}
