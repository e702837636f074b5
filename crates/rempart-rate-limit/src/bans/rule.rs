use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use rempart_core::{ConfigErrors, Faults};

use super::error::{BanRuleError, BanRuleFault, BanRulePart};
use super::parse;
#[cfg(feature = "serde")]
use crate::as_text;
use crate::words;

/// When a key is banned, and for how long.
///
/// It is written as a policy is written, or built by a constructor that reads the same way:
///
/// ```
/// use std::time::Duration;
/// use rempart_rate_limit::BanRule;
///
/// let rule: BanRule = "after 20 denials in 1 minute for 5 minutes up to 1 day".parse()?;
/// let built = BanRule::after(20)
///     .within(Duration::from_secs(60))
///     .ban_for(Duration::from_secs(5 * 60))
///     .up_to(Duration::from_secs(24 * 60 * 60))
///     .build()?;
/// assert_eq!(rule, built);
/// assert_eq!(rule.to_string(), "after 20 denials in 1 minute for 5 minutes up to 1 day");
///
/// let faults = "after 20 denials in 1 min for 2 days up to 1 h".parse::<BanRule>().unwrap_err();
/// assert_eq!(faults.to_string(), "byte 43: the longest ban is shorter than the first");
/// # Ok::<(), rempart_core::ConfigErrors<rempart_rate_limit::BanRuleError>>(())
/// ```
///
/// # The words
///
/// `after COUNT [denials] in PERIOD for PERIOD [up to PERIOD]`, in either case; a period is
/// `[COUNT] UNIT` with the units of a [`Quota`](crate::Quota). Without `up to`, all bans are as
/// long as the first.
///
/// # What is counted
///
/// The first denial starts a window, and the last of `COUNT` denials within it starts the ban. So
/// nobody is banned for fewer denials than that within the period, wherever it starts; and whoever
/// has twice as many less one within any one period is banned, however they fall. While a key is
/// banned, nothing is counted, and no ban is prolonged.
///
/// # How bans grow
///
/// Each ban is twice as long as the one before, up to the cap. For each time as long as the cap
/// that passes after a ban without another, one doubling is taken back.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub struct BanRule {
    denials: u32,
    window: u64,
    first: u64,
    cap: u64,
}

impl BanRule {
    /// After 20 denials in a minute for 5 minutes, up to a day.
    pub(crate) const OF_GUESSING: Self =
        Self { denials: 20, window: 60 * SECOND, first: 5 * 60 * SECOND, cap: 86_400 * SECOND };

    /// Starts a rule: a key is banned after so many denials.
    pub const fn after(denials: u32) -> BanRuleBuilder {
        BanRuleBuilder { denials, window: Duration::ZERO, first: Duration::ZERO, cap: None }
    }

    /// How many denials lead to a ban.
    #[must_use]
    pub const fn denials(&self) -> u32 {
        self.denials
    }

    /// Within how long they come.
    #[must_use]
    pub const fn window(&self) -> Duration {
        Duration::from_nanos(self.window)
    }

    /// How long the first ban is.
    #[must_use]
    pub const fn first(&self) -> Duration {
        Duration::from_nanos(self.first)
    }

    /// How long a ban becomes at most.
    #[must_use]
    pub const fn cap(&self) -> Duration {
        Duration::from_nanos(self.cap)
    }

    /// Whether a denial falls into the window that an earlier one started. A clock that steps back
    /// starts a window anew.
    pub(super) fn spans(&self, since: u64, now: u64) -> bool {
        now.checked_sub(since).is_some_and(|passed| passed < self.window)
    }

    /// How long the ban of this level is, in nanoseconds; the first one has level 0.
    pub(super) fn length(&self, level: u32) -> u64 {
        let times = 1_u64.checked_shl(level).unwrap_or(u64::MAX);
        self.first.saturating_mul(times).min(self.cap)
    }

    /// The level of the ban after one of this level.
    pub(super) fn above(&self, level: u32) -> u32 {
        if self.length(level) < self.cap { level.saturating_add(1) } else { level }
    }

    /// What is left of a level after so long without a ban.
    pub(super) fn decayed(&self, level: u32, quiet: u64) -> u32 {
        let steps = quiet.checked_div(self.cap).unwrap_or_default();
        level.saturating_sub(u32::try_from(steps).unwrap_or(u32::MAX))
    }
}

/// Builds a [`BanRule`]; works in a `const`.
#[derive(Clone, Copy, Debug)]
#[must_use = "nothing is built until `build` is called"]
pub struct BanRuleBuilder {
    denials: u32,
    window: Duration,
    first: Duration,
    cap: Option<Duration>,
}

impl BanRuleBuilder {
    /// Counts the denials within this time. Required.
    pub const fn within(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Makes the first ban this long. Required.
    pub const fn ban_for(mut self, first: Duration) -> Self {
        self.first = first;
        self
    }

    /// Doubles each further ban up to this; all are as long as the first one, unless said.
    pub const fn up_to(mut self, cap: Duration) -> Self {
        self.cap = Some(cap);
        self
    }

    /// Checks the rule.
    ///
    /// # Errors
    ///
    /// Every fault at once: a part that is zero or was not said, a time of more than 2^62
    /// nanoseconds, a cap below the first ban.
    pub fn build(self) -> Result<BanRule, ConfigErrors<BanRuleError>> {
        self.checked(|_| None)
    }

    fn checked(
        self,
        place: impl Fn(BanRulePart) -> Option<usize>,
    ) -> Result<BanRule, ConfigErrors<BanRuleError>> {
        let mut faults = Faults::new();
        if self.denials == 0 {
            let fault = BanRuleFault::Zero(BanRulePart::Denials);
            faults.push(BanRuleError::new(place(BanRulePart::Denials), fault));
        }
        let mut time = |part, time| {
            let time = nanoseconds(part, time);
            faults.take(time.map_err(|fault| BanRuleError::new(place(part), fault)))
        };
        let window = time(BanRulePart::Window, self.window);
        let first = time(BanRulePart::First, self.first);
        let cap = match self.cap {
            Some(cap) => time(BanRulePart::Cap, cap),
            None => first,
        };
        if cap.zip(first).is_some_and(|(cap, first)| cap < first) {
            let fault = BanRuleFault::CapBelowFirst;
            faults.push(BanRuleError::new(place(BanRulePart::Cap), fault));
        }
        faults.finish()?;
        // Each is there, or there was a fault.
        let [window, first, cap] = [window, first, cap].map(Option::unwrap_or_default);
        Ok(BanRule { denials: self.denials, window, first, cap })
    }
}

impl FromStr for BanRule {
    type Err = ConfigErrors<BanRuleError>;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = parse::rule(text)?;
        read.builder.checked(|part| match part {
            BanRulePart::Cap => read.cap,
            BanRulePart::Denials => Some(read.denials),
            BanRulePart::First => Some(read.first),
            BanRulePart::Window => Some(read.window),
        })
    }
}

impl fmt::Display for BanRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.denials == 1 { "denial" } else { "denials" };
        let [window, first] = [self.window, self.first].map(Period);
        write!(f, "after {} {noun} in {window} for {first}", self.denials)?;
        if self.cap != self.first {
            write!(f, " up to {}", Period(self.cap))?;
        }
        Ok(())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for BanRule {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for BanRule {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a rule such as \"after 20 denials in 1 minute for 5 minutes up to 1 day\"";
        as_text::deserialize(deserializer, expected)
    }
}

/// `5 minutes`
struct Period(u64);

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match words::in_units(Duration::from_nanos(self.0)) {
            (1, unit) => write!(f, "1 {unit}"),
            (count, unit) => write!(f, "{count} {unit}s"),
        }
    }
}

fn nanoseconds(part: BanRulePart, time: Duration) -> Result<u64, BanRuleFault> {
    match u64::try_from(time.as_nanos()) {
        Ok(0) => Err(BanRuleFault::Zero(part)),
        Ok(nanoseconds @ ..=LONGEST) => Ok(nanoseconds),
        _ => Err(BanRuleFault::TooLong(part)),
    }
}

/// 146 years, in nanoseconds: `now` and a ban together stay below 2^63 for as long again.
pub(super) const LONGEST: u64 = 1 << 62;

/// In nanoseconds.
const SECOND: u64 = 1_000_000_000;
