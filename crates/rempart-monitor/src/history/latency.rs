//! Durations in buckets that grow with them: eight to each doubling.
//!
//! A bucket is an eighth of its lower bound wide and stands for its middle, so that whatever is
//! read back is at most 1/16 (6.25 %) off what went in, between [`LEAST`] and [`MOST`]. Nothing
//! that verifies a signature is faster than the one; what is slower than the other is too slow by
//! any measure, and is told as [`MOST`].

use std::time::Duration;

/// Below this all durations are one.
const LEAST: Duration = Duration::from_nanos(1 << LEAST_BITS);
/// From this on all durations are one.
const MOST: Duration = Duration::from_nanos(1 << MOST_BITS);

const LEAST_BITS: u32 = 8;
const MOST_BITS: u32 = 30;
/// Eight buckets to a doubling.
const FINE_BITS: u32 = 3;

/// One below [`LEAST`], the doublings, one from [`MOST`] on.
pub(super) const BUCKETS: usize = 2 + (((MOST_BITS - LEAST_BITS) as usize) << FINE_BITS);

/// The bucket of a duration.
pub(super) fn bucket(elapsed: Duration) -> usize {
    if elapsed < LEAST {
        return 0;
    }
    if elapsed >= MOST {
        return BUCKETS.saturating_sub(1);
    }
    let nanos = u32::try_from(elapsed.as_nanos()).unwrap_or(u32::MAX);
    let doubling = nanos.ilog2();
    let fine = (nanos >> doubling.saturating_sub(FINE_BITS)) & ((1 << FINE_BITS) - 1);
    let nth = (doubling.saturating_sub(LEAST_BITS) << FINE_BITS) | fine;
    1_usize.saturating_add(usize::try_from(nth).unwrap_or(BUCKETS))
}

/// What stands for the durations in a bucket: its middle.
pub(super) fn middle(bucket: usize) -> Duration {
    let Some(nth) = bucket.checked_sub(1).and_then(|nth| u32::try_from(nth).ok()) else {
        return LEAST.checked_div(2).unwrap_or_default();
    };
    let doubling = (nth >> FINE_BITS).saturating_add(LEAST_BITS);
    if doubling >= MOST_BITS {
        return MOST;
    }
    // In sixteenths of the doubling's lower bound: 16, 18, 20 … are lower bounds, 17, 19 … middles.
    let sixteenths = ((1 << FINE_BITS | nth & ((1 << FINE_BITS) - 1)) << 1) | 1;
    let nanos = u64::from(sixteenths) << doubling.saturating_sub(FINE_BITS.saturating_add(1));
    Duration::from_nanos(nanos)
}

/// The duration that this many hundredths of those counted took at most; `None` of nothing.
pub(super) fn percentile(counts: &[u64], hundredths: u8) -> Option<Duration> {
    let all: u64 = counts.iter().fold(0, |sum, count| sum.saturating_add(*count));
    if all == 0 {
        return None;
    }
    // The nearest rank: the first whose predecessors and itself are that many hundredths of all.
    let hundredths = u128::from(hundredths.min(100));
    let rank = u128::from(all).saturating_mul(hundredths).div_ceil(100).max(1);
    let mut seen = 0_u128;
    let found = counts.iter().position(|count| {
        seen = seen.saturating_add(u128::from(*count));
        seen >= rank
    });
    found.map(middle)
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "an overflow fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn buckets_end_where_they_say() {
        #[rustfmt::skip]
        let rows = [
            // nanoseconds    bucket       stands for
            (0,               0,           128),
            (255,             0,           128),
            (256,             1,           272),
            (287,             1,           272),
            (288,             2,           304),
            (511,             8,           496),
            (512,             9,           544),
            (1_000_000,       96,          1_015_808),
            ((1 << 30) - 1,   BUCKETS - 2, 1_040_187_392),
            (1 << 30,         BUCKETS - 1, 1 << 30),
            (u64::MAX,        BUCKETS - 1, 1 << 30),
        ];
        for (nanos, nth, stands_for) in rows {
            let found = bucket(Duration::from_nanos(nanos));
            assert_eq!((found, middle(found)), (nth, Duration::from_nanos(stands_for)), "{nanos}");
        }
        assert_eq!(bucket(Duration::MAX), BUCKETS - 1);
    }

    proptest! {
        #[test]
        fn what_is_read_back_is_a_sixteenth_off_at_most(nanos in 1_u64 << 8..1 << 30) {
            let back = middle(bucket(Duration::from_nanos(nanos)));
            let back = u64::try_from(back.as_nanos()).unwrap();
            prop_assert!(back.abs_diff(nanos) * 16 <= nanos, "{nanos} read as {back}");
        }

        #[test]
        fn a_longer_duration_is_in_no_lower_bucket(a: u64, b: u64) {
            let (short, long) = (a.min(b), a.max(b));
            let of = |nanos| bucket(Duration::from_nanos(nanos));
            prop_assert!(of(short) <= of(long) && of(long) < BUCKETS);
        }

        #[test]
        fn percentiles_are_those_of_the_sorted_list(
            mut list in proptest::collection::vec(0_u64..1 << 31, 1..200),
            hundredths in 0_u8..=100,
        ) {
            let mut counts = [0; BUCKETS];
            for nanos in &list {
                counts[bucket(Duration::from_nanos(*nanos))] += 1;
            }
            list.sort_unstable();
            let rank = (list.len() * usize::from(hundredths)).div_ceil(100).max(1);
            let exact = bucket(Duration::from_nanos(list[rank - 1]));
            prop_assert_eq!(percentile(&counts, hundredths), Some(middle(exact)));
        }
    }

    #[test]
    fn there_is_no_percentile_of_nothing() {
        assert_eq!(percentile(&[0; BUCKETS], 99), None);
    }
}
