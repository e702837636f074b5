use std::time::Duration;

/// A `NumericDate` ([RFC 7519 §2]): seconds since 1970, perhaps with a fraction.
///
/// Before 1970, after the year 9999, and with an exponent it is none. What is finer than a
/// nanosecond is cut off.
///
/// [RFC 7519 §2]: https://www.rfc-editor.org/rfc/rfc7519#section-2
pub(crate) fn numeric_date(number: &str) -> Option<Duration> {
    let (seconds, nanoseconds) = if let Some(seconds) = decimal(number.as_bytes()) {
        (seconds, 0)
    } else {
        let (whole, fraction) = number.split_once('.')?;
        (decimal(whole.as_bytes())?, nanoseconds(fraction.as_bytes())?)
    };
    (seconds <= LAST_SECOND).then(|| Duration::new(seconds, nanoseconds))
}

fn nanoseconds(fraction: &[u8]) -> Option<u32> {
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let padded = fraction.iter().copied().chain(std::iter::repeat(b'0')).take(9);
    Some(padded.fold(0, |sum: u32, digit| push(sum.into(), digit).try_into().unwrap_or(0)))
}

/// Of as many digits as the last second has.
fn decimal(digits: &[u8]) -> Option<u64> {
    let fits = (1..=12).contains(&digits.len());
    let digit = |sum, digit: &u8| digit.is_ascii_digit().then(|| push(sum, *digit));
    digits.iter().try_fold(0, digit).filter(|_| fits)
}

/// One more digit; never of a number that could overflow.
const fn push(sum: u64, digit: u8) -> u64 {
    sum.wrapping_mul(10).wrapping_add((digit & 0xf) as u64)
}

/// 9999-12-31T23:59:59Z.
const LAST_SECOND: u64 = 253_402_300_799;
