use std::time::Duration;

use thiserror::Error;

use super::{Answer, Ruling};
use crate::{Gcra, Quota, RateError, StrictWindow};

/// How one limit counts, in whole microseconds of the server's clock.
///
/// ```
/// use rempart_rate_limit::Quota;
/// use rempart_rate_limit::shared::{Rule, RuleError};
///
/// let api = Rule::gcra(Quota::per_minute(100).with_burst(20))?;
/// let login = Rule::strict_window(Quota::per_minute(5))?;
/// assert_eq!((api.size(), login.size()), (20, 5));
/// let too_many = Rule::strict_window(Quota::per_hour(1000));
/// assert_eq!(too_many, Err(RuleError::TooMany { limit: 1000 }));
/// # Ok::<(), RuleError>(())
/// ```
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub struct Rule {
    kind: Kind,
    /// Microseconds: between two requests of a burst used up, or of the whole window.
    step: u64,
    /// The burst, or how many a window admits.
    size: u32,
}

#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub(super) enum Kind {
    Gcra,
    Window,
}

/// The server cannot count by this quota.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RuleError {
    /// Nobody can.
    #[error(transparent)]
    Rate(#[from] RateError),
    /// The quota takes more than 2^52 microseconds (142 years) to come back. A time of this
    /// century and such a window are together less than 2^53, which is as far as the numbers of a
    /// script are exact.
    #[error("a burst takes more than 142 years to come back")]
    TooLong,
    /// A strict window remembers each admission, and [`Rule::LONGEST_LOG`] at most.
    #[error("{limit} requests in a strict window; {} is the most", Rule::LONGEST_LOG)]
    TooMany {
        /// How many were asked for.
        limit: u32,
    },
}

/// What a server says of a limit, all in its own terms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Microseconds of debt, or admissions, before the request.
    pub(super) used: u64,
    pub(super) wait: u64,
    /// Until the oldest admission is over.
    pub(super) oldest: u64,
    pub(super) leased: u64,
}

impl Rule {
    /// How many admissions a strict window can remember.
    pub const LONGEST_LOG: u32 = 128;

    /// Counts by the generic cell rate algorithm, as [`Gcra`] does in nanoseconds: the time
    /// between two requests is rounded up to the microsecond, so that no client is faster than the
    /// words allow. It is slower by less than a hundredth up to 10,000 requests a second.
    ///
    /// # Errors
    ///
    /// [`RuleError::Rate`] for what [`Gcra::new`] refuses, [`RuleError::TooLong`].
    pub fn gcra(quota: Quota) -> Result<Self, RuleError> {
        Self::of_gcra(&Gcra::new(quota)?)
    }

    pub(super) fn of_gcra(exact: &Gcra) -> Result<Self, RuleError> {
        let step = exact.interval().as_nanos().div_ceil(1_000);
        Self::lasting(Kind::Gcra, step, exact.burst())
    }

    /// Admits at most `limit` in any `period`, wherever it begins. The burst says nothing here.
    ///
    /// # Errors
    ///
    /// [`RuleError::Rate`] if something is zero, [`RuleError::TooLong`], and
    /// [`RuleError::TooMany`] past [`Rule::LONGEST_LOG`].
    pub fn strict_window(quota: Quota) -> Result<Self, RuleError> {
        let limit = quota.limit();
        if limit > Self::LONGEST_LOG {
            return Err(RuleError::TooMany { limit });
        }
        match (limit, quota.period().as_nanos()) {
            (0, _) => return Err(RateError::ZeroLimit.into()),
            (_, 0) => return Err(RateError::ZeroPeriod.into()),
            _ => {}
        }
        Self::lasting(Kind::Window, quota.period().as_nanos().div_ceil(1_000), limit)
    }

    pub(super) fn of_window(exact: &StrictWindow) -> Result<Self, RuleError> {
        Self::strict_window(Quota::per_period(exact.limit(), exact.period()))
    }

    fn lasting(kind: Kind, step: u128, size: u32) -> Result<Self, RuleError> {
        let step = u64::try_from(step).map_err(|_| RuleError::TooLong)?;
        let rule = Self { kind, step, size };
        if rule.window() > LONGEST { Err(RuleError::TooLong) } else { Ok(rule) }
    }

    /// The same rate, of whose burst the overdraft is a part; a strict window has none.
    pub(super) const fn with_overdraft(self, requests: u32) -> Self {
        match self.kind {
            Kind::Gcra => Self { size: self.size.saturating_add(requests), ..self },
            Kind::Window => self,
        }
    }

    /// How many requests an idle client may send at once.
    #[must_use]
    pub const fn size(&self) -> u32 {
        self.size
    }

    pub(super) const fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) const fn step(&self) -> u64 {
        self.step
    }

    /// Microseconds after which nothing of a client is left.
    pub(super) const fn window(&self) -> u64 {
        match self.kind {
            Kind::Gcra => self.step.saturating_mul(self.size as u64),
            Kind::Window => self.step,
        }
    }

    /// The time that so many requests take from a burst.
    pub(super) const fn charge(&self, cost: u32) -> u64 {
        self.step.saturating_mul(cost as u64)
    }

    /// What the server's words mean for a request of this cost, where nobody owes more than so many
    /// microseconds; nothing if they cannot be true.
    pub(super) fn answer(
        &self,
        found: Found,
        cost: u32,
        horizon: u64,
        charged: bool,
    ) -> Option<Answer> {
        let answer = match self.kind {
            Kind::Gcra if found.used > horizon => None,
            Kind::Gcra => self.of_debt(found, cost, charged),
            Kind::Window => self.of_log(found, cost, charged),
        };
        // All were charged, or one of them at least was not allowed: the caller sees to the rest.
        answer.filter(|answer| !charged || answer.ruling == Ruling::Allowed)
    }

    fn of_debt(&self, found: Found, cost: u32, charged: bool) -> Option<Answer> {
        let wanted = found.used.saturating_add(self.charge(cost));
        let wait = wanted.saturating_sub(self.window());
        let possible = cost <= self.size;
        if (possible && found.wait != wait) || found.oldest != 0 {
            return None;
        }
        let debt = if charged { wanted } else { found.used };
        let Some(free) = self.window().checked_sub(debt) else {
            // More than a burst, by another tier: all of that is paid first.
            let next = debt.saturating_sub(self.window()).saturating_add(self.step);
            return Some(self.told(cost, wait, 0, next));
        };
        let free = free.checked_sub(self.charge(few(found.leased)))?;
        let part = free.checked_rem(self.step)?;
        let next = if free == self.window() { 0 } else { self.step.saturating_sub(part) };
        let remaining = few(free.checked_div(self.step)?);
        Some(self.told(cost, wait, remaining, next))
    }

    fn of_log(&self, found: Found, cost: u32, charged: bool) -> Option<Answer> {
        let used = u32::try_from(found.used).ok().filter(|used| *used <= Self::LONGEST_LOG)?;
        let wanted = used.saturating_add(cost);
        let possible = cost <= self.size;
        let fits = wanted <= self.size;
        let in_time = found.wait <= self.step && found.oldest <= self.step;
        if !in_time || found.leased != 0 || (used == 0) != (found.oldest == 0) {
            return None;
        }
        if possible && fits != (found.wait == 0) {
            return None;
        }
        let now = if charged { wanted } else { used };
        let next = if used == 0 && now > 0 { self.step } else { found.oldest };
        Some(self.told(cost, found.wait, self.size.saturating_sub(now), next))
    }

    fn told(&self, cost: u32, wait: u64, remaining: u32, next: u64) -> Answer {
        let ruling = match wait {
            _ if cost > self.size => Ruling::NeverPossible,
            0 => Ruling::Allowed,
            wait => Ruling::Denied { wait: Duration::from_micros(wait) },
        };
        Answer { ruling, remaining, next: Duration::from_micros(next) }
    }

    /// What one of so many instances admits alone, so that all of them together admit no more
    /// than the rule; but for one request each, if there are more instances than requests.
    pub(super) fn share(&self, instances: u32) -> Option<Gcra> {
        let each = self.size.checked_div(instances)?.max(1);
        let (step, burst) = match self.kind {
            Kind::Gcra => (self.step.saturating_mul(instances.into()), each),
            // A burst of `b` and one request each `period / n` admit at most `b + n - 1` in a
            // period: half of them at once, the others one by one.
            Kind::Window => {
                let burst = each.div_ceil(2);
                let rest = each.saturating_sub(burst).saturating_add(1);
                (self.step.div_ceil(rest.into()), burst)
            }
        };
        let step = Duration::from_micros(step.min(LONGEST.checked_div(burst.into())?));
        Gcra::new(Quota::per_period(1, step).with_burst(burst)).ok()
    }
}

/// What does not fit is more than any rule allows.
fn few(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// 142 years, in microseconds.
pub(super) const LONGEST: u64 = 1 << 52;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Verdict;

    /// Everybody asks all the time: what the shares of all instances admit in any window of a
    /// strict limit is never more than it allows.
    #[test]
    fn the_shares_of_all_instances_are_no_more_than_the_rule() {
        let period = Duration::from_millis(1);
        for (size, instances) in
            [(1, 1), (2, 1), (3, 1), (7, 1), (10, 3), (100, 7), (128, 64), (5, 9)]
        {
            let rule = Rule::strict_window(Quota::per_period(size, period));
            let share = rule.ok().and_then(|rule| rule.share(instances));
            let Some(share) = share else { panic!("{size} for {instances}") };
            let (mut admitted, mut until) = (vec![], 0);
            for now in (0..5_000_000).step_by(500) {
                while let Verdict::Allowed { debt } = share.decide(until, now, 1) {
                    until = now + debt;
                    admitted.push(now);
                }
            }
            let in_a_window = |from: &u64| {
                admitted.iter().filter(|at| (*from..*from + 1_000_000).contains(*at)).count()
            };
            let most = admitted.iter().map(in_a_window).max();
            assert_eq!(
                most,
                usize::try_from((size / instances).max(1)).ok(),
                "{size}, {instances}"
            );
        }
    }

    #[test]
    fn the_shares_of_a_burst_are_its_parts() {
        let rule = Rule::gcra(Quota::per_minute(100).with_burst(21)).ok();
        for (instances, burst) in [(1, 21), (2, 10), (20, 1), (1_000, 1)] {
            let share = rule.and_then(|rule| rule.share(instances));
            let Some(share) = share else { panic!("{instances}") };
            let each = Duration::from_millis(600).saturating_mul(instances);
            assert_eq!((share.burst(), share.interval()), (burst, each));
        }
        assert_eq!(rule.and_then(|rule| rule.share(0)), None);
        let longest = Rule::gcra(Quota::per_period(1, Duration::from_micros(LONGEST)));
        assert!(longest.ok().and_then(|rule| rule.share(u32::MAX)).is_some());
    }
}
