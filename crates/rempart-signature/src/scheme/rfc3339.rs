//! Dates and times as RFC 3339 writes them, from 1970 on.

use std::fmt::Write;
use std::time::Duration;

const DAY: u64 = 24 * 60 * 60;

/// Reads `2022-01-31T23:59:59.123456789Z`, or with an offset in place of the `Z`; digits and marks
/// where [RFC 3339 §5.6] has them, in upper case, at most nine digits of a second.
///
/// [RFC 3339 §5.6]: https://www.rfc-editor.org/rfc/rfc3339#section-5.6
pub(super) fn read(text: &[u8]) -> Option<Duration> {
    let (date, rest) = text.split_first_chunk::<10>()?;
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = date else { return None };
    let days = days(digits(&[*y0, *y1, *y2, *y3])?, digits(&[*m0, *m1])?, digits(&[*d0, *d1])?)?;
    let (time, rest) = rest.split_first_chunk::<9>()?;
    let [b'T', h0, h1, b':', n0, n1, b':', s0, s1] = time else { return None };
    // 60 is a leap second, and the one after 59.
    let second = within(digits(&[*s0, *s1])?, 60)?;
    let of_day = clock(&[*h0, *h1], &[*n0, *n1])?.checked_add(second)?;
    let local = days.checked_mul(DAY)?.checked_add(of_day)?;
    let (nanos, rest) = match rest.strip_prefix(b".") {
        Some(rest) => fraction(rest)?,
        None => (0, rest),
    };
    let seconds = match rest {
        b"Z" => local,
        [sign, h0, h1, b':', n0, n1] => {
            let offset = clock(&[*h0, *h1], &[*n0, *n1])?;
            match sign {
                b'+' => local.checked_sub(offset)?,
                b'-' => local.checked_add(offset)?,
                _ => return None,
            }
        }
        _ => return None,
    };
    Some(Duration::new(seconds, nanos))
}

/// Writes a time in UTC, with nine digits of a second if it is not a whole one; `None` after 9999.
pub(super) fn write(at: Duration) -> Option<String> {
    let (mut days_left, of_day) = (at.as_secs().checked_div(DAY)?, at.as_secs().checked_rem(DAY)?);
    let mut year = 1970_u64;
    while let Some(left) = days_left.checked_sub(if is_leap(year) { 366 } else { 365 }) {
        days_left = left;
        year = year.checked_add(1).filter(|year| *year <= 9999)?;
    }
    let mut month = 1_u64;
    while let Some(left) = days_left.checked_sub(days_of(year, month)?) {
        days_left = left;
        month = month.checked_add(1)?;
    }
    let day = days_left.checked_add(1)?;
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    if at.subsec_nanos() > 0 {
        write!(text, ".{:09}", at.subsec_nanos()).ok()?;
    }
    text.push('Z');
    Some(text)
}

/// Days since the first of January 1970.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let years = year.checked_sub(1970)?;
    if !(1..=days_of(year, month)?).contains(&day) {
        return None;
    }
    // Leap years before this one, less the 477 before 1970.
    let before = year.checked_sub(1)?;
    let leaps = (before / 4).checked_sub(before / 100)?.checked_add(before / 400)?;
    let of_year = (1..month)
        .try_fold(day.checked_sub(1)?, |days, month| days.checked_add(days_of(year, month)?))?;
    years.checked_mul(365)?.checked_add(leaps)?.checked_sub(477)?.checked_add(of_year)
}

const fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn days_of(year: u64, month: u64) -> Option<u64> {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 if is_leap(year) => Some(29),
        2 => Some(28),
        _ => None,
    }
}

/// Seconds of so many hours and minutes.
fn clock(hours: &[u8], minutes: &[u8]) -> Option<u64> {
    let (hours, minutes) = (within(digits(hours)?, 23)?, within(digits(minutes)?, 59)?);
    hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)
}

/// One to nine digits after the point, as nanoseconds, and what follows them.
fn fraction(text: &[u8]) -> Option<(u32, &[u8])> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (figures, rest) = text.split_at_checked(length)?;
    let scale = 10_u64.checked_pow(u32::try_from(9_usize.checked_sub(length)?).ok()?)?;
    if length == 0 {
        return None;
    }
    Some((u32::try_from(digits(figures)?.checked_mul(scale)?).ok()?, rest))
}

fn digits(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0_u64, |value, byte| {
        let figure = u64::from(byte.wrapping_sub(b'0'));
        value.checked_mul(10)?.checked_add(within(figure, 9)?)
    })
}

fn within(value: u64, most: u64) -> Option<u64> {
    (value <= most).then_some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_the_rfc_writes() {
        #[rustfmt::skip]
        let rows = [
            ("1970-01-01T00:00:00Z",                0, 0),
            // The examples of section 5.8.
            ("1985-04-12T23:20:50.52Z",             482_196_050, 520_000_000),
            ("1996-12-19T16:39:57-08:00",           851_042_397, 0),
            ("1990-12-31T23:59:60Z",                662_688_000, 0),
            ("1990-12-31T15:59:60-08:00",           662_688_000, 0),
            ("2000-02-29T00:00:00Z",                951_782_400, 0),
            ("2021-03-25T05:09:27Z",                1_616_648_967, 0),
            ("2023-07-19T14:56:51.634234626Z",      1_689_778_611, 634_234_626),
            ("2024-01-01T00:30:00+00:30",           1_704_067_200, 0),
            ("2024-01-01T00:00:00-00:00",           1_704_067_200, 0),
            ("2100-03-01T00:00:00Z",                4_107_542_400, 0),
            ("9999-12-31T23:59:59.999999999Z",      253_402_300_799, 999_999_999),
        ];
        for (text, seconds, nanos) in rows {
            assert_eq!(read(text.as_bytes()), Some(Duration::new(seconds, nanos)), "{text}");
        }
    }

    #[test]
    fn reads_nothing_else() {
        let rows = [
            "",
            "1700000000",
            "2023-07-19",
            "2023-07-19T14:56:51",
            "2023-07-19T14:56Z",
            "2023-07-19 14:56:51Z",
            "2023-07-19t14:56:51Z",
            "2023-07-19T14:56:51z",
            " 2023-07-19T14:56:51Z",
            "2023-07-19T14:56:51Z ",
            "2023-07-19T14:56:51.Z",
            "2023-07-19T14:56:51,5Z",
            "2023-07-19T14:56:51.1234567890Z",
            "2023-07-19T14:56:51+0100",
            "2023-07-19T14:56:51+01",
            "2023-07-19T14:56:51+24:00",
            "2023-07-19T14:56:51+01:60",
            "2023-7-19T14:56:51Z",
            "+2023-07-19T14:56:51Z",
            "-023-07-19T14:56:51Z",
            "20230719T145651Z",
            "2023-00-19T14:56:51Z",
            "2023-13-19T14:56:51Z",
            "2023-07-00T14:56:51Z",
            "2023-07-32T14:56:51Z",
            "2023-02-29T14:56:51Z",
            "2100-02-29T14:56:51Z",
            "2023-07-19T24:00:00Z",
            "2023-07-19T14:60:51Z",
            "2023-07-19T14:56:61Z",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00+00:01",
        ];
        for text in rows {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn writes_until_the_year_9999() {
        assert_eq!(write(Duration::MAX), None);
        assert_eq!(write(Duration::from_secs(253_402_300_800)), None);
        let last = write(Duration::from_secs(253_402_300_799));
        assert_eq!(last.as_deref(), Some("9999-12-31T23:59:59Z"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(seconds in 0..253_402_300_800_u64, nanos in 0..1_000_000_000_u32) {
            for at in [Duration::from_secs(seconds), Duration::new(seconds, nanos)] {
                let text = write(at).unwrap();
                prop_assert_eq!(read(text.as_bytes()), Some(at), "{}", text);
            }
        }
    }
}
