//! The table of the README, row by row, and the arithmetic at its edges.

use std::time::Duration;

use rempart_rate_limit::{Gcra, Quota, Verdict};

const SECOND: u64 = 1_000_000_000;

/// The times, in milliseconds, at which requests of a client are served, of those at which it
/// sends one.
fn served(quota: Quota, sent: &[u64]) -> Vec<u64> {
    let (gcra, mut until) = (Gcra::new(quota).unwrap(), 0);
    let mut serve = |at: &u64| {
        let now = at * 1_000_000;
        let Verdict::Allowed { debt } = gcra.decide(until, now, 1) else { return false };
        until = now + debt;
        true
    };
    sent.iter().copied().filter(|at| serve(at)).collect()
}

#[test]
fn serves_bursts_as_the_table_says() {
    let ten = Quota::per_minute(10);
    let at_once = |count, at| vec![at; count];
    let every = |step, count: u64| (0..count).map(|n| n * step).collect::<Vec<u64>>();
    let count = |quota, sent: &[Vec<u64>]| served(quota, &sent.concat()).len();

    assert_eq!(count(ten, &[at_once(10, 0)]), 10);
    assert_eq!(count(ten, &[at_once(11, 0)]), 10);
    assert_eq!(count(ten, &[at_once(10, 0), vec![5_999]]), 10);
    assert_eq!(count(ten, &[at_once(10, 0), vec![6_000, 6_000]]), 11);
    assert_eq!(count(ten, &[at_once(10, 0), at_once(10, 60_000)]), 20);
    assert_eq!(count(ten, &[at_once(10, 0), at_once(11, 60_000)]), 20);
    assert_eq!(count(ten, &[at_once(10, 0), every(6_000, 50)[1..].to_vec()]), 59);
    // A minute, asked for a thousand times a second.
    assert_eq!(count(ten, &[at_once(10, 0), every(60, 1_000)]), 19);
    let each_second = served(ten, &every(1_000, 31));
    let in_seconds: Vec<u64> = each_second.iter().map(|at| at / 1_000).collect();
    assert_eq!(in_seconds, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 18, 24, 30]);
    assert_eq!(served(ten.with_burst(1), &every(1, 60_001)).len(), 11);
}

#[test]
fn denies_the_next_request_and_says_for_how_long() {
    let gcra = Gcra::new(Quota::per_minute(10)).unwrap();
    let full = 60 * SECOND;
    let rows = [
        // until, now, cost, what is said
        (0, 0, 1, Verdict::Allowed { debt: 6 * SECOND }),
        (0, 0, 10, Verdict::Allowed { debt: full }),
        (0, 0, 11, Verdict::NeverPossible),
        (full, 60 * SECOND, 11, Verdict::NeverPossible),
        (full, 0, 1, Verdict::Denied { debt: full, wait: 6 * SECOND }),
        (full, 6 * SECOND - 1, 1, Verdict::Denied { debt: 54 * SECOND + 1, wait: 1 }),
        (full, 6 * SECOND, 1, Verdict::Allowed { debt: full }),
        (full, 6 * SECOND, 2, Verdict::Denied { debt: 54 * SECOND, wait: 6 * SECOND }),
        (full, 0, 0, Verdict::Allowed { debt: full }),
        // A clock that stepped back a day: as if the burst had just been used up.
        (full + 86_400 * SECOND, 0, 1, Verdict::Denied { debt: full, wait: 6 * SECOND }),
        (u64::MAX, 0, 1, Verdict::Denied { debt: full, wait: 6 * SECOND }),
        (0, u64::MAX, 1, Verdict::Allowed { debt: 6 * SECOND }),
        (u64::MAX, u64::MAX, u32::MAX, Verdict::NeverPossible),
    ];
    for (row, (until, now, cost, want)) in rows.into_iter().enumerate() {
        assert_eq!(gcra.decide(until, now, cost), want, "row {row}");
    }
}

#[test]
fn never_lets_a_great_cost_wrap_around() {
    // A limiter with unchecked arithmetic admits this one.
    let gcra =
        Gcra::new(Quota::per_period(1, Duration::from_nanos(1 << 33)).with_burst(2)).unwrap();
    for cost in [3, (1 << 31) + 1, u32::MAX] {
        assert_eq!(gcra.decide(0, 0, cost), Verdict::NeverPossible, "{cost}");
    }
    let gcra = Gcra::new(Quota::per_second(1_000_000).with_burst(u32::MAX)).unwrap();
    let debt = u64::from(u32::MAX) * 1_000;
    assert_eq!(gcra.decide(0, 0, u32::MAX), Verdict::Allowed { debt });
    assert_eq!(gcra.decide(debt, 0, u32::MAX), Verdict::Denied { debt, wait: debt });
}

#[test]
fn is_never_faster_than_the_words() {
    // 60 s / 7 is no whole number of nanoseconds.
    let gcra = Gcra::new(Quota::per_minute(7)).unwrap();
    assert_eq!(gcra.interval(), Duration::from_nanos(8_571_428_572));
    assert!(gcra.window() >= Duration::from_secs(60));
}

#[test]
fn tells_a_client_where_it_stands() {
    let gcra = Gcra::new(Quota::per_minute(10)).unwrap();
    let rows = [
        // debt, remaining, seconds until one more
        (0, 10, 0),
        (1, 9, 0),
        (6 * SECOND, 9, 6),
        (59 * SECOND, 0, 5),
        (60 * SECOND, 0, 6),
        (u64::MAX, 0, 6),
    ];
    for (debt, remaining, next) in rows {
        let standing = gcra.standing(debt);
        assert_eq!((standing.remaining(), standing.next().as_secs()), (remaining, next), "{debt}");
    }
    assert_eq!(gcra.standing(1).next(), Duration::from_nanos(1));
}
