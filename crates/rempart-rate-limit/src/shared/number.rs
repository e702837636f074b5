/// The number that a value is, as the scripts read it; nothing if it is none, and none below zero.
///
/// What this crate writes is digits. Anything else was written by others, and means what it means to
/// the scripts, to the whole microsecond, so that a store behaves as any other does.
pub(super) fn number(value: &[u8]) -> Option<u64> {
    // A script's number ends where a text of C does.
    let text = value.split(|byte| *byte == 0).next().unwrap_or_default();
    let text = str::from_utf8(text).ok()?.trim_matches(is_blank);
    let digits = text.strip_prefix('+').unwrap_or(text);
    if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        return whole(hex, 16);
    }
    whole(digits, 10).or_else(|| fractional(text))
}

/// What is too large is as large as can be.
fn whole(digits: &str, radix: u32) -> Option<u64> {
    let plain = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    plain.then(|| u64::from_str_radix(digits, radix).unwrap_or(u64::MAX))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "both saturate")]
fn fractional(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &f64| !number.is_nan()).map(|number| number as u64)
}

fn is_blank(letter: char) -> bool {
    letter.is_ascii_whitespace() || letter == '\x0b'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_read_as_the_scripts_read_it() {
        const MAX: Option<u64> = Some(u64::MAX);
        let huge = "9".repeat(400);
        for (text, want) in [
            ("1800000000000000", Some(1_800_000_000_000_000)),
            ("9007199254740993", Some(9_007_199_254_740_993)),
            ("0000000000000007", Some(7)),
            (" \t+7\x0b\r\n", Some(7)),
            ("7\0nonsense", Some(7)),
            ("-7", Some(0)),
            ("7.9", Some(7)),
            (".5e1", Some(5)),
            ("0x1F", Some(31)),
            ("0xffffffffffffffffff", MAX),
            (&huge, MAX),
            ("1e400", MAX),
            ("inf", MAX),
            ("-inf", Some(0)),
            ("nan", None),
            ("-nan", None),
            ("", None),
            (" ", None),
            ("\0", None),
            ("+", None),
            ("--7", None),
            ("0x", None),
            ("7 7", None),
            ("w7", None),
            ("٧", None),
        ] {
            assert_eq!(number(text.as_bytes()), want, "{text:.20}");
        }
        assert_eq!(number(b"7\xff"), None);
    }
}
