//! The words that limits are written in: numbers and periods, read left to right.

use std::time::Duration;

/// A text, as far as it was read.
pub(crate) struct Words<'a> {
    text: &'a str,
    at: usize,
}

/// What was found instead of a number or a period, and at which byte.
pub(crate) struct Misread {
    pub(crate) at: usize,
    pub(crate) what: Wrong,
}

/// What is wrong with a number or a period.
pub(crate) enum Wrong {
    AmbiguousUnit,
    NoNumber,
    NoUnit,
    NumberTooLarge,
    Zero,
}

impl<'a> Words<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Where the next word starts.
    pub(crate) fn next(&mut self) -> usize {
        self.rest();
        self.at
    }

    pub(crate) fn is_empty(&mut self) -> bool {
        self.rest().is_empty()
    }

    /// A number above zero that fits `N`.
    pub(crate) fn number<N: TryFrom<u64>>(&mut self) -> Result<N, Misread> {
        let rest = self.rest();
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        let digits = rest.get(..length).unwrap_or_default();
        if digits.is_empty() {
            return Err(self.misread(Wrong::NoNumber));
        }
        let number = digits.parse().map_err(|_| self.misread(Wrong::NumberTooLarge))?;
        if number == 0 {
            return Err(self.misread(Wrong::Zero));
        }
        let number = N::try_from(number).map_err(|_| self.misread(Wrong::NumberTooLarge))?;
        self.take(length);
        Ok(number)
    }

    /// `[COUNT] UNIT`
    pub(crate) fn period(&mut self) -> Result<Duration, Misread> {
        let counted = self.rest().starts_with(|first: char| first.is_ascii_digit());
        let start = self.at;
        let count: u64 = if counted { self.number()? } else { 1 };
        if self.word().eq_ignore_ascii_case("m") {
            return Err(self.misread(Wrong::AmbiguousUnit));
        }
        let unit = UNITS.iter().find(|(_, names)| self.one_of(names).is_some());
        let (unit, _) = unit.ok_or_else(|| self.misread(Wrong::NoUnit))?;
        let nanoseconds = count.checked_mul(*unit);
        let too_large = Misread { at: start, what: Wrong::NumberTooLarge };
        nanoseconds.map(Duration::from_nanos).ok_or(too_large)
    }

    pub(crate) fn slash(&mut self) -> bool {
        let slash = self.rest().starts_with('/');
        self.take(usize::from(slash));
        slash
    }

    /// The word here, if it is one of these in either case.
    pub(crate) fn one_of(&mut self, known: &[&'static str]) -> Option<&'static str> {
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

    fn misread(&mut self, what: Wrong) -> Misread {
        Misread { at: self.next(), what }
    }
}

/// A period as a count of the largest unit that it is a multiple of.
pub(crate) fn in_units(period: Duration) -> (u128, &'static str) {
    let nanoseconds = period.as_nanos();
    let whole = UNITS.iter().find_map(|(unit, names)| {
        let count = nanoseconds.checked_div(u128::from(*unit))?;
        let multiple = nanoseconds.is_multiple_of(u128::from(*unit)) && count > 0;
        Some((count, *names.first()?)).filter(|_| multiple)
    });
    whole.unwrap_or((nanoseconds, "nanosecond"))
}

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
