use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::written::{Family, Private, Public, Written};
use crate::json::Distinct;

/// The most members of a key; there are a dozen registered.
const MOST: usize = 32;

/// Reads a JSON Web Key ([RFC 7517]) of an elliptic curve; one of another kind is no key of ours.
/// `None` for what is none at all.
///
/// [RFC 7517]: https://www.rfc-editor.org/rfc/rfc7517
pub(super) fn read(text: &[u8]) -> Option<Written> {
    let members = Distinct::read(text, MOST).ok()?;
    members.get("kty")?;
    let is = |name, wanted| members.get(name).is_some_and(|value| value.is_text(wanted));
    let bytes = |name| {
        let text = members.get(name)?.text()?.decoded();
        URL_SAFE_NO_PAD.decode(text.as_bytes()).ok().map(Zeroizing::new)
    };
    let (family, width) = match (is("kty", "EC"), is("kty", "OKP")) {
        (true, _) if is("crv", "P-256") => (Family::P256, 32),
        (true, _) if is("crv", "P-384") => (Family::P384, 48),
        (_, true) if is("crv", "Ed25519") => (Family::Ed25519, 32),
        _ => (Family::Other, 0),
    };
    let number = |name| bytes(name).filter(|bytes| bytes.len() == width).unwrap_or_default();
    let family = Some(family);
    if members.get("d").is_some() {
        return Some(Written::Private(Private { family, key: number("d") }));
    }
    let key = if is("kty", "EC") {
        [&[UNCOMPRESSED][..], &number("x"), &number("y")].concat()
    } else {
        number("x").to_vec()
    };
    Some(Written::Public(Public { family, key }))
}

/// What a point begins with that is written in full ([SEC 1 §2.3.3]).
///
/// [SEC 1 §2.3.3]: https://www.secg.org/sec1-v2.pdf
const UNCOMPRESSED: u8 = 4;
