use std::fmt;
use std::str::FromStr;

use super::Directive;
use super::source::{SourceError, checked_bytes, keyword_without_quotes};

/// Checked host of a source list, with its scheme, port and path if it has them ([CSP3 §2.3.1]).
///
/// ```
/// use rempart_headers::HostSource;
///
/// let host: HostSource = "https://*.CDN.example:8443/js/".parse()?;
/// assert_eq!(host.as_str(), "https://*.cdn.example:8443/js/");
/// assert!("https://a.example 'unsafe-inline'".parse::<HostSource>().is_err());
/// # Ok::<(), rempart_headers::SourceError>(())
/// ```
///
/// Names outside ASCII are written in punycode, `;` and `,` of a path percent-encoded. Of IP
/// addresses only `127.0.0.1` is taken: browsers match no other.
///
/// [CSP3 §2.3.1]: https://www.w3.org/TR/CSP3/#framework-directive-source-list
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostSource {
    text: Box<str>,
    shape: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Shape {
    any_host: bool,
    path: bool,
    scheme: bool,
}

impl HostSource {
    /// The host as it is sent: scheme and name in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is `*`, with or without scheme and port: every host there is.
    #[must_use]
    pub const fn is_any_host(&self) -> bool {
        self.shape.any_host
    }

    /// Whether it is an origin pattern: a scheme, a host, perhaps a port, and no path.
    #[must_use]
    pub const fn is_origin(&self) -> bool {
        self.shape.scheme && !self.shape.path && !self.shape.any_host
    }
}

impl FromStr for HostSource {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        checked_bytes(text)?;
        if let Some(keyword) = keyword_without_quotes(text) {
            return Err(SourceError::Unquoted { keyword });
        }
        if Directive::from_name(text).is_some() {
            return Err(SourceError::DirectiveName);
        }
        let (scheme, rest, at) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest, scheme.len().saturating_add(3)),
            None => (None, text, 0),
        };
        if let Some(scheme) = scheme {
            check_scheme(scheme)?;
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        check_host(host, at)?;
        let at = at.saturating_add(host.len());
        if let Some(port) = port {
            check_port(port).ok_or(SourceError::Port { offset: at.saturating_add(1) })?;
        }
        let at = at.saturating_add(authority.len().saturating_sub(host.len()));
        check_path(path, at)?;
        let mut text = text.to_owned();
        let name = text.len().saturating_sub(path.len());
        if let Some(name) = text.get_mut(..name) {
            // Both are compared without case; a path is not.
            name.make_ascii_lowercase();
        }
        let shape =
            Shape { any_host: host == "*", path: !path.is_empty(), scheme: scheme.is_some() };
        Ok(Self { text: text.into(), shape })
    }
}

impl fmt::Display for HostSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// Checked scheme of a source list, as in `https:`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SchemeSource {
    text: Box<str>,
}

impl SchemeSource {
    /// The scheme as it is sent, in lower case and with its colon.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for SchemeSource {
    type Err = SourceError;

    /// Takes `https:`, with the colon.
    fn from_str(text: &str) -> Result<Self, SourceError> {
        checked_bytes(text)?;
        let offset = text.len();
        check_scheme(text.strip_suffix(':').ok_or(SourceError::Scheme { offset })?)?;
        Ok(Self { text: text.to_ascii_lowercase().into() })
    }
}

impl fmt::Display for SchemeSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// [RFC 3986 §3.1]: a letter, then letters, digits, `+`, `-`, `.`.
///
/// [RFC 3986 §3.1]: https://www.rfc-editor.org/rfc/rfc3986#section-3.1
fn check_scheme(scheme: &str) -> Result<(), SourceError> {
    let allowed = |(nth, byte): (usize, u8)| {
        byte.is_ascii_alphabetic()
            || (nth > 0 && (byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.')))
    };
    if scheme.is_empty() {
        return Err(SourceError::Scheme { offset: 0 });
    }
    let wrong = scheme.bytes().enumerate().position(|byte| !allowed(byte));
    wrong.map_or(Ok(()), |offset| Err(SourceError::Scheme { offset }))
}

/// `*`, or labels of letters, digits and `-`, the first of which may be `*`.
fn check_host(host: &str, at: usize) -> Result<(), SourceError> {
    if host == "*" {
        return Ok(());
    }
    let (labels, mut offset) = match host.strip_prefix("*.") {
        Some(labels) => (labels, at.saturating_add(2)),
        None => (host, at),
    };
    for label in labels.strip_suffix('.').unwrap_or(labels).split('.') {
        let wrong = |byte: u8| !byte.is_ascii_alphanumeric() && byte != b'-';
        if let Some(nth) = label.bytes().position(wrong) {
            return Err(SourceError::Host { offset: offset.saturating_add(nth) });
        }
        if label.is_empty() || label.len() > MAX_LABEL {
            return Err(SourceError::Host { offset });
        }
        offset = offset.saturating_add(label.len()).saturating_add(1);
    }
    // The last label of a name is never all digits, so this is an address (or no name at all).
    let last = labels.rsplit('.').find(|label| !label.is_empty()).unwrap_or_default();
    if last.bytes().all(|byte| byte.is_ascii_digit()) && host != "127.0.0.1" {
        return Err(SourceError::IpAddress);
    }
    Ok(())
}

fn check_port(port: &str) -> Option<()> {
    if port == "*" {
        return Some(());
    }
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    let number = port.parse::<u16>().ok()?;
    (digits && number > 0).then_some(())
}

/// [RFC 3986 §3.3], without the `;` and `,` that would end the source. A query is no part of it.
///
/// [RFC 3986 §3.3]: https://www.rfc-editor.org/rfc/rfc3986#section-3.3
fn check_path(path: &str, at: usize) -> Result<(), SourceError> {
    let mut bytes = path.bytes().enumerate();
    let mut after_slash = false;
    while let Some((nth, byte)) = bytes.next() {
        let fine = match byte {
            // `//host` is another thing than a path.
            b'/' => nth != 1 || !after_slash,
            b'%' => {
                let mut hex = || bytes.next().is_some_and(|(_, byte)| byte.is_ascii_hexdigit());
                hex() && hex()
            }
            _ => byte.is_ascii_alphanumeric() || b"-._~!$&'()*+=:@".contains(&byte),
        };
        if !fine {
            return Err(SourceError::Path { offset: at.saturating_add(nth) });
        }
        after_slash = byte == b'/';
    }
    Ok(())
}

/// [RFC 1035 §2.3.4](https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4).
const MAX_LABEL: usize = 63;
