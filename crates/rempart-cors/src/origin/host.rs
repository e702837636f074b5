use std::net::{Ipv4Addr, Ipv6Addr};

use super::{OriginError, punycode};

/// The longest name the DNS can hold, without its root's dot.
pub(super) const MAX_LEN: usize = 253;
const MAX_LABEL: usize = 63;

/// Refuses a host that is not in the form browsers send.
pub(super) fn check(host: &str) -> Result<(), OriginError> {
    if host.is_empty() {
        return Err(OriginError::EmptyHost);
    }
    if let Some(rest) = host.strip_prefix('[') {
        return ipv6(rest.strip_suffix(']').unwrap_or_default());
    }
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(OriginError::UpperCase);
    }
    if host.len() > MAX_LEN {
        return Err(OriginError::HostTooLong);
    }
    if host.len() > 1 && host.ends_with('.') {
        return Err(OriginError::TrailingDot);
    }
    host.split('.').try_for_each(label)?;
    match host.rsplit('.').next() {
        Some(last) if is_number(last) => ipv4(host),
        _ => Ok(()),
    }
}

/// Whether the host is this machine by name or by address.
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host == "[::1]"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

fn label(label: &str) -> Result<(), OriginError> {
    let named = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    if label.is_empty() {
        Err(OriginError::EmptyLabel)
    } else if label.len() > MAX_LABEL {
        Err(OriginError::LabelTooLong)
    } else if !label.bytes().all(named) {
        Err(OriginError::HostByte)
    } else if label.starts_with('-') || label.ends_with('-') {
        Err(OriginError::Hyphen)
    } else {
        match label.strip_prefix("xn--") {
            Some(encoded) if !punycode::is_valid(encoded) => Err(OriginError::Punycode),
            _ => Ok(()),
        }
    }
}

/// Whether a last label makes the whole host an IPv4 address ([URL, ends in a number]).
///
/// [URL, ends in a number]: https://url.spec.whatwg.org/#ends-in-a-number-checker
fn is_number(label: &str) -> bool {
    match label.strip_prefix("0x") {
        Some(hex) => hex.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

fn ipv4(host: &str) -> Result<(), OriginError> {
    host.parse::<Ipv4Addr>().map(|_| ()).map_err(|_| OriginError::Ipv4)
}

fn ipv6(text: &str) -> Result<(), OriginError> {
    let address: Ipv6Addr = text.parse().map_err(|_| OriginError::Ipv6)?;
    // Browsers write these in hexadecimal and the standard library does not, so a comparison of
    // texts would refuse the right form; the IPv4 address itself is what was meant.
    if address.to_ipv4_mapped().is_some() {
        return Err(OriginError::Ipv4Mapped);
    }
    if address.to_string() == text { Ok(()) } else { Err(OriginError::Ipv6) }
}
