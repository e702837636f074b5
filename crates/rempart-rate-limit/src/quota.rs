mod error;
mod list;
mod parse;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

pub use self::error::{QuotaError, QuotaFault, RateError};
pub use self::list::{Quotas, QuotasError};
use crate::Gcra;
#[cfg(feature = "serde")]
use crate::as_text;
use crate::words;

/// How many requests are allowed in how long: `10 requests per minute`.
///
/// It is written as a policy is written, or built by a constructor that reads the same way:
///
/// ```
/// use std::time::Duration;
/// use rempart_rate_limit::Quota;
///
/// const WEBHOOK: Quota = Quota::per_minute(10);
///
/// assert_eq!("10 requests per minute".parse(), Ok(WEBHOOK));
/// assert_eq!("10/min".parse(), Ok(WEBHOOK));
/// assert_eq!(WEBHOOK.to_string(), "10 requests per minute");
///
/// let spiky = Quota::per_period(5, Duration::from_secs(2)).with_burst(20);
/// assert_eq!("5 per 2s burst 20".parse(), Ok(spiky));
///
/// let error = "10 per m".parse::<Quota>().unwrap_err();
/// assert_eq!(error.to_string(), "byte 7: `m` may be a minute, a month or a metre: write `min`");
/// ```
///
/// # The words
///
/// `LIMIT [requests] per [COUNT] UNIT [burst SIZE]`, in either case, blanks where one likes.
/// `requests` may be `request`, `req` or `r`; `per` may be `/`; units are `ns`, `us`, `ms`, `s`,
/// `sec`, `second`, `min`, `minute`, `h`, `hour`, `d`, `day` and their plurals. A text that parses
/// is a quota that a policy accepts, and what [`Display`](fmt::Display) writes parses again.
///
/// # The burst
///
/// An idle client may send `burst` requests at once, and after that one each `period / limit`;
/// the burst is `limit` unless said otherwise. See [the table](crate#what-a-burst-is).
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub struct Quota {
    limit: u32,
    period: Duration,
    burst: u32,
}

impl Quota {
    /// Allows `limit` requests in each second: `per_second(10)` is ten a second.
    #[must_use]
    pub const fn per_second(limit: u32) -> Self {
        Self::per_period(limit, Duration::from_secs(1))
    }

    /// Allows `limit` requests in each minute: `per_minute(10)` is ten a minute.
    #[must_use]
    pub const fn per_minute(limit: u32) -> Self {
        Self::per_period(limit, Duration::from_secs(60))
    }

    /// Allows `limit` requests in each hour.
    #[must_use]
    pub const fn per_hour(limit: u32) -> Self {
        Self::per_period(limit, Duration::from_secs(60 * 60))
    }

    /// Allows `limit` requests in each 24 hours, counted from the client's own first request.
    #[must_use]
    pub const fn per_day(limit: u32) -> Self {
        Self::per_period(limit, Duration::from_secs(24 * 60 * 60))
    }

    /// Allows `limit` requests in each `period`.
    ///
    /// Zeros and rates past what can be counted are reported by
    /// [`PolicyBuilder::build`](crate::PolicyBuilder::build) and [`Gcra::new`].
    #[must_use]
    pub const fn per_period(limit: u32, period: Duration) -> Self {
        Self { limit, period, burst: limit }
    }

    /// Lets an idle client send `burst` requests at once, instead of `limit`.
    #[must_use]
    pub const fn with_burst(mut self, burst: u32) -> Self {
        self.burst = burst;
        self
    }

    /// How many requests a period allows.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// The period.
    #[must_use]
    pub const fn period(&self) -> Duration {
        self.period
    }

    /// How many requests an idle client may send at once.
    #[must_use]
    pub const fn burst(&self) -> u32 {
        self.burst
    }

    /// `hour`, or `90-seconds`: the name of a limit that has no other.
    pub(crate) fn period_name(&self) -> String {
        match words::in_units(self.period) {
            (1, unit) => unit.to_owned(),
            (count, unit) => format!("{count}-{unit}s"),
        }
    }
}

impl FromStr for Quota {
    type Err = QuotaError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let quota = parse::quota(text)?;
        let checked = Gcra::new(quota).map(|_| quota);
        checked.map_err(|error| QuotaError::new(0, QuotaFault::Rate(error)))
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.limit == 1 { "request" } else { "requests" };
        write!(f, "{} {noun} per ", self.limit)?;
        match words::in_units(self.period) {
            (1, unit) => f.write_str(unit)?,
            (count, unit) => write!(f, "{count} {unit}s")?,
        }
        if self.burst != self.limit {
            write!(f, " burst {}", self.burst)?;
        }
        Ok(())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Quota {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Quota {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        as_text::deserialize(deserializer, "a quota such as \"10 requests per minute\"")
    }
}
