use std::fmt::Write as _;

use crate::form::decode;
use crate::{Rejection, Scheme};

/// The value of a query's parameter, decoded and encoded again ([RFC 9421 §2.2.8]).
///
/// A parameter that is there twice is refused: whoever signed one value did not sign the other.
///
/// [RFC 9421 §2.2.8]: https://www.rfc-editor.org/rfc/rfc9421#section-2.2.8
pub(crate) fn parameter(query: &str, name: &str) -> Result<String, Rejection> {
    let wanted = decode(name.as_bytes());
    // A name that is not encoded as it has to be is that of no parameter.
    if encode(&wanted)? != name {
        return Err(Rejection::Missing);
    }
    let mut found = None;
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    for (nth, pair) in pairs.enumerate() {
        if nth >= Scheme::MAX_PARAMETERS {
            return Err(Rejection::Malformed);
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if decode(name.as_bytes()) == wanted && found.replace(value).is_some() {
            return Err(Rejection::Duplicated);
        }
    }
    encode(&decode(found.ok_or(Rejection::Missing)?.as_bytes()))
}

/// Percent-encodes all but the letters, figures and marks that a form leaves alone.
///
/// What is no UTF-8 is refused: other verifiers make one character of all of it.
fn encode(text: &[u8]) -> Result<String, Rejection> {
    let text = str::from_utf8(text).map_err(|_| Rejection::Malformed)?;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'-' | b'.' | b'_') {
            encoded.push(char::from(byte));
        } else {
            // To a `String`, which never fails.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    Ok(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_found_by_its_encoded_name() {
        let value = |text: &str| Ok(text.to_owned());
        #[rustfmt::skip]
        let rows = [
            ("a=1&b=2",         "b",       value("2")),
            ("a",               "a",       value("")),
            ("a=b=c",           "a",       value("b%3Dc")),
            ("a=%7e~*-._",      "a",       value("%7E%7E*-._")),
            ("%61=1",           "a",       value("1")),
            ("a+b=1",           "a%20b",   value("1")),
            ("a+b=1",           "a+b",     Err(Rejection::Missing)),
            ("a%2fb=1",         "a%2Fb",   value("1")),
            ("a%2fb=1",         "a%2fb",   Err(Rejection::Missing)),
            ("a=1&%61=2",       "a",       Err(Rejection::Duplicated)),
            ("a=1&a=1",         "a",       Err(Rejection::Duplicated)),
            ("a=%ff",           "a",       Err(Rejection::Malformed)),
            ("a=1",             "%FF",     Err(Rejection::Malformed)),
            ("",                "a",       Err(Rejection::Missing)),
        ];
        for (query, name, want) in rows {
            assert_eq!(parameter(query, name), want, "{query} {name}");
        }
    }
}
