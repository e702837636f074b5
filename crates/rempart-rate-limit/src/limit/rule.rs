//! How a limit counts, and the words that it is made of.

use crate::{Admission, ConfigError, Gcra, Quota, QuotaError, RateError, Standing, StrictWindow};

/// How a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// By the generic cell rate algorithm: so often on average, in bursts.
    Gcra(Gcra),
    /// By a log: so often in any window.
    StrictWindow(StrictWindow),
    /// So many at once.
    Concurrency(u32),
}

impl Rule {
    /// How many requests of an idle client are served at once.
    #[must_use]
    pub const fn at_once(&self) -> u32 {
        match self {
            Self::Gcra(gcra) => gcra.burst(),
            Self::StrictWindow(window) => window.limit(),
            Self::Concurrency(most) => *most,
        }
    }

    /// Where a client stands that has not come for a while, and now once; `None` if that does not
    /// come back with time.
    pub(crate) fn after_a_pause(&self) -> Option<Standing> {
        match self {
            Self::Gcra(gcra) => Some(gcra.standing(gcra.charge(1))),
            Self::StrictWindow(window) => match window.decide(0, 1, |_| 0) {
                Admission::Allowed(standing) => Some(standing),
                _ => None,
            },
            Self::Concurrency(_) => None,
        }
    }

    /// The longest debt that can be run up by it, in nanoseconds; a log holds no debts.
    pub(crate) const fn longest_debt(&self) -> u64 {
        match self {
            Self::Gcra(gcra) => gcra.longest(),
            Self::StrictWindow(_) | Self::Concurrency(_) => 0,
        }
    }

    /// The same rule beside others of one limit, by which debts as long as this are run up.
    pub(super) const fn beside(self, longest_debt: u64) -> Self {
        match self {
            Self::Gcra(gcra) => Self::Gcra(gcra.beside(longest_debt)),
            other => other,
        }
    }

    /// The same rule, where what is settled may run up a debt of so many requests beyond it.
    pub(super) fn with_overdraft(self, requests: u32) -> Result<Self, ConfigError> {
        match self {
            _ if requests == 0 => Ok(self),
            Self::Gcra(gcra) => {
                gcra.with_overdraft(requests).map(Self::Gcra).map_err(ConfigError::Rate)
            }
            Self::StrictWindow(_) | Self::Concurrency(_) => Err(ConfigError::Overdraft),
        }
    }

    /// How many requests beyond it may be owed when they are settled.
    #[cfg(feature = "shared")]
    pub(crate) const fn overdraft(&self) -> u32 {
        match self {
            Self::Gcra(gcra) => gcra.overdraft(),
            Self::StrictWindow(_) | Self::Concurrency(_) => 0,
        }
    }

    /// Whether what is counted by one means something to the other.
    pub(crate) const fn is_alike(&self, other: &Self) -> bool {
        matches!(
            (self, other),
            (Self::Gcra(_), Self::Gcra(_))
                | (Self::StrictWindow(_), Self::StrictWindow(_))
                | (Self::Concurrency(_), Self::Concurrency(_))
        )
    }
}

pub(super) fn concurrency(most: u32) -> Result<Rule, ConfigError> {
    if most == 0 {
        return Err(ConfigError::Rate(RateError::ZeroLimit));
    }
    Ok(Rule::Concurrency(most))
}

pub(super) fn gcra(quota: impl IntoQuota) -> Result<Rule, ConfigError> {
    Gcra::new(quota.into_quota()?).map(Rule::Gcra).map_err(ConfigError::Rate)
}

pub(super) fn window(quota: impl IntoQuota) -> Result<Rule, ConfigError> {
    StrictWindow::new(quota.into_quota()?).map(Rule::StrictWindow).map_err(ConfigError::Rate)
}

/// What a quota is taken from: a [`Quota`], or a text that is one.
///
/// Sealed: a quota is made in this crate alone.
pub trait IntoQuota: sealed::IntoQuota {}

impl IntoQuota for Quota {}
impl IntoQuota for &str {}

#[expect(unnameable_types, reason = "that is what seals it")]
mod sealed {
    use crate::{ConfigError, Quota};

    pub trait IntoQuota {
        fn into_quota(self) -> Result<Quota, ConfigError>;
    }
}

impl sealed::IntoQuota for Quota {
    fn into_quota(self) -> Result<Quota, ConfigError> {
        Ok(self)
    }
}

impl sealed::IntoQuota for &str {
    fn into_quota(self) -> Result<Quota, ConfigError> {
        let named = |error: QuotaError| {
            let text = self.chars().take(128).collect();
            ConfigError::Quota { text, error }
        };
        self.parse().map_err(named)
    }
}
