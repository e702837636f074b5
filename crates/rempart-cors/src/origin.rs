mod host;
mod punycode;
mod set;

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

pub(crate) use self::set::OriginSet;

/// The longest origin that can be written: scheme, `://`, a host of 253 bytes, `:` and a port.
pub(crate) const MAX_LEN: usize = "https://".len() + host::MAX_LEN + ":65535".len();

/// One web origin, in the one form that browsers send.
///
/// Browsers serialise an origin as scheme, host and port, in lower case, with the default port
/// left out and nothing after it ([HTML, origin]). A text in any other form could never equal an
/// `Origin` header, so it is refused here instead of failing to match in silence.
///
/// ```
/// use rempart_cors::{Origin, OriginError};
///
/// let origin: Origin = "https://app.example.com:8443".parse()?;
/// assert_eq!((origin.scheme(), origin.host(), origin.port()), ("https", "app.example.com", 8443));
/// assert_eq!("https://app.example.com/".parse::<Origin>(), Err(OriginError::TrailingSlash));
/// assert_eq!("https://app.example.com:443".parse::<Origin>(), Err(OriginError::DefaultPort));
/// # Ok::<_, OriginError>(())
/// ```
///
/// # Security
///
/// Punycode labels (`xn--…`) must decode; whether the decoded name is one that a registry would
/// hand out is not looked up. A label that no browser ever sends only fails to match.
///
/// [HTML, origin]: https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Origin {
    text: String,
    scheme: Scheme,
    host_len: usize,
    port: Option<u16>,
}

impl Origin {
    /// The origin of `host` over https, on its default port or on the one after a colon.
    ///
    /// # Errors
    ///
    /// What is wrong with `host`, as for parsing.
    pub fn https(host: &str) -> Result<Self, OriginError> {
        format!("https://{host}").parse()
    }

    /// The text, as browsers send it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &str {
        self.scheme.as_str()
    }

    /// The host; an IPv6 address keeps its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        let host = self.text.get(self.scheme.prefix().len()..);
        host.and_then(|rest| rest.get(..self.host_len)).unwrap_or_default()
    }

    /// The port, the scheme's default when none is written.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(self.scheme.default_port())
    }

    /// Whether nobody on the network between can speak for this origin: it is https, or it never
    /// leaves the machine.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.scheme == Scheme::Https || host::is_loopback(self.host())
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        match text {
            "" => return Err(OriginError::Empty),
            "null" => return Err(OriginError::Null),
            _ if text.contains('*') => return Err(OriginError::Wildcard),
            _ if !text.is_ascii() => return Err(OriginError::NotAscii),
            _ if text.len() > MAX_LEN => return Err(OriginError::TooLong),
            _ => {}
        }
        let (scheme, rest) = text.split_once("://").ok_or(OriginError::MissingScheme)?;
        let scheme = Scheme::parse(scheme)?;
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err(OriginError::UserInfo);
        }
        match tail {
            "" => {}
            "/" => return Err(OriginError::TrailingSlash),
            _ => return Err(OriginError::Path),
        }
        let (host, port) = split_port(authority)?;
        host::check(host)?;
        let port = port.map(|digits| parse_port(digits, scheme)).transpose()?;
        Ok(Self { text: text.to_owned(), scheme, host_len: host.len(), port })
    }
}

impl AsRef<str> for Origin {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// Why a text is not an origin that a browser could send.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum OriginError {
    /// There is no text.
    #[error("is empty")]
    Empty,
    /// Sandboxed frames, `data:` pages and local files all say `null`, and so can any attacker.
    #[error("`null` is what any sandboxed page sends; it cannot be trusted")]
    Null,
    /// A list of exact origins has no wildcards.
    #[error("holds a wildcard; an origin is written out, and `any_origin` allows every one")]
    Wildcard,
    /// Browsers send the punycode form of an international name.
    #[error("is not ASCII; write the host in punycode (`xn--…`), as browsers send it")]
    NotAscii,
    /// No origin can be this long.
    #[error("is longer than any origin ({MAX_LEN} bytes)")]
    TooLong,
    /// There is no `://`.
    #[error("has no scheme; write `https://` in front")]
    MissingScheme,
    /// `file:` pages send `null`.
    #[error("`file:` pages send `null`; they have no origin to allow")]
    File,
    /// Neither `https` nor `http`.
    #[error("the scheme is neither `https` nor `http`")]
    Scheme,
    /// Browsers send lower case.
    #[error("holds upper-case letters; browsers send an origin in lower case")]
    UpperCase,
    /// An `@` in front of the host.
    #[error("holds user information; an origin is scheme, host and port")]
    UserInfo,
    /// One slash too many.
    #[error("ends in a slash; an origin has no path")]
    TrailingSlash,
    /// Something follows the host and port.
    #[error("holds a path, query, fragment or backslash; an origin is scheme, host and port")]
    Path,
    /// There is no host.
    #[error("the host is empty")]
    EmptyHost,
    /// The DNS allows 253 bytes.
    #[error("the host is longer than 253 bytes")]
    HostTooLong,
    /// The root's dot.
    #[error("the host ends in a dot, which makes it another origin")]
    TrailingDot,
    /// Two dots in a row, or one at the start.
    #[error("a label of the host is empty")]
    EmptyLabel,
    /// The DNS allows 63 bytes.
    #[error("a label of the host is longer than 63 bytes")]
    LabelTooLong,
    /// A label begins or ends with a hyphen.
    #[error("a label of the host begins or ends with a hyphen")]
    Hyphen,
    /// Host names have letters, digits, hyphens and underscores.
    #[error("the host holds a byte that no host name has")]
    HostByte,
    /// A label begins with `xn--` but does not decode ([RFC 3492]).
    ///
    /// [RFC 3492]: https://www.rfc-editor.org/rfc/rfc3492
    #[error("a label beginning with `xn--` is not punycode of a non-ASCII name")]
    Punycode,
    /// The last label is a number, which makes the host an IPv4 address, and it is not one in
    /// dotted-decimal form.
    #[error("the host ends in a number but is not an IPv4 address in dotted decimal form")]
    Ipv4,
    /// Brackets hold an IPv6 address, compressed as [RFC 5952] says.
    ///
    /// [RFC 5952]: https://www.rfc-editor.org/rfc/rfc5952
    #[error("the brackets do not hold an IPv6 address in its canonical form")]
    Ipv6,
    /// An IPv4 address inside an IPv6 one.
    #[error("holds an IPv4-mapped IPv6 address; write the IPv4 address")]
    Ipv4Mapped,
    /// Not a number from 1 to 65535 without a leading zero.
    #[error("the port is not a number from 1 to 65535, written without a sign or leading zero")]
    Port,
    /// Browsers leave it out.
    #[error("names the scheme's default port, which browsers leave out")]
    DefaultPort,
}

#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
enum Scheme {
    Http,
    Https,
}

impl Scheme {
    fn parse(text: &str) -> Result<Self, OriginError> {
        match text {
            "https" => Ok(Self::Https),
            "http" => Ok(Self::Http),
            "file" => Err(OriginError::File),
            _ if text.eq_ignore_ascii_case("https") || text.eq_ignore_ascii_case("http") => {
                Err(OriginError::UpperCase)
            }
            _ => Err(OriginError::Scheme),
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::Http => "http://",
            Self::Https => "https://",
        }
    }

    const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Parts the host from the port, minding the colons inside an IPv6 address.
fn split_port(authority: &str) -> Result<(&str, Option<&str>), OriginError> {
    if !authority.starts_with('[') {
        return Ok(match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        });
    }
    let end = authority.find(']').ok_or(OriginError::Ipv6)?.saturating_add(1);
    let (host, rest) = authority.split_at_checked(end).ok_or(OriginError::Ipv6)?;
    match rest.strip_prefix(':') {
        Some(port) => Ok((host, Some(port))),
        None if rest.is_empty() => Ok((host, None)),
        None => Err(OriginError::Ipv6),
    }
}

fn parse_port(digits: &str, scheme: Scheme) -> Result<u16, OriginError> {
    let canonical = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    match digits.parse() {
        Ok(port) if canonical && port == scheme.default_port() => Err(OriginError::DefaultPort),
        Ok(port) if canonical => Ok(port),
        _ => Err(OriginError::Port),
    }
}
