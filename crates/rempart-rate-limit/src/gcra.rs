use std::cmp::Reverse;
use std::time::Duration;

use crate::{Quota, RateError};

/// Decides by the generic cell rate algorithm, in saturating integers and without a clock.
///
/// All it knows of a client is one number of nanoseconds: until when the client's requests so far
/// keep it in debt (the *theoretical arrival time*). Each request adds `period / limit` to the
/// debt, time takes it away, and what would exceed a whole burst is denied and adds nothing.
///
/// ```
/// use rempart_rate_limit::{Gcra, Quota, Verdict};
///
/// let gcra = Gcra::new(Quota::per_minute(10).with_burst(2))?;
/// let start = 0;
/// let Verdict::Allowed { debt } = gcra.decide(0, start, 2) else { unreachable!() };
/// assert_eq!(debt, 12_000_000_000);
/// let until = start + debt;
/// assert!(matches!(gcra.decide(until, start, 1), Verdict::Denied { wait: 6_000_000_000, .. }));
/// assert!(matches!(gcra.decide(until, 6_000_000_000, 1), Verdict::Allowed { .. }));
/// assert_eq!(gcra.decide(0, start, 3), Verdict::NeverPossible);
/// # Ok::<(), rempart_rate_limit::RateError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gcra {
    /// Nanoseconds of debt a request adds.
    interval: u64,
    /// The debt of a whole burst.
    window: u64,
    /// The longest debt that anybody can owe: by this quota, or by that of another tier.
    longest: u64,
    burst: u32,
    /// How many requests beyond a whole burst may be owed when they are settled.
    overdraft: u32,
}

impl Gcra {
    /// Checks that a quota can be counted.
    ///
    /// The time between two requests is rounded up to the nanosecond, so that no client is ever
    /// faster than the words allow; it is less than a thousandth slower at the fastest rate.
    ///
    /// # Errors
    ///
    /// [`RateError`] if something is zero, if more than one request a microsecond is allowed, or
    /// if a burst takes more than 2^62 nanoseconds to come back.
    pub const fn new(quota: Quota) -> Result<Self, RateError> {
        let (limit, burst, period) = (quota.limit(), quota.burst(), quota.period().as_nanos());
        if burst == 0 {
            return Err(RateError::ZeroBurst);
        }
        if period == 0 {
            return Err(RateError::ZeroPeriod);
        }
        let interval = match period.checked_div(limit as u128) {
            None => return Err(RateError::ZeroLimit),
            Some(whole) if period.is_multiple_of(limit as u128) => whole,
            Some(whole) => whole.saturating_add(1),
        };
        let window = interval.saturating_mul(burst as u128);
        if interval < FASTEST {
            return Err(RateError::TooFast);
        }
        if window > LONGEST {
            return Err(RateError::TooLong);
        }
        #[expect(clippy::cast_possible_truncation, reason = "both are at most 2^62")]
        let (interval, window) = (interval as u64, window as u64);
        Ok(Self { interval, window, longest: window, burst, overdraft: 0 })
    }

    /// Decides on a request of this cost from a client in debt until `until`, at the time `now`;
    /// both in nanoseconds of one clock. An allowed client is in debt until `now + debt`.
    ///
    /// A debt beyond the longest that can be run up, a whole burst, counts as that: a clock that
    /// steps back, or a quota that was made smaller, blocks nobody for longer than a burst takes to
    /// come back.
    pub const fn decide(&self, until: u64, now: u64, cost: u32) -> Verdict {
        if cost > self.burst {
            return Verdict::NeverPossible;
        }
        let debt = self.debt(until, now);
        let wanted = debt.saturating_add(self.charge(cost));
        match wanted.checked_sub(self.window) {
            None | Some(0) => Verdict::Allowed { debt: wanted },
            Some(wait) => Verdict::Denied { debt, wait },
        }
    }

    /// The nanoseconds of debt that a request of this cost adds.
    pub(crate) const fn charge(&self, cost: u32) -> u64 {
        self.interval.saturating_mul(cost as u64)
    }

    /// The same quota beside others, by which debts as long as this are run up: they are owed here
    /// too.
    pub(crate) const fn beside(self, longest: u64) -> Self {
        if longest > self.longest { Self { longest, ..self } } else { self }
    }

    /// The same quota, where a cost that is known only later may run up a debt of so many requests
    /// beyond a whole burst.
    ///
    /// # Errors
    ///
    /// [`RateError::TooLong`] if that takes more than 2^62 nanoseconds to pay.
    pub(crate) const fn with_overdraft(self, requests: u32) -> Result<Self, RateError> {
        let beyond = (self.interval as u128).saturating_mul(requests as u128);
        if beyond.saturating_add(self.window as u128) > LONGEST {
            return Err(RateError::TooLong);
        }
        let lenient = Self { overdraft: requests, ..self };
        Ok(lenient.beside(lenient.most()))
    }

    /// What is decided by when it is known what a request has cost: the overdraft is a part of the
    /// burst then.
    pub(crate) const fn of_settling(&self) -> Self {
        let burst = self.burst.saturating_add(self.overdraft);
        Self { window: self.most(), burst, ..*self }
    }

    /// The longest debt that can be run up by it, in nanoseconds.
    const fn most(&self) -> u64 {
        self.window.saturating_add(self.charge(self.overdraft))
    }

    /// How many requests beyond a whole burst may be owed when they are settled.
    #[cfg(feature = "shared")]
    pub(crate) const fn overdraft(&self) -> u32 {
        self.overdraft
    }

    /// The longest debt that anybody can run up, in nanoseconds.
    pub(crate) const fn longest(&self) -> u64 {
        self.longest
    }

    /// The debt after `more` nanoseconds of it, if anybody can owe as much as that.
    pub(crate) const fn accrue(&self, until: u64, now: u64, more: u64) -> Option<u64> {
        let debt = self.debt(until, now).saturating_add(more);
        if debt > self.longest { None } else { Some(debt) }
    }

    /// The debt at the time `now` of a client in debt until `until`.
    #[must_use]
    pub const fn debt(&self, until: u64, now: u64) -> u64 {
        let debt = until.saturating_sub(now);
        if debt > self.longest { self.longest } else { debt }
    }

    /// What a client with this debt may still do.
    #[must_use]
    pub const fn standing(&self, debt: u64) -> Standing {
        match self.window.checked_sub(debt) {
            // One that is idle waits for nothing.
            Some(free) if debt > 0 => Standing(Left::Debt { free, interval: self.interval }),
            Some(_) => Standing::counted(self.burst, 0),
            // More than a burst, by another tier: all of that is paid first.
            None => {
                let owed = if debt > self.longest { self.longest } else { debt };
                let over = owed.saturating_sub(self.window);
                Standing::counted(0, over.saturating_add(self.interval))
            }
        }
    }

    /// How many requests an idle client may send at once.
    #[must_use]
    pub const fn burst(&self) -> u32 {
        self.burst
    }

    /// How long a client waits between two requests once its burst is used up.
    #[must_use]
    pub const fn interval(&self) -> Duration {
        Duration::from_nanos(self.interval)
    }

    /// How long a whole burst takes to come back.
    #[must_use]
    pub const fn window(&self) -> Duration {
        Duration::from_nanos(self.window)
    }
}

/// What [`Gcra::decide`] says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a verdict that nobody reads limits nobody"]
pub enum Verdict {
    /// Within the quota.
    Allowed {
        /// The client's debt with this request, in nanoseconds.
        debt: u64,
    },
    /// Beyond the quota, for now.
    Denied {
        /// The client's debt, unchanged, in nanoseconds.
        debt: u64,
        /// After how many nanoseconds the same request would be allowed.
        wait: u64,
    },
    /// The request costs more than a whole burst: no waiting helps.
    NeverPossible,
}

/// What a client may still do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing(Left);

/// What is left of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// So many nanoseconds of debt, of which a request takes an interval.
    Debt { free: u64, interval: u64 },
    /// So many requests, and one more in so many nanoseconds.
    Requests { remaining: u32, next: u64 },
}

impl Default for Standing {
    /// One who may do nothing.
    fn default() -> Self {
        Self::counted(0, 0)
    }
}

// Divided when asked, since most requests are allowed and not told.
impl Standing {
    /// That of one whom no limit holds.
    pub(crate) const UNLIMITED: Self = Self::counted(u32::MAX, 0);

    /// A client that may send so many requests at once, and one more so many nanoseconds later.
    pub(crate) const fn counted(remaining: u32, next: u64) -> Self {
        Self(Left::Requests { remaining, next })
    }

    /// Of two, the one that lets the client do less.
    pub(crate) fn nearer(self, other: Self) -> Self {
        let order = |standing: &Self| (standing.remaining(), Reverse(standing.next()));
        if order(&other) < order(&self) { other } else { self }
    }

    /// How many requests it may send at once.
    #[must_use]
    pub const fn remaining(&self) -> u32 {
        match self.0 {
            Left::Debt { free, interval } => match free.checked_div(interval) {
                #[expect(clippy::cast_possible_truncation, reason = "at most the burst")]
                Some(remaining) => remaining as u32,
                None => 0,
            },
            Left::Requests { remaining, .. } => remaining,
        }
    }

    /// After how long it may send one more than that; zero for an idle client.
    #[must_use]
    pub const fn next(&self) -> Duration {
        match self.0 {
            Left::Debt { free, interval } => match free.checked_rem(interval) {
                Some(part) => Duration::from_nanos(interval.saturating_sub(part)),
                None => Duration::ZERO,
            },
            Left::Requests { next, .. } => Duration::from_nanos(next),
        }
    }
}

/// A microsecond, in nanoseconds. Rounding the interval up stays below a thousandth.
const FASTEST: u128 = 1_000;

/// 146 years, in nanoseconds: `now + debt` stays below 2^63 for as long again.
const LONGEST: u128 = 1 << 62;
