use std::time::Duration;

/// A `NumericDate` ([RFC 7519 §2]): seconds since 1970, perhaps with a fraction.
///
/// Before 1970, after the year 9999, and with an exponent it is none. What is finer than a
/// nanosecond is cut off.
///
/// [RFC 7519 §2]: https://www.rfc-editor.org/rfc/rfc7519#section-2
pub(crate) fn numeric_date(number: &str) -> Option<Duration> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let seconds = decimal(whole.as_bytes(), 12).filter(|seconds| *seconds <= LAST_SECOND)?;
    let nanoseconds = if fraction.is_empty() { 0 } else { nanoseconds(fraction.as_bytes())? };
    Some(Duration::new(seconds, nanoseconds))
}

fn nanoseconds(fraction: &[u8]) -> Option<u32> {
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let padded = fraction.iter().copied().chain(std::iter::repeat(b'0')).take(9);
    Some(padded.fold(0, |sum: u32, digit| push(sum.into(), digit).try_into().unwrap_or(0)))
}

fn decimal(digits: &[u8], most: usize) -> Option<u64> {
    let fits = !digits.is_empty() && digits.len() <= most && digits.iter().all(u8::is_ascii_digit);
    fits.then(|| digits.iter().fold(0, |sum, digit| push(sum, *digit)))
}

/// One more digit; never of a number that could overflow.
const fn push(sum: u64, digit: u8) -> u64 {
    sum.wrapping_mul(10).wrapping_add((digit & 0xf) as u64)
}

/// 9999-12-31T23:59:59Z.
const LAST_SECOND: u64 = 253_402_300_799;
