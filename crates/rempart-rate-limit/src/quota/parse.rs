//! The grammar of a quota, read left to right in one pass.

use std::time::Duration;

use super::{Quota, QuotaError, QuotaFault};

/// Reads the words; whether the rate can be counted is asked elsewhere.
pub(super) fn quota(text: &str) -> Result<Quota, QuotaError> {
    if text.len() > MAX_TEXT {
        return Err(QuotaError::new(MAX_TEXT, QuotaFault::TextTooLong));
    }
    let mut words = Words { text, at: 0 };
    let limit = words.number()?;
    words.one_of(&["requests", "request", "req", "r"]);
    if !words.slash() && words.one_of(&["per"]).is_none() {
        return Err(words.fault(QuotaFault::NoPer));
    }
    let period = words.period()?;
    let quota = Quota::per_period(limit, period);
    let quota = match words.one_of(&["burst"]) {
        Some(_) => quota.with_burst(words.number()?),
        None => quota,
    };
    if words.rest().is_empty() { Ok(quota) } else { Err(words.fault(QuotaFault::Trailing)) }
}

/// A period as a count of the largest unit that it is a multiple of.
pub(super) fn in_units(period: Duration) -> (u128, &'static str) {
    let nanoseconds = period.as_nanos();
    let whole = UNITS.iter().find_map(|(unit, names)| {
        let count = nanoseconds.checked_div(u128::from(*unit))?;
        let multiple = nanoseconds.is_multiple_of(u128::from(*unit)) && count > 0;
        Some((count, *names.first()?)).filter(|_| multiple)
    });
    whole.unwrap_or((nanoseconds, "nanosecond"))
}

struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    /// What is left, without the blanks before it.
    fn rest(&mut self) -> &'a str {
        let left = self.text.get(self.at..).unwrap_or_default();
        let rest = left.trim_start_matches([' ', '\t']);
        self.at = self.text.len().saturating_sub(rest.len());
        rest
    }

    fn take(&mut self, length: usize) {
        self.at = self.at.saturating_add(length);
    }

    fn fault(&mut self, fault: QuotaFault) -> QuotaError {
        self.rest();
        QuotaError::new(self.at, fault)
    }

    /// A number above zero that fits `N`.
    fn number<N: TryFrom<u64>>(&mut self) -> Result<N, QuotaError> {
        let rest = self.rest();
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        let digits = rest.get(..length).unwrap_or_default();
        if digits.is_empty() {
            return Err(self.fault(QuotaFault::NoNumber));
        }
        let number = digits.parse().map_err(|_| self.fault(QuotaFault::NumberTooLarge))?;
        if number == 0 {
            return Err(self.fault(QuotaFault::Zero));
        }
        let number = N::try_from(number).map_err(|_| self.fault(QuotaFault::NumberTooLarge))?;
        self.take(length);
        Ok(number)
    }

    fn slash(&mut self) -> bool {
        let slash = self.rest().starts_with('/');
        self.take(usize::from(slash));
        slash
    }

    /// The word here, if it is one of these in either case.
    fn one_of(&mut self, known: &[&'static str]) -> Option<&'static str> {
        let word = self.word();
        let found = known.iter().find(|known| known.eq_ignore_ascii_case(word))?;
        self.take(found.len());
        Some(found)
    }

    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        rest.get(..length).unwrap_or_default()
    }

    fn period(&mut self) -> Result<Duration, QuotaError> {
        let counted = self.rest().starts_with(|first: char| first.is_ascii_digit());
        let start = self.at;
        let count: u64 = if counted { self.number()? } else { 1 };
        if self.word().eq_ignore_ascii_case("m") {
            return Err(self.fault(QuotaFault::AmbiguousUnit));
        }
        let unit = UNITS.iter().find(|(_, names)| self.one_of(names).is_some());
        let (unit, _) = unit.ok_or_else(|| self.fault(QuotaFault::NoUnit))?;
        let nanoseconds = count.checked_mul(*unit);
        let too_large = QuotaError::new(start, QuotaFault::NumberTooLarge);
        nanoseconds.map(Duration::from_nanos).ok_or(too_large)
    }
}

/// Far above the longest sensible quota; keeps the work and the positions small.
const MAX_TEXT: usize = 128;

/// Nanoseconds and names, the largest unit first; the first name is the one that is written.
const UNITS: [(u64, &[&str]); 7] = [
    (86_400_000_000_000, &["day", "days", "d"]),
    (3_600_000_000_000, &["hour", "hours", "h"]),
    (60_000_000_000, &["minute", "minutes", "min", "mins"]),
    (1_000_000_000, &["second", "seconds", "s", "sec", "secs"]),
    (1_000_000, &["millisecond", "milliseconds", "ms"]),
    (1_000, &["microsecond", "microseconds", "us"]),
    (1, &["nanosecond", "nanoseconds", "ns"]),
];
