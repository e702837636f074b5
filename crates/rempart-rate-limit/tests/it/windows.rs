//! What a strict window promises, as tables.

use rempart_rate_limit::{
    Admission, Quota, RateError, Standing, StrictWindow, WhenFull, WindowStore,
};

pub(crate) const SECOND: u64 = 1_000_000_000;
pub(crate) const MINUTE: u64 = 60 * SECOND;
const DAY: u64 = 86_400 * SECOND;

fn window(quota: &str) -> StrictWindow {
    StrictWindow::new(quota.parse().unwrap()).unwrap()
}

/// A store that does the same in each run.
fn seeded(clients: usize, limit: u32) -> WindowStore {
    WindowStore::with_capacity(clients, limit).unwrap().dangerously_seeded([7, 11])
}

pub(crate) struct Case {
    pub(crate) store: WindowStore,
    pub(crate) window: StrictWindow,
    pub(crate) when_full: WhenFull,
}

impl Case {
    /// One line of sixteen.
    pub(crate) fn line(quota: &str, when_full: WhenFull) -> Self {
        Self::of(10, quota, when_full)
    }

    pub(crate) fn of(clients: usize, quota: &str, when_full: WhenFull) -> Self {
        let window = window(quota);
        Self { store: seeded(clients, window.limit()), window, when_full }
    }

    /// What a table remembers, under another quota.
    pub(crate) fn taking(store: &WindowStore, quota: &str) -> Self {
        let window = window(quota);
        let store = store.remembering(window.limit()).unwrap();
        Self { store, window, when_full: WhenFull::Strict }
    }

    pub(crate) fn asks(&self, client: u64, cost: u32, now: u64) -> Admission {
        self.store.charge(self.store.key(&client), &self.window, cost, now, self.when_full)
    }

    pub(crate) fn admits(&self, client: u64, now: u64) -> bool {
        matches!(self.asks(client, 1, now), Admission::Allowed(_))
    }

    /// How many of so many requests sent at once are admitted.
    pub(crate) fn admitted(&self, client: u64, requests: usize, now: u64) -> usize {
        (0..requests).filter(|_| self.admits(client, now)).count()
    }

    pub(crate) fn remaining(&self, client: u64, now: u64) -> u32 {
        self.store.standing(self.store.key(&client), &self.window, now).remaining()
    }
}

/// What is told: whether it is allowed, how many remain, seconds until one more, seconds to wait.
fn told(admission: Admission) -> Option<(bool, u32, u64, u64)> {
    let row = |allowed, standing: Standing, wait: std::time::Duration| {
        (allowed, standing.remaining(), standing.next().as_secs(), wait.as_secs())
    };
    match admission {
        Admission::Allowed(standing) => Some(row(true, standing, std::time::Duration::ZERO)),
        Admission::Denied { standing, wait } => Some(row(false, standing, wait)),
        Admission::NeverPossible => None,
    }
}

#[test]
fn a_request_counts_until_it_is_a_window_old_and_not_a_moment_less() {
    let case = Case::line("3 per minute", WhenFull::Strict);
    let rows = [
        // seconds, cost, what is told
        (0, 0, Some((true, 3, 0, 0))),
        (0, 1, Some((true, 2, 60, 0))),
        (10, 1, Some((true, 1, 50, 0))),
        (20, 2, Some((false, 1, 40, 40))),
        (20, 1, Some((true, 0, 40, 0))),
        (20, 0, Some((true, 0, 40, 0))),
        (20, 1, Some((false, 0, 40, 40))),
        (20, 2, Some((false, 0, 40, 50))),
        (20, 3, Some((false, 0, 40, 60))),
        (20, 4, None),
        (59, 1, Some((false, 0, 1, 1))),
        (60, 0, Some((true, 1, 10, 0))),
        (60, 1, Some((true, 0, 10, 0))),
        (70, 2, Some((false, 1, 10, 10))),
        (80, 2, Some((true, 0, 40, 0))),
        (140, 0, Some((true, 3, 0, 0))),
        (140, 3, Some((true, 0, 60, 0))),
        (1_000_000, 3, Some((true, 0, 60, 0))),
    ];
    for (row, (at, cost, want)) in rows.into_iter().enumerate() {
        assert_eq!(told(case.asks(1, cost, at * SECOND)), want, "row {row}");
    }
    // To the nanosecond.
    let case = Case::line("1 per minute", WhenFull::Strict);
    assert!(case.admits(1, 7));
    assert!(!case.admits(1, MINUTE + 6));
    assert!(case.admits(1, MINUTE + 7));
}

#[test]
fn a_policy_of_so_many_a_minute_never_admits_one_more_in_any_sixty_seconds() {
    let mut state = 1_u64;
    let mut random = move |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    for limit in [10, 100, 5] {
        let case = Case::line(&format!("{limit} per minute"), WhenFull::Strict);
        let (mut now, mut admitted) = (0, Vec::new());
        for _ in 0..60_000 {
            // Bursts, a steady load about the limit, and pauses.
            let kind = random(8);
            now += match kind {
                0..=3 => 0,
                4..=6 => random(2 * MINUTE / limit),
                7 if random(50) == 0 => random(3 * MINUTE),
                _ => random(MINUTE / 20),
            };
            if case.admits(1, now) {
                admitted.push(now);
            }
        }
        let limit = usize::try_from(limit).unwrap();
        assert!(admitted.len() > 20 * limit, "it does admit: {}", admitted.len());
        for pair in admitted.windows(limit + 1) {
            assert!(pair[limit] - pair[0] >= MINUTE, "{} in less than a minute", limit + 1);
        }
        // And it is no stricter than that: there are minutes that are as full as they may be.
        let nearly = |pair: &[u64]| pair[limit] - pair[0] < MINUTE + MINUTE / 100;
        assert!(admitted.windows(limit + 1).filter(|pair| nearly(pair)).count() > 10);
    }
}

#[test]
fn a_quota_that_no_window_can_keep_is_no_window() {
    let rows = [
        (Quota::per_minute(0), Err(RateError::ZeroLimit)),
        (Quota::per_period(1, std::time::Duration::ZERO), Err(RateError::ZeroPeriod)),
        (Quota::per_minute(129), Err(RateError::NoWindow)),
        (Quota::per_minute(10).with_burst(11), Err(RateError::NoWindow)),
        (Quota::per_minute(10).with_burst(9), Err(RateError::NoWindow)),
        (Quota::per_day(1).with_burst(1), Ok(1)),
        (Quota::per_second(128), Ok(128)),
        (Quota::per_period(1, std::time::Duration::from_nanos(1 << 62)), Ok(1)),
        (
            Quota::per_period(1, std::time::Duration::from_nanos((1 << 62) + 1)),
            Err(RateError::TooLong),
        ),
        (Quota::per_period(100, std::time::Duration::from_nanos(1)), Ok(100)),
    ];
    for (quota, want) in rows {
        assert_eq!(StrictWindow::new(quota).map(|window| window.limit()), want, "{quota}");
    }
}

#[test]
fn forgives_a_clock_that_steps_back_and_forth_by_a_day() {
    let case = Case::line("10 per minute", WhenFull::Strict);
    assert_eq!(case.admitted(1, 20, 3 * DAY), 10);
    assert_eq!(case.admitted(1, 20, 2 * DAY), 0);
    let Admission::Denied { wait, .. } = case.asks(1, 1, 2 * DAY) else { panic!("it was full") };
    assert!(wait.as_secs() <= 60);
    // The day that was taken back is not waited for, and neither is it by a newcomer.
    assert_eq!(case.admitted(2, 20, 2 * DAY), 10);
    assert_eq!(case.admitted(1, 20, 2 * DAY + MINUTE), 10);
    assert_eq!(case.admitted(2, 20, 2 * DAY + MINUTE), 10);
    assert_eq!(case.admitted(2, 20, 9 * DAY), 10);
    // A full line of a future that will not come.
    assert!((10..24).all(|client| case.admitted(client, 10, 90 * DAY) == 10));
    let _ = (case.admitted(1, 10, 90 * DAY), case.admitted(2, 10, 90 * DAY));
    assert_eq!(case.admitted(50, 10, DAY), 0, "nobody is counted too low");
    assert_eq!(case.admitted(50, 10, DAY + MINUTE), 10);
}

#[test]
fn a_thread_that_comes_late_does_not_move_the_clock() {
    let case = Case::line("2 per minute", WhenFull::Strict);
    let late = MINUTE / 2_000;
    assert!(case.admits(1, MINUTE));
    assert!(case.admits(1, MINUTE - late));
    assert!(!case.admits(1, MINUTE - late));
    assert_eq!(case.admitted(1, 5, 2 * MINUTE - 1), 0);
    assert_eq!(case.admitted(1, 5, 2 * MINUTE), 2);
}

#[test]
fn gives_back_what_is_still_there_and_no_more() {
    let case = Case::line("10 per minute", WhenFull::Strict);
    let key = case.store.key(&1_u64);
    let reserve = |cost, seconds: u64| {
        let now = seconds * SECOND;
        case.store.reserve(key, &case.window, cost, now, WhenFull::Strict).1
    };
    let (first, second, third) = (reserve(3, 0), reserve(4, 10), reserve(3, 20));
    assert!(reserve(1, 20).is_none() && reserve(0, 20).is_none());
    case.store.refund(key, second.unwrap());
    assert_eq!(case.remaining(1, 20 * SECOND), 4, "from the middle");
    assert_eq!(case.remaining(1, 60 * SECOND), 7, "the first as before");
    assert_eq!(case.remaining(1, 70 * SECOND), 7, "and the second not twice");
    assert_eq!(case.remaining(1, 80 * SECOND), 10);
    // What counts no more gives nothing back.
    assert!(reserve(7, 60).is_some());
    case.store.refund(key, first.unwrap());
    assert_eq!(case.remaining(1, 60 * SECOND), 0);
    case.store.refund(key, third.unwrap());
    assert_eq!(case.remaining(1, 60 * SECOND), 3);
}

#[test]
fn gives_nothing_back_of_what_another_charge_wrote() {
    // The clock stepped back, and it is the same time again.
    let case = Case::line("2 per minute", WhenFull::Strict);
    let key = case.store.key(&1_u64);
    let receipt = case.store.reserve(key, &case.window, 1, DAY, WhenFull::Strict).1.unwrap();
    assert_eq!(case.remaining(1, 0), 1);
    assert_eq!(case.admitted(1, 9, DAY), 2);
    case.store.refund(key, receipt);
    assert_eq!(case.remaining(1, DAY), 0);
    // Another client took over the log, and the client that of another one.
    let case = Case::line("2 per minute", WhenFull::Strict);
    let receipt = case.store.reserve(key, &case.window, 1, 0, WhenFull::Strict).1.unwrap();
    assert!((100..116).all(|client| case.admits(client, 0)));
    assert_eq!(case.remaining(1, 0), 2, "pushed out by the last of them");
    assert_eq!(case.admitted(1, 9, 0), 1);
    case.store.refund(key, receipt);
    assert_eq!(case.remaining(1, 0), 0);
    // Back in the log that it had, which was another's in between.
    let case = Case::line("3 per minute", WhenFull::Strict);
    let receipt = case.store.reserve(key, &case.window, 1, 0, WhenFull::Strict).1.unwrap();
    assert!((100..115).all(|client| case.admitted(client, 2, 0) == 2));
    assert!(case.admits(200, 0) && case.admits(100, 0) && case.remaining(1, 0) == 3);
    for client in 101..115 {
        assert_eq!(case.admitted(client, 9, 0), 1);
    }
    assert_eq!(case.admitted(1, 9, 0), 1, "of the two of client 200");
    case.store.refund(key, receipt);
    assert_eq!(case.remaining(1, 0), 0);
}

#[test]
fn a_step_back_makes_nothing_older_not_even_by_a_rounding() {
    let case = Case::line("2 per hour", WhenFull::Strict);
    let (hour, tick) = (60 * MINUTE, 2_048);
    // On a tick, and right after it; then the clock is on a tick again.
    let (first, second, back) = (10_000_000 * tick, 10_000_000 * tick + 1, tick);
    assert!(case.admits(1, first) && case.admits(1, second));
    assert_eq!(case.remaining(1, back), 0);
    assert!(!case.admits(1, back + hour - 2), "a nanosecond less than an hour after the first");
    assert!(case.admits(1, back + hour));
}

#[test]
fn a_change_of_the_rule_keeps_what_was_admitted() {
    let store = seeded(10, 10);
    let key = store.key(&1_u64);
    let asks = |quota: &str, cost, seconds: u64| {
        told(store.charge(key, &window(quota), cost, seconds * SECOND, WhenFull::Strict))
    };
    for second in 0..10 {
        assert!(asks("10 per minute", 1, second).is_some_and(|told| told.0));
    }
    let rows = [
        ("a smaller limit", "5 per minute", 20, Some((false, 0, 45, 45))),
        ("is kept once enough of them are gone", "5 per minute", 65, Some((true, 0, 1, 0))),
        (
            "a longer period counts what was let go of",
            "10 per hour",
            65,
            Some((false, 0, 3536, 3536)),
        ),
        ("a shorter one lets go of more", "10 per second", 66, Some((true, 9, 1, 0))),
        ("and takes nothing from the longer one", "10 per hour", 70, Some((false, 0, 3532, 3532))),
        ("a limit that the store cannot remember", "20 per hour", 70, Some((false, 0, 3532, 3532))),
    ];
    for (name, quota, at, want) in rows {
        assert_eq!(asks(quota, 1, at), want, "{name}");
    }
    assert_eq!(asks("20 per hour", 11, 100), None, "no waiting helps");
}
