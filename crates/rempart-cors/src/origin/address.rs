//! Addresses in the one form that browsers write.

use super::OriginError;
use super::text::{cut, decimal, split_once};

/// Whether the text is an IPv4 address in dotted decimal form.
pub(super) const fn is_v4(text: &[u8]) -> bool {
    let (mut rest, mut left) = (Some(text), 4_u8);
    while let Some(octets) = rest {
        let (octet, more) = cut(octets, b'.');
        if !matches!(decimal(octet), Some(0..=255)) {
            return false;
        }
        left = match left.checked_sub(1) {
            Some(left) => left,
            None => return false,
        };
        rest = more;
    }
    left == 0
}

/// Refuses an IPv6 address that is not written as [RFC 5952] says.
///
/// [RFC 5952]: https://www.rfc-editor.org/rfc/rfc5952
pub(super) const fn check_v6(text: &[u8]) -> Result<(), OriginError> {
    if let [b':', b':', b'f', b'f', b'f', b'f', b':', v4 @ ..] = text
        && is_v4(v4)
    {
        return Err(OriginError::Ipv4Mapped);
    }
    match read_v6(text) {
        Some((address, _)) if address.wrapping_shr(32) == 0xffff => Err(OriginError::Ipv4Mapped),
        Some((address, gap)) if gap.is_same(longest_zeros(address)) => Ok(()),
        _ => Err(OriginError::Ipv6),
    }
}

/// Consecutive groups of an address, counted from its first.
#[derive(Clone, Copy)]
struct Run {
    start: u32,
    length: u32,
}

impl Run {
    const NONE: Self = Self { start: 0, length: 0 };

    const fn is_same(self, other: Self) -> bool {
        self.start == other.start && self.length == other.length
    }
}

/// The address, and the groups that `::` stands for.
const fn read_v6(text: &[u8]) -> Option<(u128, Run)> {
    let Some((head, tail)) = split_once(text, b"::") else {
        return match read_groups(text) {
            Some((address, 8)) => Some((address, Run::NONE)),
            _ => None,
        };
    };
    let (Some((head, before)), Some((tail, after))) = (read_groups(head), read_groups(tail)) else {
        return None;
    };
    let length = match 8_u32.checked_sub(before.saturating_add(after)) {
        Some(length) if length > 0 => length,
        _ => return None,
    };
    let moved = head.wrapping_shl(8_u32.saturating_sub(before).saturating_mul(16));
    Some((moved | tail, Run { start: before, length }))
}

/// Groups of hexadecimal digits, and how many; none in an empty text. Of more than eight, the last
/// eight: their number says that it is no address.
const fn read_groups(text: &[u8]) -> Option<(u128, u32)> {
    let (mut groups, mut count) = (0_u128, 0_u32);
    let mut rest = if text.is_empty() { None } else { Some(text) };
    while let Some(text) = rest {
        let (digits, more) = cut(text, b':');
        let Some(group) = read_group(digits) else { return None };
        groups = groups.wrapping_shl(16) | group;
        count = count.saturating_add(1);
        rest = more;
    }
    Some((groups, count))
}

/// One to four hexadecimal digits in lower case, without a leading zero.
const fn read_group(digits: &[u8]) -> Option<u128> {
    if matches!(digits, [] | [b'0', _, ..] | [_, _, _, _, _, ..]) {
        return None;
    }
    let (mut group, mut rest) = (0_u128, digits);
    while let [digit, tail @ ..] = rest {
        let value = match *digit {
            b'0'..=b'9' => digit.wrapping_sub(b'0'),
            b'a'..=b'f' => digit.wrapping_sub(b'a').wrapping_add(10),
            _ => return None,
        };
        group = group.wrapping_shl(4) | value as u128;
        rest = tail;
    }
    Some(group)
}

/// The first of the longest runs of groups that are zero: what `::` has to stand for (RFC 5952 §4.2).
/// One group alone is written out.
const fn longest_zeros(address: u128) -> Run {
    let (mut best, mut run) = (Run::NONE, Run::NONE);
    let mut nth = 0_u32;
    while nth < 8 {
        let group = address.wrapping_shr(7_u32.saturating_sub(nth).saturating_mul(16)) & 0xffff;
        run = match (group, run.length) {
            (0, 0) => Run { start: nth, length: 1 },
            (0, length) => Run { start: run.start, length: length.saturating_add(1) },
            _ => Run::NONE,
        };
        if run.length > 1 && run.length > best.length {
            best = run;
        }
        nth = nth.saturating_add(1);
    }
    best
}
