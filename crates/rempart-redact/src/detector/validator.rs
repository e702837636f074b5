use std::net::{Ipv4Addr, Ipv6Addr};
use std::str;

use crate::base64;

/// Checks what a pattern found, where the shape alone is too common.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Validator {
    /// Every match counts.
    None,
    /// A card number: the prefix and length of an issuer, and the check digit.
    Card,
    /// Whatever the function says; it sees the value, and runs once for every match.
    Custom(fn(&[u8]) -> bool),
    /// A telephone number with its country: 8 to 15 digits, the first not 0.
    E164,
    /// An account number whose remainder by 97 is 1 (ISO 7064, ISO 13616).
    Iban,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// A JOSE header that names its algorithm
    /// ([RFC 7515 §4.1.1](https://www.rfc-editor.org/rfc/rfc7515#section-4.1.1)).
    JwtHeader,
    /// A number with a check digit by Luhn's formula (ISO/IEC 7812-1).
    Luhn,
    /// A North American number: neither area nor exchange begins with 0 or 1, nor is a service
    /// code (N11).
    Nanp,
    /// Anything but a word of prose.
    NotAWord,
    /// A health insurance number of Quebec: its middle is a date of birth.
    Ramq,
    /// A number that the United States' social security gives out.
    Ssn,
    /// Base64 of a name, a colon and a password
    /// ([RFC 7617 §2](https://www.rfc-editor.org/rfc/rfc7617#section-2)).
    UserAndPassword,
}

impl Validator {
    pub(crate) fn accepts(self, value: &[u8]) -> bool {
        match self {
            Self::None => true,
            Self::Card => is_card(Digits::of(value).as_slice()),
            Self::Custom(check) => check(value),
            Self::E164 => is_e164(value),
            Self::Iban => is_iban(value),
            Self::Ipv4 => parses::<Ipv4Addr>(value),
            // Without a digit it is rather a path of Rust or C++.
            Self::Ipv6 => value.iter().any(u8::is_ascii_digit) && parses::<Ipv6Addr>(value),
            Self::JwtHeader => names_algorithm(value),
            Self::Luhn => is_luhn(Digits::of(value).as_slice()),
            Self::Nanp => is_nanp(Digits::of(value).as_slice()),
            Self::NotAWord => !is_word(value),
            Self::Ramq => is_ramq(Digits::of(value).as_slice()),
            Self::Ssn => is_ssn(Digits::of(value).as_slice()),
            Self::UserAndPassword => is_user_and_password(value),
        }
    }
}

/// The digits of a value, those of `%20` left out; at most 24 of them.
pub(crate) struct Digits {
    digits: [u8; 24],
    length: usize,
}

impl Digits {
    pub(crate) fn of(value: &[u8]) -> Self {
        let mut digits = [0; 24];
        let mut length: usize = 0;
        let mut rest = value;
        while let Some((byte, after)) = rest.split_first() {
            rest = after;
            if *byte == b'%' {
                // The two digits of an escape are none of the value's.
                rest = after.get(2..).unwrap_or_default();
            } else if byte.is_ascii_digit()
                && let Some(slot) = digits.get_mut(length)
            {
                *slot = byte.wrapping_sub(b'0');
                length = length.saturating_add(1);
            }
        }
        Self { digits, length }
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        self.digits.get(..self.length).unwrap_or_default()
    }
}

fn number(digits: &[u8]) -> u32 {
    digits
        .iter()
        .fold(0, |sum: u32, digit| sum.saturating_mul(10).saturating_add(u32::from(*digit)))
}

fn is_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(*digit);
            let doubled = if place % 2 == 1 { value.saturating_mul(2) } else { value };
            if doubled > 9 { doubled.saturating_sub(9) } else { doubled }
        })
        .sum();
    // All zeros pass the formula and are no number of anything.
    sum > 0 && sum.is_multiple_of(10)
}

/// Prefixes as the issuers publish them: a card of no issuer is a number like any other.
fn is_card(digits: &[u8]) -> bool {
    let Some(head) = digits.get(..4).map(number) else { return false };
    let issued = matches!(
        (head, digits.len()),
        // Visa, American Express, Mastercard.
        (4000..=4999, 13 | 16 | 19)
            | (3400..=3499 | 3700..=3799, 15)
            | (2221..=2720 | 5100..=5599, 16)
            // Diners Club, Discover, JCB, UnionPay.
            | (3000..=3059 | 3095 | 3600..=3699 | 3800..=3999, 14..=19)
            | (6011 | 6440..=6599 | 3528..=3589 | 6200..=6299, 16..=19)
            // Maestro.
            | (5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763, 12..=19)
    );
    issued && is_luhn(digits)
}

fn is_e164(value: &[u8]) -> bool {
    let plus = value.iter().position(|byte| matches!(byte, b'+' | b'B' | b'b'));
    let after_plus = plus.and_then(|at| value.get(at.saturating_add(1)..)).unwrap_or_default();
    let digits = Digits::of(after_plus);
    matches!(digits.as_slice(), [1..=9, rest @ ..] if (7..=14).contains(&rest.len()))
}

fn is_nanp(digits: &[u8]) -> bool {
    let national = digits.strip_prefix(&[1]).unwrap_or(digits);
    let Some((area, rest)) = national.split_first_chunk::<3>() else { return false };
    let Some((exchange, line)) = rest.split_first_chunk::<3>() else { return false };
    let begins = |code: &[u8; 3]| matches!(code, [2..=9, ..]) && !matches!(code, [_, 1, 1]);
    // N9X is kept for growth; N00 below 500 is nobody's, and is what a status code looks like.
    let nobodys = matches!(area, [_, 9, _] | [2..=4, 0, 0]);
    line.len() == 4 && begins(area) && begins(exchange) && !nobodys
}

fn is_ssn(digits: &[u8]) -> bool {
    let Some((area, rest)) = digits.split_at_checked(3) else { return false };
    let Some((group, serial)) = rest.split_at_checked(2) else { return false };
    let area = number(area);
    serial.len() == 4
        && !matches!(area, 0 | 666 | 900..)
        && number(group) != 0
        && number(serial) != 0
}

fn is_ramq(digits: &[u8]) -> bool {
    let [_, _, m, n, d, e, _, _] = digits else { return false };
    let (month, day) = (number(&[*m, *n]), number(&[*d, *e]));
    // Fifty more for women. Whether the month has that day is left open: one that was mistyped is
    // still somebody's.
    (1..=12).contains(&month.checked_sub(50).unwrap_or(month)) && (1..=31).contains(&day)
}

/// The remainder by 97, the first four characters moved to the end and letters read as 10 to 35.
fn is_iban(value: &[u8]) -> bool {
    let mut rest = value;
    let mut text = [0_u8; 40];
    let mut length: usize = 0;
    while let Some((byte, after)) = rest.split_first() {
        rest = if *byte == b'%' { after.get(2..).unwrap_or_default() } else { after };
        if byte.is_ascii_alphanumeric() {
            let Some(slot) = text.get_mut(length) else { return false };
            *slot = *byte;
            length = length.saturating_add(1);
        }
    }
    let Some(text) = text.get(..length).filter(|text| (15..=34).contains(&text.len())) else {
        return false;
    };
    let Some((head, tail)) = text.split_at_checked(4) else { return false };
    let remainder = tail.iter().chain(head).fold(0_u32, |remainder, byte| {
        let value = char::from(*byte).to_digit(36).unwrap_or_default();
        let scale = if value > 9 { 100 } else { 10 };
        // Below 97 * 100 + 36: nowhere near the end of the type.
        remainder.saturating_mul(scale).saturating_add(value) % 97
    });
    remainder == 1
}

fn parses<T: str::FromStr>(value: &[u8]) -> bool {
    str::from_utf8(value).is_ok_and(|text| text.parse::<T>().is_ok())
}

/// Small letters with at most a capital in front, and not many: a word, not a token.
fn is_word(value: &[u8]) -> bool {
    let lower = value.strip_prefix(value.get(..1).unwrap_or_default()).unwrap_or_default();
    value.len() < 20
        && value.first().is_some_and(u8::is_ascii_alphabetic)
        && lower.iter().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'.'))
}

fn is_user_and_password(value: &[u8]) -> bool {
    let mut buffer = [0; PREFIX];
    let decoded = base64::decode(value, &mut buffer);
    decoded.contains(&b':') && !decoded.iter().any(u8::is_ascii_control)
}

fn names_algorithm(value: &[u8]) -> bool {
    let header = value.split(|byte| *byte == b'.').next().unwrap_or_default();
    let mut buffer = [0; PREFIX];
    let decoded = base64::decode(header, &mut buffer);
    // A header too long to be seen whole is taken for one: hiding too much is the safe side.
    let whole = decoded.len() < PREFIX;
    decoded.first() == Some(&b'{')
        && (!whole || decoded.windows(5).any(|window| window == b"\"alg\""))
}

/// How much of a Base64 text is read: enough to judge by, and a bound on the work.
const PREFIX: usize = 384;
