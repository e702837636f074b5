use std::str::FromStr;
use std::time::Duration;

use x509_cert::der::DateTime;

/// Reads a date and time in UTC as these senders write it: `2026-11-22T19:00:00Z`, perhaps with
/// thousandths.
pub(crate) fn read(text: &str) -> Option<Duration> {
    let whole = text.get(..19)?;
    let millis = match text.get(19..)?.strip_suffix('Z')? {
        "" => 0,
        fraction => {
            let digits = fraction.strip_prefix('.')?;
            let plain = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse().ok().filter(|_| plain)?
        }
    };
    let seconds = DateTime::from_str(&format!("{whole}Z")).ok()?.unix_duration();
    seconds.checked_add(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dates_of_utc_and_no_others() {
        let at = |seconds: u64, millis: u32| Some(Duration::new(seconds, millis * 1_000_000));
        assert_eq!(read("2023-11-14T22:13:20Z"), at(1_700_000_000, 0));
        assert_eq!(read("2023-11-14T22:13:20.123Z"), at(1_700_000_000, 123));
        assert_eq!(read("2024-02-29T00:00:00.000Z"), at(1_709_164_800, 0));
        let bad = [
            "",
            "2023-11-14",
            "2023-11-14T22:13:20",
            "2023-11-14T22:13:20+00:00",
            "2023-11-14T22:13:20.Z",
            "2023-11-14T22:13:20.12Z",
            "2023-11-14T22:13:20.1234Z",
            "2023-11-14T22:13:20.+12Z",
            "2023-11-14 22:13:20Z",
            "2023-11-14T22:13:20Z ",
            "2023-02-29T00:00:00Z",
            "2023-13-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "2023-11-14T22:13:2éZ",
        ];
        for text in bad {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
