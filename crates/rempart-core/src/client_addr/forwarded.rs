use std::iter::Rev;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str;

use http::header::{FORWARDED, GetAll, ValueIter};
use http::{HeaderMap, HeaderValue};

use super::policy::TrustedProxies;

/// Takes the last element off a line: what is left of the separator, if there is one, and the
/// element. `None` if the line is no list.
type Split = fn(&[u8]) -> Option<(Option<&[u8]>, &[u8])>;

/// The hops of a forwarding header, the nearest first. Ends at the first that is no address.
pub(super) struct Hops<'a> {
    lines: Rev<ValueIter<'a, HeaderValue>>,
    /// What is left of the line that is being read.
    line: Option<&'a [u8]>,
    split: Split,
    read: fn(&[u8]) -> Option<IpAddr>,
    entries_left: usize,
    bytes_left: usize,
}

impl<'a> Hops<'a> {
    /// `X-Forwarded-For`: all lines are one list, to whose right end each proxy appends.
    pub(super) fn list(lines: &GetAll<'a, HeaderValue>) -> Self {
        Self::new(lines, split_plain, read_node)
    }

    /// `Forwarded`: the same, of elements with parameters (RFC 7239 §4).
    pub(super) fn forwarded(headers: &'a HeaderMap) -> Self {
        Self::new(&headers.get_all(FORWARDED), split_quoted, read_element)
    }

    fn new(
        lines: &GetAll<'a, HeaderValue>,
        split: Split,
        read: fn(&[u8]) -> Option<IpAddr>,
    ) -> Self {
        Self {
            lines: lines.iter().rev(),
            line: None,
            split,
            read,
            entries_left: TrustedProxies::MAX_HOPS,
            bytes_left: TrustedProxies::MAX_BYTES,
        }
    }
}

impl Iterator for Hops<'_> {
    type Item = IpAddr;

    fn next(&mut self) -> Option<IpAddr> {
        self.entries_left = self.entries_left.checked_sub(1)?;
        let line = match self.line.take() {
            Some(line) => line,
            None => self.lines.next()?.as_bytes(),
        };
        let cut = line.len().saturating_sub(self.bytes_left);
        let (rest, element) = (self.split)(line.get(cut..)?)?;
        if cut > 0 && rest.is_none() {
            // The element may begin left of the cut: half an address is none.
            return None;
        }
        self.bytes_left = self.bytes_left.saturating_sub(element.len().saturating_add(1));
        self.line = rest.and_then(|rest| line.get(..cut.saturating_add(rest.len())));
        (self.read)(element)
    }
}

/// The one address of a header that may be sent once only.
pub(super) fn single(lines: &GetAll<'_, HeaderValue>) -> Option<IpAddr> {
    let mut lines = lines.iter();
    let (Some(line), None) = (lines.next(), lines.next()) else { return None };
    read_node(line.as_bytes())
}

fn split_plain(line: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    Some(match line.iter().rposition(|&byte| byte == b',') {
        Some(at) => (line.get(..at), line.get(at.saturating_add(1)..)?),
        None => (None, line),
    })
}

/// From the right, like the walk itself: what a client wrote further left, an open quote above
/// all, cannot swallow what a proxy appended.
fn split_quoted(line: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let mut quoted = false;
    for (at, &byte) in line.iter().enumerate().rev() {
        match byte {
            b'"' if !quoted => quoted = true,
            b'"' => {
                let before = line.get(..at)?.iter().rev();
                let backslashes = before.take_while(|&&byte| byte == b'\\').count();
                quoted = !backslashes.is_multiple_of(2);
            }
            b',' if !quoted => return Some((line.get(..at), line.get(at.saturating_add(1)..)?)),
            _ => {}
        }
    }
    (!quoted).then_some((None, line))
}

/// Reads an element of `Forwarded`: its one `for` parameter, all the others being well-formed.
fn read_element(element: &[u8]) -> Option<IpAddr> {
    let mut found = None;
    let mut rest = Some(element);
    while let Some(pairs) = rest {
        let pair;
        (pair, rest) = split_pair(pairs);
        let pair = pair.trim_ascii();
        if pair.is_empty() {
            continue;
        }
        let equals = pair.iter().position(|&byte| byte == b'=')?;
        let (name, value) = (pair.get(..equals)?, pair.get(equals.saturating_add(1)..)?);
        let quoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
        if !is_token(name) || !(quoted.is_some_and(is_quoted_text) || is_token(value)) {
            return None;
        }
        if name.eq_ignore_ascii_case(b"for") {
            if found.is_some() {
                return None;
            }
            found = Some(read_forwarded_node(quoted.unwrap_or(value))?);
        }
    }
    found
}

/// The first parameter, and what follows its semicolon. Escapes are not looked for: a parameter
/// that holds one is refused, wherever it ends.
fn split_pair(pairs: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut quoted = false;
    for (at, &byte) in pairs.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b';' if !quoted => {
                return (pairs.get(..at).unwrap_or_default(), pairs.get(at.saturating_add(1)..));
            }
            _ => {}
        }
    }
    (pairs, None)
}

/// A node of `Forwarded` (RFC 7239 §6): an IPv6 address stands in brackets; `unknown` and
/// obfuscated names are no addresses.
fn read_forwarded_node(node: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(node).ok()?;
    let (address, port) = if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let port = if port.is_empty() { None } else { Some(port.strip_prefix(':')?) };
        (IpAddr::V6(address.parse().ok()?), port)
    } else {
        let (address, port) =
            text.split_once(':').map_or((text, None), |(address, port)| (address, Some(port)));
        (IpAddr::V4(address.parse().ok()?), port)
    };
    port.is_none_or(is_port).then_some(address)
}

/// An entry of `X-Forwarded-For`: an address, in brackets or not, with a port or not.
fn read_node(entry: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(entry.trim_ascii()).ok()?;
    if text.contains('%') {
        // A zone means something on the machine that wrote it, and there only.
        return None;
    }
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    if let Some(address) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    text.parse::<SocketAddr>().ok().map(|socket| socket.ip())
}

/// A port, or an obfuscated one (RFC 7239 §6).
fn is_port(port: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    match port.strip_prefix('_') {
        Some(name) => !name.is_empty() && name.bytes().all(allowed),
        None => (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// RFC 9110 §5.6.2.
fn is_token(text: &[u8]) -> bool {
    let allowed = |&byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.iter().all(allowed)
}

/// What may stand between the quotes, without the escapes that no address needs (RFC 9110 §5.6.4).
fn is_quoted_text(text: &[u8]) -> bool {
    text.iter().all(|&byte| !matches!(byte, b'"' | b'\\') && (byte == b'\t' || byte >= b' '))
}
