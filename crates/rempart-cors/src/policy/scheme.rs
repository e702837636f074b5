use rempart_core::Faults;

use crate::error::{ConfigError, Field, SchemeError};
use crate::list::List;

const MAX_LEN: usize = 64;
const MAX_SCHEMES: usize = 16;

/// Schemes whose pages have no origin of their own, or that browsers never name in one.
const NO_ORIGIN: [&str; 9] =
    ["about", "blob", "data", "file", "filesystem", "ftp", "javascript", "ws", "wss"];

/// The schemes of a list that origins may have beside the web's.
pub(super) fn check<'l>(list: &'l List, faults: &mut Faults<ConfigError>) -> Vec<&'l str> {
    let (field, count) = (Field::CustomSchemes, list.texts.len());
    if count > MAX_SCHEMES {
        faults.push(ConfigError::TooMany { field, count, max: MAX_SCHEMES });
    }
    let mut schemes: Vec<&str> = Vec::new();
    for (index, value) in list.entries().take(MAX_SCHEMES) {
        let scheme = match value.as_str() {
            "https" | "http" => Err(SchemeError::Known),
            text if NO_ORIGIN.contains(&text) => Err(SchemeError::NoOrigin),
            text if !is_scheme(text) => Err(SchemeError::Invalid),
            text if schemes.contains(&text) => Err(SchemeError::Duplicate),
            text => Ok(text),
        };
        let fault = |reason| ConfigError::CustomScheme { index, value: value.clone(), reason };
        schemes.extend(faults.take(scheme.map_err(fault)));
    }
    schemes
}

/// Whether a text is a scheme as browsers write it ([RFC 3986 §3.1], in lower case).
///
/// [RFC 3986 §3.1]: https://www.rfc-editor.org/rfc/rfc3986#section-3.1
fn is_scheme(text: &str) -> bool {
    let inner = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.');
    text.len() <= MAX_LEN
        && text.bytes().all(inner)
        && text.starts_with(|first: char| first.is_ascii_lowercase())
}
