//! How a quota is parted among the shared store and its instances.

use std::time::Duration;

use rempart::rate_limit::{Gcra, Quota};

use crate::verb::limit::plan::{Sharing, nanoseconds};

/// The quota as the shared store counts it: in whole microseconds, rounded up.
pub(super) fn counted(gcra: &Gcra) -> Option<Gcra> {
    let step = gcra.interval().as_nanos().div_ceil(1_000);
    let step = Duration::from_micros(u64::try_from(step).ok()?);
    Gcra::new(Quota::per_period(1, step).with_burst(gcra.burst())).ok()
}

/// What one of so many instances admits alone: their part of the burst, but at least one request,
/// and their part of the rate.
pub(super) fn share(counted: &Gcra, instances: u32) -> Option<Gcra> {
    let burst = counted.burst().checked_div(instances)?.max(1);
    let step = counted.interval().checked_mul(instances)?;
    Gcra::new(Quota::per_period(1, step).with_burst(burst)).ok()
}

/// The most that is leased at a time of a burst: an eighth, and nothing of a small one.
pub(in crate::verb::limit) const fn largest_lease(burst: u32) -> Option<u32> {
    if burst < SMALLEST_BURST { None } else { burst.checked_div(8) }
}

/// How much is leased of what is left of a quota: to all instances together a quarter at most.
pub(super) fn leased(sharing: &Sharing, left: u32) -> u32 {
    let part = left.checked_div(sharing.instances.saturating_mul(4)).unwrap_or_default();
    part.min(sharing.lease.unwrap_or_default())
}

/// For how many nanoseconds a lease is good: as long as its requests would take one by one, and a
/// second at most.
pub(super) fn lease_life(counted: &Gcra, leased: u32) -> u64 {
    nanoseconds(counted.interval()).saturating_mul(leased.into()).min(SECOND)
}

impl Sharing {
    /// How much a client may be served above its quota: what instances have leased, and if the
    /// shared store was away, what instances serve alone as much as what it forgives meanwhile.
    pub(in crate::verb::limit) fn above_at_most(&self, gcra: &Gcra) -> u64 {
        let instances = u64::from(self.instances);
        let leased = instances.saturating_mul(self.lease.unwrap_or_default().into());
        let share = counted(gcra).and_then(|counted| share(&counted, self.instances));
        let (Some(down), Some(share)) = (&self.down, share) else { return leased };
        let back = |gcra: &Gcra, time: u64| time.div_ceil(nanoseconds(gcra.interval()));
        let away = Duration::from_secs(down.end.saturating_sub(down.start));
        let forgiven = back(gcra, nanoseconds(away)).min(gcra.burst().into());
        // A burst each, and what comes back of it until the last has noticed the store's return.
        let alone = u64::from(share.burst()).saturating_add(back(&share, OPEN_FOR));
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

    fn gcra(quota: &str) -> Gcra {
        Gcra::new(quota.parse().unwrap()).unwrap()
    }

    #[test]
    fn shares_are_parts_of_the_quota() {
        // Quota, instances; the share's burst and microseconds between two requests.
        for (quota, instances, burst, step) in [
            ("100/s", 1, 100, 10_000),
            ("100/s", 4, 25, 40_000),
            ("100/s", 30, 3, 300_000),
            ("10/min", 100, 1, 600_000_000),
            ("3/s", 1, 3, 333_334),
        ] {
            let share = share(&counted(&gcra(quota)).unwrap(), instances).unwrap();
            assert_eq!((share.burst(), share.interval().as_micros()), (burst, step), "{quota}");
        }
    }

    #[test]
    fn leases_are_small_parts_and_short() {
        for (burst, most) in [(1, None), (63, None), (64, Some(8)), (100, Some(12))] {
            assert_eq!(largest_lease(burst), most);
        }
        let sharing = |instances| Sharing { instances, lease: Some(12), down: None };
        for (instances, left, want) in
            [(4, 99, 6), (4, 192, 12), (4, 9_999, 12), (4, 15, 0), (100, 399, 0), (1, 4, 1)]
        {
            assert_eq!(leased(&sharing(instances), left), want, "{instances}, {left}");
        }
        assert_eq!(lease_life(&gcra("100/s"), 12), 120_000_000);
        assert_eq!(lease_life(&gcra("100/min"), 12), SECOND);
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
            assert_eq!(sharing.above_at_most(&gcra("100/s")), want);
        }
    }
}
