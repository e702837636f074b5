use std::net::Ipv4Addr;

use super::text::cut;
use super::{OriginError, address, punycode};

/// The longest name the DNS can hold, without its root's dot.
pub(super) const MAX_LEN: usize = 253;
const MAX_LABEL: usize = 63;

/// Refuses a host that is not in the form browsers send.
pub(super) const fn check(host: &[u8]) -> Result<(), OriginError> {
    match host {
        [] => return Err(OriginError::EmptyHost),
        [b'[', address @ .., b']'] => return address::check_v6(address),
        _ if host.len() > MAX_LEN => return Err(OriginError::HostTooLong),
        [_, .., b'.'] => return Err(OriginError::TrailingDot),
        _ => {}
    }
    let (mut last, mut rest) = (host, Some(host));
    while let Some(labels) = rest {
        (last, rest) = cut(labels, b'.');
        if let Err(fault) = check_label(last) {
            return Err(fault);
        }
    }
    if is_number(last) && !address::is_v4(host) { Err(OriginError::Ipv4) } else { Ok(()) }
}

/// Whether the host is this machine by name or by address.
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host == "[::1]"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// Whether the host, which is checked, is an address.
pub(super) fn is_address(host: &str) -> bool {
    host.starts_with('[') || address::is_v4(host.as_bytes())
}

const fn check_label(label: &[u8]) -> Result<(), OriginError> {
    if label.len() > MAX_LABEL {
        return Err(OriginError::LabelTooLong);
    }
    if let Err(fault) = check_bytes(label) {
        return Err(fault);
    }
    match label {
        [] => Err(OriginError::EmptyLabel),
        [b'-', ..] | [.., b'-'] => Err(OriginError::Hyphen),
        [b'x', b'n', b'-', b'-', encoded @ ..] if !punycode::is_valid(encoded) => {
            Err(OriginError::Punycode)
        }
        _ => Ok(()),
    }
}

/// Refuses a label with other bytes than host names are made of.
const fn check_bytes(mut label: &[u8]) -> Result<(), OriginError> {
    while let [byte, tail @ ..] = label {
        match *byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => label = tail,
            b'A'..=b'Z' => return Err(OriginError::UpperCase),
            _ => return Err(OriginError::HostByte),
        }
    }
    Ok(())
}

/// Whether a last label makes the whole host an IPv4 address ([URL, ends in a number]).
///
/// [URL, ends in a number]: https://url.spec.whatwg.org/#ends-in-a-number-checker
const fn is_number(label: &[u8]) -> bool {
    let (mut rest, is_hex) = match label {
        [b'0', b'x', digits @ ..] => (digits, true),
        digits => (digits, false),
    };
    while let [byte, tail @ ..] = rest {
        if !(byte.is_ascii_digit() || is_hex && byte.is_ascii_hexdigit()) {
            return false;
        }
        rest = tail;
    }
    true
}
