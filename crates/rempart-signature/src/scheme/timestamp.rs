use std::borrow::Cow;
use std::time::Duration;

use http::HeaderName;

/// Says where the signed time stands, in which unit, and how far it may lie from now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timestamp {
    source: TimestampSource,
    unit: TimeUnit,
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

    const fn from_source(source: TimestampSource) -> Self {
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
#[non_exhaustive]
pub enum TimestampSource {
    /// In the signature's header, under this key.
    Element(Cow<'static, str>),
    /// In a header of its own.
    Header(HeaderName),
}

/// Says what a timestamp counts since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeUnit {
    /// Milliseconds from 10^11 on (the year 1973 in milliseconds, 5138 in seconds), else seconds:
    /// for senders that do not say.
    Auto,
    /// Milliseconds.
    Millis,
    /// Seconds.
    Seconds,
}

impl TimeUnit {
    /// The most digits a timestamp may have: milliseconds until the year 2286.
    pub const MAX_DIGITS: usize = 13;

    const FIRST_AUTO_MILLIS: u64 = 100_000_000_000;

    /// Reads digits and nothing else: no sign, no blank, no leading zero, no point.
    pub(crate) fn read(self, text: &[u8]) -> Option<Time> {
        let leading_zero = text.len() > 1 && text.first() == Some(&b'0');
        if text.is_empty() || text.len() > Self::MAX_DIGITS || leading_zero {
            return None;
        }
        // So few digits overflow nothing.
        let (value, bad) = text.iter().fold((0_u64, 0), |(value, bad), byte| {
            let figure = byte.wrapping_sub(b'0');
            let value = value.wrapping_mul(10).wrapping_add(u64::from(figure));
            (value, bad | u8::from(figure > 9))
        });
        if bad != 0 {
            return None;
        }
        let millis = match self {
            Self::Auto => value >= Self::FIRST_AUTO_MILLIS,
            Self::Millis => true,
            Self::Seconds => false,
        };
        Some(if millis { Time::Millis(value) } else { Time::Seconds(value) })
    }

    /// Writes a time as a sender would.
    pub(crate) fn write(self, at: Duration) -> String {
        match self {
            Self::Millis => at.as_millis().to_string(),
            Self::Auto | Self::Seconds => at.as_secs().to_string(),
        }
    }
}

/// A time as it was sent; compared in its own unit, as the sender's clock has no finer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    Millis(u64),
    Seconds(u64),
}

impl Time {
    pub(crate) const fn since_epoch(self) -> Duration {
        match self {
            Self::Millis(value) => Duration::from_millis(value),
            Self::Seconds(value) => Duration::from_secs(value),
        }
    }

    /// Now, cut to the unit.
    fn cut(self, now: Duration) -> Duration {
        match self {
            Self::Millis(_) => {
                Duration::from_millis(u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
            }
            Self::Seconds(_) => Duration::from_secs(now.as_secs()),
        }
    }
}

/// How far a signed time may lie from now. Its ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    past: Duration,
    future: Duration,
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
