//! A time span as a number and its unit: `5m`, `300s`, `1500ms`.

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

/// Nanoseconds of each unit; what is written is the first in which the number is whole.
const UNITS: [(&str, u128); 5] =
    [("s", 1_000_000_000), ("ms", 1_000_000), ("ns", 1), ("m", 60_000_000_000), ("h", HOUR)];
const HOUR: u128 = 3_600_000_000_000;

pub(in crate::scheme) fn serialize<S: Serializer>(
    span: &Duration,
    to: S,
) -> Result<S::Ok, S::Error> {
    let nanos = span.as_nanos();
    let whole = UNITS.iter().find(|(_, unit)| nanos.is_multiple_of(*unit));
    let (name, unit) = whole.copied().unwrap_or(("ns", 1));
    to.collect_str(&format_args!("{}{name}", nanos.checked_div(unit).unwrap_or_default()))
}

pub(in crate::scheme) fn deserialize<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    read(&text).ok_or_else(|| {
        D::Error::custom(format_args!("`{text}` is no number of h, m, s, ms or ns, such as `300s`"))
    })
}

fn read(text: &str) -> Option<Duration> {
    let digits = text.find(|character: char| !character.is_ascii_digit())?;
    let (number, name) = text.split_at_checked(digits)?;
    let (_, unit) = UNITS.iter().find(|(unit, _)| *unit == name)?;
    let nanos = number.parse::<u128>().ok()?.checked_mul(*unit)?;
    let seconds = u64::try_from(nanos.checked_div(1_000_000_000)?).ok()?;
    let below = u32::try_from(nanos.checked_rem(1_000_000_000)?).ok()?;
    Some(Duration::new(seconds, below))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_number_and_its_unit() {
        let rows = [
            ("5m", Some(Duration::from_secs(300))),
            ("300s", Some(Duration::from_secs(300))),
            ("0s", Some(Duration::ZERO)),
            ("1500ms", Some(Duration::from_millis(1500))),
            ("24h", Some(Duration::from_secs(86_400))),
            ("1ns", Some(Duration::from_nanos(1))),
            ("", None),
            ("300", None),
            ("s", None),
            ("-1s", None),
            ("+1s", None),
            ("1.5s", None),
            ("300 s", None),
            ("300S", None),
            ("1d", None),
            ("99999999999999999999999999999999999999999s", None),
            ("340282366920938463463374607431768211455h", None),
        ];
        for (text, want) in rows {
            assert_eq!(read(text), want, "{text}");
        }
    }
}
