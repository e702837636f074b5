//! Figures and times as a tired person reads them.

use std::time::Duration;

/// With a comma after every third digit: `1,234,567`.
pub(super) fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len().saturating_mul(2));
    for (nth, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(nth);
        if nth > 0 && left.is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many things, in the singular if it is one.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// How much of a whole a part is, `None` of nothing: `3.2 %`.
pub(super) fn share(part: u64, whole: u64) -> Option<String> {
    let share = 100.0 * float(part) / float(whole);
    (whole > 0).then(|| match share {
        0.0 => "0 %".to_owned(),
        0.0..0.1 => "under 0.1 %".to_owned(),
        0.1..9.95 => format!("{share:.1} %"),
        _ => format!("{share:.0} %"),
    })
}

/// In the unit that fits, to two digits: `45 µs`, `1.2 ms`.
pub(super) fn short(duration: Duration) -> String {
    let nanos = duration.as_secs_f64() * 1e9;
    let (value, unit) = match nanos {
        0.0..999.5 => (nanos, "ns"),
        0.0..999_500.0 => (nanos / 1e3, "µs"),
        0.0..999_500_000.0 => (nanos / 1e6, "ms"),
        _ => (nanos / 1e9, "s"),
    };
    if value < 9.95 && unit != "ns" {
        format!("{value:.1} {unit}")
    } else {
        format!("{value:.0} {unit}")
    }
}

/// In the largest unit of which there is one: `3 min`.
pub(super) fn long(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds.div_euclid(60)),
        7200..172_800 => format!("{} h", seconds.div_euclid(3600)),
        _ => format!("{} days", seconds.div_euclid(86_400)),
    }
}

/// The time of the day in UTC, to the minute.
pub(super) fn minute(unix: Duration) -> String {
    let minutes = unix.as_secs().div_euclid(60);
    format!("{:02}:{:02}", minutes.div_euclid(60).rem_euclid(24), minutes.rem_euclid(60))
}

/// The time of the day in UTC, to the second.
pub(super) fn second(unix: Duration) -> String {
    format!("{}:{:02}", minute(unix), unix.as_secs().rem_euclid(60))
}

/// For drawing, where no more digits than these are seen.
pub(super) fn float(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_grouped_and_counted() {
        for (count, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(number(count), text);
        }
        assert_eq!(counted(1, "refusal", "refusals"), "1 refusal");
        assert_eq!(counted(1000, "refusal", "refusals"), "1,000 refusals");
    }

    #[test]
    fn a_share_is_never_rounded_to_none() {
        for (part, whole, text) in [
            (0, 0, None),
            (0, 5, Some("0 %")),
            (1, 100_000, Some("under 0.1 %")),
            (1, 1000, Some("0.1 %")),
            (32, 1000, Some("3.2 %")),
            (1, 3, Some("33 %")),
            (5, 5, Some("100 %")),
        ] {
            assert_eq!(share(part, whole).as_deref(), text, "{part} of {whole}");
        }
    }

    #[test]
    fn times_are_in_the_unit_that_fits() {
        for (nanos, text) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (1000, "1.0 µs"),
            (45_400, "45 µs"),
            (999_600, "1.0 ms"),
            (5_000_000, "5.0 ms"),
            (1_073_741_824, "1.1 s"),
        ] {
            assert_eq!(short(Duration::from_nanos(nanos)), text, "{nanos}");
        }
        for (seconds, text) in
            [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (7_776_000, "90 days")]
        {
            assert_eq!(long(Duration::from_secs(seconds)), text, "{seconds}");
        }
        let morning = Duration::from_secs(1_800_000_000 + 3600 + 61);
        assert_eq!((minute(morning), second(morning)), ("09:01".into(), "09:01:01".into()));
    }
}
