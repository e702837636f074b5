use super::text::{cut, decimal, holds, split_once};
use super::{OriginError, host};

/// The longest origin that can be written: scheme, `://`, a host of 253 bytes, `:` and a port.
pub(crate) const MAX_LEN: usize = "https://".len() + host::MAX_LEN + ":65535".len();

/// Where the text of an origin is to be cut; what is left of the work of checking it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Parts {
    pub(super) scheme: Scheme,
    pub(super) host_len: usize,
    /// `None` for the scheme's own, which is never written.
    pub(super) port: Option<u16>,
}

impl Parts {
    /// Checks a text. The same code reads configurations, constants, and the requests that no exact
    /// origin allows.
    pub(crate) const fn parse(text: &[u8]) -> Result<Self, OriginError> {
        if let Err(fault) = look_over(text) {
            return Err(fault);
        }
        let Some((scheme, rest)) = split_once(text, b"://") else {
            return Err(OriginError::MissingScheme);
        };
        let scheme = match Scheme::parse(scheme) {
            Ok(scheme) => scheme,
            Err(fault) => return Err(fault),
        };
        let (authority, tail) = split_authority(rest);
        if holds(authority, b'@') {
            return Err(OriginError::UserInfo);
        }
        match tail {
            [] => {}
            [b'/'] => return Err(OriginError::TrailingSlash),
            _ => return Err(OriginError::Path),
        }
        let (host, port) = match split_port(authority) {
            Ok(parts) => parts,
            Err(fault) => return Err(fault),
        };
        if let Err(fault) = host::check(host) {
            return Err(fault);
        }
        let port = match port {
            None => None,
            Some(digits) => match decimal(digits) {
                None | Some(0) => return Err(OriginError::Port),
                Some(port) if port == scheme.default_port() => {
                    return Err(OriginError::DefaultPort);
                }
                port => port,
            },
        };
        Ok(Self { scheme, host_len: host.len(), port })
    }

    /// The host in the text that was checked.
    pub(super) fn host(self, text: &str) -> &str {
        let host = text.get(self.scheme.prefix().len()..);
        host.and_then(|rest| rest.get(..self.host_len)).unwrap_or_default()
    }
}

#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    const fn parse(text: &[u8]) -> Result<Self, OriginError> {
        match text {
            b"https" => Ok(Self::Https),
            b"http" => Ok(Self::Http),
            b"file" => Err(OriginError::File),
            [b'H' | b'h', b'T' | b't', b'T' | b't', b'P' | b'p']
            | [b'H' | b'h', b'T' | b't', b'T' | b't', b'P' | b'p', b'S' | b's'] => {
                Err(OriginError::UpperCase)
            }
            _ => Err(OriginError::Scheme),
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
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

    pub(super) const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Refuses what no byte further needs to be looked at for.
const fn look_over(text: &[u8]) -> Result<(), OriginError> {
    match text {
        [] => Err(OriginError::Empty),
        b"null" => Err(OriginError::Null),
        _ if holds(text, b'*') => Err(OriginError::Wildcard),
        _ if !text.is_ascii() => Err(OriginError::NotAscii),
        _ if text.len() > MAX_LEN => Err(OriginError::TooLong),
        _ => Ok(()),
    }
}

/// Parts what names the server from what follows it.
const fn split_authority(text: &[u8]) -> (&[u8], &[u8]) {
    let (mut rest, mut length) = (text, 0_usize);
    while let [byte, tail @ ..] = rest {
        if matches!(*byte, b'/' | b'?' | b'#' | b'\\') {
            break;
        }
        length = length.saturating_add(1);
        rest = tail;
    }
    // Always there: so many bytes have been passed.
    match text.split_at_checked(length) {
        Some(parts) => parts,
        None => (text, rest),
    }
}

/// A host, and what is written as its port.
type Authority<'t> = (&'t [u8], Option<&'t [u8]>);

/// Parts the host from the port, minding the colons inside an IPv6 address.
const fn split_port(authority: &[u8]) -> Result<Authority<'_>, OriginError> {
    if !matches!(authority, [b'[', ..]) {
        return Ok(cut(authority, b':'));
    }
    let (address, Some(rest)) = cut(authority, b']') else { return Err(OriginError::Ipv6) };
    let Some((host, _)) = authority.split_at_checked(address.len().saturating_add(1)) else {
        return Err(OriginError::Ipv6);
    };
    match rest {
        [] => Ok((host, None)),
        [b':', port @ ..] => Ok((host, Some(port))),
        _ => Err(OriginError::Ipv6),
    }
}
