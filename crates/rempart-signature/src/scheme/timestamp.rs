use std::borrow::Cow;
use std::time::Duration;

use http::HeaderName;

use super::{Member, rfc3339};

/// Says where the signed time stands, in which unit, and how far it may lie from now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "kebab-case"))]
pub struct Timestamp {
    source: TimestampSource,
    #[cfg_attr(feature = "serde", serde(default))]
    unit: TimeUnit,
    #[cfg_attr(feature = "serde", serde(default))]
    window: Window,
}

impl Timestamp {
    /// Seconds, in a header of their own.
    #[must_use]
    pub const fn header(name: HeaderName) -> Self {
        Self::from_source(TimestampSource::Header(name))
    }

    /// Seconds, in an element of the signature's header: `t=1700000000`.
    #[must_use]
    pub const fn element(key: &'static str) -> Self {
        Self::from_source(TimestampSource::Element(Cow::Borrowed(key)))
    }

    /// Seconds, in a member of the JSON body, which the signature has to cover.
    ///
    /// The window is judged once the signature is known to be good. A body that came in several
    /// frames is copied once for it.
    #[must_use]
    pub const fn member(member: Member) -> Self {
        Self::from_source(TimestampSource::Member(member))
    }

    /// Seconds, from there.
    #[must_use]
    pub const fn from_source(source: TimestampSource) -> Self {
        Self { source, unit: TimeUnit::Seconds, window: Window::DEFAULT }
    }

    /// Counts in another unit.
    #[must_use]
    pub const fn unit(mut self, unit: TimeUnit) -> Self {
        self.unit = unit;
        self
    }

    /// Widens or narrows what is accepted.
    #[must_use]
    pub const fn window(mut self, window: Window) -> Self {
        self.window = window;
        self
    }

    /// Where it stands.
    #[must_use]
    pub const fn source(&self) -> &TimestampSource {
        &self.source
    }

    /// What is accepted.
    #[must_use]
    pub const fn accepted(&self) -> Window {
        self.window
    }

    /// What it counts.
    #[must_use]
    pub const fn counts(&self) -> TimeUnit {
        self.unit
    }
}

/// Says where the signed time stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum TimestampSource {
    /// In the signature's header, under this key.
    Element(Cow<'static, str>),
    /// In a header of its own.
    Header(#[cfg_attr(feature = "serde", serde(with = "super::written::header"))] HeaderName),
    /// In the JSON body.
    Member(Member),
}

/// Says how a timestamp is written: what it counts since 1970-01-01T00:00:00Z, or as a date.
///
/// What is signed is the text as it came, never one that was written anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeUnit {
    /// Milliseconds from 10^11 on (the year 1973 in milliseconds, 5138 in seconds), else seconds:
    /// for senders that do not say.
    Auto,
    /// Milliseconds.
    Millis,
    /// A date and a time as in [RFC 3339], to the nanosecond at most: `2023-07-19T14:56:51.634Z`.
    ///
    /// [RFC 3339]: https://www.rfc-editor.org/rfc/rfc3339#section-5.6
    Rfc3339,
    /// Seconds.
    #[default]
    Seconds,
}

impl TimeUnit {
    /// The most digits a timestamp may have: milliseconds until the year 2286.
    pub const MAX_DIGITS: usize = 13;

    const FIRST_AUTO_MILLIS: u64 = 100_000_000_000;

    /// Reads digits and nothing else: no sign, no blank, no leading zero, no point. A date is read as
    /// strictly.
    pub(crate) fn read(self, text: &[u8]) -> Option<Time> {
        if self == Self::Rfc3339 {
            return rfc3339::read(text).map(Time::Exact);
        }
        let leading_zero = text.len() > 1 && text.first() == Some(&b'0');
        if text.is_empty() || text.len() > Self::MAX_DIGITS || leading_zero {
            return None;
        }
        // So few digits overflow nothing.
        let (eights, rest) = text.as_chunks();
        let (value, bad) = eights.iter().fold((0_u64, 0), |(value, bad), digits| {
            let (figures, not) = eight(*digits);
            (value.wrapping_mul(100_000_000).wrapping_add(figures), bad | not)
        });
        let (value, bad) = rest.iter().fold((value, bad), |(value, bad), byte| {
            let figure = byte.wrapping_sub(b'0');
            let value = value.wrapping_mul(10).wrapping_add(u64::from(figure));
            (value, bad | u64::from(figure > 9))
        });
        if bad != 0 {
            return None;
        }
        let millis = match self {
            Self::Auto => value >= Self::FIRST_AUTO_MILLIS,
            Self::Millis => true,
            Self::Rfc3339 | Self::Seconds => false,
        };
        Some(if millis { Time::Millis(value) } else { Time::Seconds(value) })
    }

    /// Writes a time as a sender would; `None` if that would be too long.
    pub(crate) fn write(self, at: Duration) -> Option<String> {
        let digits = match self {
            Self::Rfc3339 => return rfc3339::write(at),
            Self::Millis => at.as_millis().to_string(),
            Self::Auto | Self::Seconds => at.as_secs().to_string(),
        };
        (digits.len() <= Self::MAX_DIGITS).then_some(digits)
    }
}

/// The number that eight digits write, and zero if all of them are digits: neighbours are joined to
/// pairs, pairs to fours, fours to the number.
const fn eight(digits: [u8; 8]) -> (u64, u64) {
    let figures = u64::from_le_bytes(digits) ^ 0x3030_3030_3030_3030;
    let bad = (figures | figures.wrapping_add(0x7676_7676_7676_7676)) & 0x8080_8080_8080_8080;
    let twos = figures.wrapping_mul(10).wrapping_add(figures >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = twos.wrapping_mul(100).wrapping_add(twos >> 16) & 0x0000_ffff_0000_ffff;
    let eight = fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff;
    (eight, bad)
}

/// A time as it was sent; compared in its own unit, as the sender's clock has no finer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    Exact(Duration),
    Millis(u64),
    Seconds(u64),
}

impl Time {
    pub(crate) const fn since_epoch(self) -> Duration {
        match self {
            Self::Exact(value) => value,
            Self::Millis(value) => Duration::from_millis(value),
            Self::Seconds(value) => Duration::from_secs(value),
        }
    }

    /// Now, cut to the unit.
    fn cut(self, now: Duration) -> Duration {
        match self {
            Self::Exact(_) => now,
            Self::Millis(_) => {
                Duration::from_millis(u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
            }
            Self::Seconds(_) => Duration::from_secs(now.as_secs()),
        }
    }
}

/// How far a signed time may lie from now. Its ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "kebab-case"))]
pub struct Window {
    #[cfg_attr(feature = "serde", serde(with = "super::written::duration"))]
    past: Duration,
    #[cfg_attr(feature = "serde", serde(with = "super::written::duration"))]
    future: Duration,
}

impl Default for Window {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Window {
    /// Five minutes back, for delivery; one minute ahead, for clocks that differ.
    pub const DEFAULT: Self = Self::new(Duration::from_secs(300), Duration::from_secs(60));

    /// The widest that a policy takes, either way: a signature that is good for longer is a
    /// password.
    pub const WIDEST: Duration = Duration::from_secs(24 * 60 * 60);

    /// So far back, and so far ahead.
    #[must_use]
    pub const fn new(past: Duration, future: Duration) -> Self {
        Self { past, future }
    }

    /// As far back as ahead.
    #[must_use]
    pub const fn symmetric(either_way: Duration) -> Self {
        Self::new(either_way, either_way)
    }

    /// How far back.
    #[must_use]
    pub const fn past(self) -> Duration {
        self.past
    }

    /// How far ahead.
    #[must_use]
    pub const fn future(self) -> Duration {
        self.future
    }

    pub(crate) fn judge(self, sent: Time, now: Duration) -> Place {
        let (at, now) = (sent.since_epoch(), sent.cut(now));
        if now.saturating_sub(at) > self.past {
            Place::Past
        } else if at.saturating_sub(now) > self.future {
            Place::Future
        } else {
            Place::Within
        }
    }
}

/// Where a time lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Future,
    Past,
    Within,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_digits_and_nothing_else() {
        let auto = |text: &str| TimeUnit::Auto.read(text.as_bytes());
        assert_eq!(auto("0"), Some(Time::Seconds(0)));
        assert_eq!(auto("1700000000"), Some(Time::Seconds(1_700_000_000)));
        assert_eq!(auto("99999999999"), Some(Time::Seconds(99_999_999_999)));
        assert_eq!(auto("100000000000"), Some(Time::Millis(100_000_000_000)));
        assert_eq!(auto("1700000000123"), Some(Time::Millis(1_700_000_000_123)));
        let bad = [
            "",
            "+1",
            "-1",
            " 1",
            "1 ",
            "01",
            "00",
            "1e9",
            "1.0",
            "0x10",
            "1_0",
            "٣",
            "1\u{0}",
            "17000000001234",
            "99999999999999999999",
            "-9223372036854775808",
            "/",
            ":",
        ];
        for text in bad {
            assert_eq!(auto(text), None, "{text:?}");
        }
    }

    #[test]
    fn digits_count_wherever_they_stand_and_nothing_else_does() {
        for value in [0, 7, 12_345_678, 98_765_432, 1_234_567_890, 9_876_543_210_987] {
            let text = value.to_string();
            assert_eq!(TimeUnit::Seconds.read(text.as_bytes()), Some(Time::Seconds(value)));
            for (place, byte) in
                (0..text.len()).flat_map(|place| (0..=255).map(move |b| (place, b)))
            {
                let mut text = text.clone().into_bytes();
                text[place] = byte;
                let wanted = std::str::from_utf8(&text).ok().filter(|text| {
                    text.bytes().all(|byte| byte.is_ascii_digit())
                        && (text.len() == 1 || !text.starts_with('0'))
                });
                let wanted = wanted.map(|text| Time::Seconds(text.parse().unwrap()));
                assert_eq!(TimeUnit::Seconds.read(&text), wanted, "{text:?}");
            }
        }
    }

    #[test]
    fn the_ends_belong_to_the_window() {
        let now = Duration::from_millis(1_700_000_000_999);
        let window = Window::new(Duration::from_secs(300), Duration::from_secs(60));
        #[rustfmt::skip]
        let rows = [
            // sent                             place
            (Time::Seconds(1_699_999_699),      Place::Past),
            (Time::Seconds(1_699_999_700),      Place::Within),
            (Time::Seconds(1_700_000_060),      Place::Within),
            (Time::Seconds(1_700_000_061),      Place::Future),
            (Time::Millis(1_699_999_700_998),   Place::Past),
            (Time::Millis(1_699_999_700_999),   Place::Within),
            (Time::Millis(1_700_000_060_999),   Place::Within),
            (Time::Millis(1_700_000_061_000),   Place::Future),
            (Time::Exact(Duration::new(1_699_999_700, 998_999_999)), Place::Past),
            (Time::Exact(Duration::new(1_699_999_700, 999_000_000)), Place::Within),
            (Time::Exact(Duration::new(1_700_000_060, 999_000_001)), Place::Future),
            (Time::Seconds(0),                  Place::Past),
            (Time::Seconds(9_999_999_999_999),  Place::Future),
        ];
        for (sent, place) in rows {
            assert_eq!(window.judge(sent, now), place, "{sent:?}");
        }
    }

    #[test]
    fn a_clock_at_either_end_of_time_overflows_nothing() {
        for now in [Duration::ZERO, Duration::MAX] {
            for sent in [Time::Seconds(0), Time::Millis(9_999_999_999_999)] {
                Window::symmetric(Duration::MAX).judge(sent, now);
                Window::symmetric(Duration::ZERO).judge(sent, now);
            }
        }
    }
}
