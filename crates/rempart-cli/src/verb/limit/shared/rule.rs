//! How a quota is parted among the shared store and its instances: the arithmetic of
//! `rempart_rate_limit::shared`, which has a server to ask and a clock that runs.

use std::time::Duration;

use rempart::rate_limit::{Gcra, Quota};

use crate::verb::limit::plan::{Sharing, nanoseconds};
use crate::verb::limit::rule::Rule;

/// The quota as the shared store counts it: in whole microseconds, rounded up.
pub(super) fn counted(rule: &Rule) -> Option<Rule> {
    let whole = |time: Duration| u64::try_from(time.as_nanos().div_ceil(1_000)).ok();
    let (limit, time) = match rule {
        Rule::Gcra(gcra) => (1, gcra.interval()),
        Rule::Window(window) => (window.limit(), window.period()),
    };
    let quota = Quota::per_period(limit, Duration::from_micros(whole(time)?));
    match rule {
        Rule::Gcra(gcra) => Rule::new(quota.with_burst(gcra.burst()), false),
        Rule::Window(_) => Rule::new(quota, true),
    }
    .ok()
}

/// What one of so many instances admits alone: its part, but at least one request.
pub(super) fn share(counted: &Rule, instances: u32) -> Option<Gcra> {
    let each = |of: u32| Some(of.checked_div(instances)?.max(1));
    let (burst, step) = match counted {
        Rule::Gcra(gcra) => (each(gcra.burst())?, gcra.interval().checked_mul(instances)?),
        // Half of it at once, and then one by one: a burst and what comes back of it are together
        // no more than the part.
        Rule::Window(window) => {
            let each = each(window.limit())?;
            let burst = each.div_ceil(2);
            let rest = u128::from(each.saturating_sub(burst).saturating_add(1));
            let step = window.period().as_micros().div_ceil(rest);
            (burst, Duration::from_micros(u64::try_from(step).ok()?))
        }
    };
    Gcra::new(Quota::per_period(1, step).with_burst(burst)).ok()
}

/// The most that is leased at a time: an eighth of a burst, and nothing of a small one. A strict
/// window could not be kept.
pub(in crate::verb::limit) const fn largest_lease(rule: &Rule) -> Option<u32> {
    match rule {
        Rule::Gcra(gcra) if gcra.burst() >= SMALLEST_BURST => gcra.burst().checked_div(8),
        Rule::Gcra(_) | Rule::Window(_) => None,
    }
}

/// How much is leased of what is left of a quota: to all instances together a quarter at most.
pub(super) fn leased(sharing: &Sharing, left: u32) -> u32 {
    let part = left.checked_div(sharing.instances.saturating_mul(4)).unwrap_or_default();
    part.min(sharing.lease.unwrap_or_default())
}

/// For how many nanoseconds a lease is good: as long as its requests would take one by one, and a
/// second at most.
pub(super) fn lease_life(counted: &Rule, leased: u32) -> u64 {
    let each = match counted {
        Rule::Gcra(gcra) => nanoseconds(gcra.interval()),
        Rule::Window(_) => 0,
    };
    each.saturating_mul(leased.into()).min(SECOND)
}

impl Sharing {
    /// How much a client may be served above its quota: what instances have leased, and if the
    /// shared store was away, what instances serve alone as much as what it forgives meanwhile.
    pub(in crate::verb::limit) fn above_at_most(&self, rule: &Rule) -> u64 {
        let instances = u64::from(self.instances);
        let leased = instances.saturating_mul(self.lease.unwrap_or_default().into());
        let share = counted(rule).and_then(|counted| share(&counted, self.instances));
        let (Some(down), Some(share)) = (&self.down, share) else { return leased };
        let back = |gcra: &Gcra, time: u64| time.div_ceil(nanoseconds(gcra.interval()));
        let away = nanoseconds(Duration::from_secs(down.end.saturating_sub(down.start)));
        let (forgiven, until_noticed) = match rule {
            Rule::Gcra(gcra) => (back(gcra, away).min(gcra.burst().into()), OPEN_FOR),
            // What was admitted before counts on; the window is what instances have alone.
            Rule::Window(window) => (0, nanoseconds(window.period())),
        };
        // A burst each, and what comes back of it.
        let alone = u64::from(share.burst()).saturating_add(back(&share, until_noticed));
        leased.saturating_add(forgiven).saturating_add(instances.saturating_mul(alone))
    }
}

/// How long a shared store is left alone that did not answer, in nanoseconds.
pub(super) const OPEN_FOR: u64 = 500_000_000;

/// Below that, a lease would be a good part of what a client has.
const SMALLEST_BURST: u32 = 64;

/// In nanoseconds.
pub(super) const SECOND: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(quota: &str, strict_window: bool) -> Rule {
        Rule::new(quota.parse().unwrap(), strict_window).unwrap()
    }

    #[test]
    fn shares_are_parts_of_the_quota() {
        // Quota, whether it is a strict window, instances; the share's burst and microseconds
        // between two requests.
        for (quota, strict, instances, burst, step) in [
            ("100/s", false, 1, 100, 10_000),
            ("100/s", false, 4, 25, 40_000),
            ("100/s", false, 30, 3, 300_000),
            ("10/min", false, 100, 1, 600_000_000),
            ("3/s", false, 1, 3, 333_334),
            ("10/min", true, 1, 5, 10_000_000),
            ("10/min", true, 3, 2, 30_000_000),
            ("10/min", true, 100, 1, 60_000_000),
        ] {
            let share = share(&counted(&rule(quota, strict)).unwrap(), instances).unwrap();
            assert_eq!((share.burst(), share.interval().as_micros()), (burst, step), "{quota}");
        }
    }

    #[test]
    fn leases_are_small_parts_and_short() {
        for (burst, most) in [(1, None), (63, None), (64, Some(8)), (100, Some(12))] {
            let quota = format!("{burst}/s");
            assert_eq!(largest_lease(&rule(&quota, false)), most);
            assert_eq!(largest_lease(&rule(&quota, true)), None);
        }
        let sharing = |instances| Sharing { instances, lease: Some(12), down: None };
        for (instances, left, want) in
            [(4, 99, 6), (4, 192, 12), (4, 9_999, 12), (4, 15, 0), (100, 399, 0), (1, 4, 1)]
        {
            assert_eq!(leased(&sharing(instances), left), want, "{instances}, {left}");
        }
        assert_eq!(lease_life(&rule("100/s", false), 12), 120_000_000);
        assert_eq!(lease_life(&rule("100/min", false), 12), SECOND);
    }

    #[test]
    fn what_may_be_served_above_a_quota_is_what_was_handed_out_before() {
        // Lease, seconds away, and so much above 100/s with four instances.
        for (lease, away, want) in [
            (None, None, 0),
            (Some(12), None, 48),
            (None, Some(10), 100 + 4 * (25 + 13)),
            (Some(12), Some(10), 48 + 100 + 4 * (25 + 13)),
        ] {
            let sharing = Sharing { instances: 4, lease, down: away.map(|away| 5..5 + away) };
            assert_eq!(sharing.above_at_most(&rule("100/s", false)), want);
        }
    }
}
