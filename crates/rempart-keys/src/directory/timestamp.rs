use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

/// A second of UTC as key directories spell it: `2026-11-01T00:00:00Z`, of the years 1970 to 9999.
///
/// This is [RFC 3339] without offsets and fractions.
///
/// ```
/// use std::time::Duration;
/// use rempart_keys::Timestamp;
///
/// let stamp: Timestamp = "2026-11-01T00:00:00Z".parse()?;
/// assert_eq!(stamp.since_epoch(), Duration::from_secs(1_793_491_200));
/// assert_eq!(stamp.to_string(), "2026-11-01T00:00:00Z");
/// # Ok::<(), rempart_keys::TimestampError>(())
/// ```
///
/// [RFC 3339]: https://www.rfc-editor.org/rfc/rfc3339
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The last second of the year 9999.
    const LAST: u64 = 253_402_300_799;

    /// The second that holds this moment, since the Unix epoch; the last of the year 9999 for all
    /// that come after it.
    #[must_use]
    pub fn at(moment: Duration) -> Self {
        Self(moment.as_secs().min(Self::LAST))
    }

    /// Its beginning, since the Unix epoch.
    #[must_use]
    pub const fn since_epoch(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [days, seconds] = [self.0 / DAY, self.0 % DAY];
        let (year, month, day) = date(days);
        let [hour, minute, second] = [seconds / 3600, seconds / 60 % 60, seconds % 60];
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text.as_bytes()).map(Self).ok_or(TimestampError)
    }
}

/// A text that is no [`Timestamp`].
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("is not of the form 2026-11-01T00:00:00Z")]
#[non_exhaustive]
pub struct TimestampError;

const DAY: u64 = 86_400;

fn parse(text: &[u8]) -> Option<u64> {
    let shape = b"0000-00-00T00:00:00Z";
    let fits = |(byte, form): (&u8, &u8)| {
        if *form == b'0' { byte.is_ascii_digit() } else { byte == form }
    };
    if text.len() != shape.len() || !text.iter().zip(shape).all(fits) {
        return None;
    }
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to).unwrap_or_default();
        digits.iter().fold(0, |sum: u64, digit| {
            sum.saturating_mul(10).saturating_add(u64::from(digit.saturating_sub(b'0')))
        })
    };
    let [hour, minute, second] = [number(11, 13), number(14, 16), number(17, 19)];
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = days(number(0, 4), number(5, 7), number(8, 10))?;
    let time = hour.checked_mul(3600)?.checked_add(minute.checked_mul(60)?)?.checked_add(second)?;
    days.checked_mul(DAY)?.checked_add(time)
}

/// The days from 1970-01-01 to a date; `None` for a date that never was.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let length = month_length(year, month)?;
    if year < 1970 || !(1..=length).contains(&day) {
        return None;
    }
    let before =
        (1..month).try_fold(0_u64, |sum, month| sum.checked_add(month_length(year, month)?))?;
    let new_year = before_year(year)?.checked_sub(before_year(1970)?)?;
    new_year.checked_add(before)?.checked_add(day)?.checked_sub(1)
}

/// The days before the first of January of a year, counted from the year 1.
fn before_year(year: u64) -> Option<u64> {
    let past = year.checked_sub(1)?;
    let leaps = (past / 4).checked_sub(past / 100)?.checked_add(past / 400)?;
    past.checked_mul(365)?.checked_add(leaps)
}

const fn month_length(year: u64, month: u64) -> Option<u64> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => Some(29),
        2 => Some(28),
        4 | 6 | 9 | 11 => Some(30),
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        _ => None,
    }
}

/// The date that is so many days after 1970-01-01.
fn date(days: u64) -> (u64, u64, u64) {
    // The year is first taken too late: no year is longer than 366 days, none shorter than 365.
    let mut year = (days / 365).saturating_add(1970);
    let mut day = days;
    while let Some(first) = first_of(year) {
        if first <= days {
            day = days.saturating_sub(first);
            break;
        }
        year = year.saturating_sub(1);
    }
    let mut month = 1;
    while let Some(length) = month_length(year, month).filter(|length| day >= *length) {
        day = day.saturating_sub(length);
        month = month.saturating_add(1);
    }
    (year, month, day.saturating_add(1))
}

fn first_of(year: u64) -> Option<u64> {
    before_year(year)?.checked_sub(before_year(1970)?)
}
