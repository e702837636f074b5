//! Who is banned, since when and until when.

use std::thread;
use std::time::Duration;

use rempart_rate_limit::{BanRule, Bans, ConfigError, Store};

pub(crate) const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;

/// How many bans, and how many counts of denials, fit a line.
pub(crate) const ROWS: u64 = 16;
const SUSPECTS: u64 = 20;

fn rule(text: &str) -> BanRule {
    text.parse().unwrap()
}

/// A table of one line, and keys for it.
pub(crate) fn one_line() -> (Bans, Store) {
    (Bans::with_capacity(1).unwrap(), seeded())
}

/// Keys that are the same in each run.
fn seeded() -> Store {
    Store::with_capacity(1).unwrap().dangerously_seeded([7, 11])
}

fn seconds(duration: Option<Duration>) -> Option<u64> {
    duration.map(|duration| duration.as_secs())
}

/// What happens at a second, and what is seen of it.
#[derive(Clone, Copy, Debug)]
enum Row {
    /// A denial, and how long the ban is that it starts.
    Denied(Option<u64>),
    /// So many denials, none of which starts a ban.
    Denials(u32),
    /// A look, and what is left.
    Banned(Option<u64>),
    Ban(u64),
    Unban(bool),
    Reset,
}

/// Plays rows for one key.
fn play(rule: &BanRule, rows: &[(u64, Row)]) {
    let (bans, keys) = one_line();
    let (key, bystander) = (keys.key("one"), keys.key("bystander"));
    for (nth, (second, row)) in rows.iter().enumerate() {
        let now = second * SECOND;
        let named = format!("row {nth}: at {second} s, {row:?}");
        match *row {
            Row::Denied(want) => assert_eq!(seconds(bans.denied(key, rule, now)), want, "{named}"),
            Row::Denials(times) => {
                for _ in 0..times {
                    assert_eq!(bans.denied(key, rule, now), None, "{named}");
                }
            }
            Row::Banned(want) => assert_eq!(seconds(bans.banned(key, now)), want, "{named}"),
            Row::Ban(length) => {
                assert!(bans.ban(key, Duration::from_secs(length), now), "{named}");
            }
            Row::Unban(want) => assert_eq!(bans.unban(key, now), want, "{named}"),
            Row::Reset => bans.reset(key),
        }
        assert_eq!(bans.banned(bystander, now), None, "{named}");
    }
}

#[test]
fn start_with_the_last_of_so_many_denials_in_a_window() {
    use Row::{Banned, Denials, Denied};
    let rule = rule("after 3 denials in 10 s for 60 s");
    let rows: [&[(u64, Row)]; 6] = [
        &[(0, Denials(2)), (0, Banned(None)), (0, Denied(Some(60))), (0, Banned(Some(60)))],
        // The last moment of the window that the first one started, and the first after it.
        &[(5, Denials(2)), (14, Denied(Some(60)))],
        &[(5, Denials(2)), (15, Denials(2)), (15, Denied(Some(60)))],
        // Twice as many less one cannot be spread so that no window sees three.
        &[(0, Denials(1)), (9, Denials(1)), (10, Denials(2)), (18, Denied(Some(60)))],
        // Until it is over; while it lasts, nothing is counted and nothing prolonged.
        &[
            (0, Denials(2)),
            (1, Denied(Some(60))),
            (2, Denials(100)),
            (60, Denials(100)),
            (60, Banned(Some(1))),
            (61, Banned(None)),
            (61, Denials(2)),
            (62, Denied(Some(60))),
        ],
        // Slower than that is never banned.
        &[(0, Denials(1)), (10, Denials(1)), (20, Denials(2)), (30, Denials(2)), (40, Denials(2))],
    ];
    for rows in rows {
        play(&rule, rows);
    }
    let once = "after 1 denial in 1 s for 60 s".parse().unwrap();
    play(&once, &[(0, Denied(Some(60))), (60, Denied(Some(60)))]);
}

#[test]
fn double_up_to_the_cap_and_come_down_again() {
    use Row::{Banned, Denied};
    let rule = rule("after 1 denial in 1 s for 60 s up to 200 s");
    let grown: &[(u64, Row)] = &[
        (0, Denied(Some(60))),
        (60, Denied(Some(120))),
        (180, Denied(Some(200))),
        (380, Denied(Some(200))),
        (579, Banned(Some(1))),
        (580, Banned(None)),
    ];
    // When the next denial comes, and how long the next ban is then: one step back for each 200 s
    // after the end of the last one.
    let rows =
        [(580, 200), (779, 200), (780, 120), (979, 120), (980, 60), (1_180, 60), (99_999, 60)];
    for (second, length) in rows {
        let next = (second, Denied(Some(length)));
        play(&rule, &[grown, &[next]].concat());
    }
    // A step back is a step: after it the next is doubled again.
    play(&rule, &[grown, &[(780, Denied(Some(120))), (900, Denied(Some(200)))]].concat());
    // Without a cap of its own, nothing doubles.
    let constant = "after 1 denial in 1 s for 60 s".parse().unwrap();
    play(&constant, &[(0, Denied(Some(60))), (60, Denied(Some(60))), (120, Denied(Some(60)))]);
    // The longest that can be said is not passed either.
    let long = BanRule::after(1).within(Duration::from_secs(1)).ban_for(Duration::from_secs(1));
    let long = long.up_to(Duration::from_nanos(1 << 62)).build().unwrap();
    let (bans, keys) = one_line();
    let (mut now, mut lengths) = (0_u64, Vec::new());
    for _ in 0..40 {
        let length = bans.denied(keys.key("one"), &long, now).unwrap();
        lengths.push(length.as_nanos());
        now = now.saturating_add(length.as_nanos().try_into().unwrap());
        if now > u64::MAX / 2 {
            break;
        }
    }
    assert_eq!(lengths[..3], [1, 2, 4].map(|n| n * u128::from(SECOND)));
    assert_eq!(lengths.last(), Some(&(1 << 62)), "{lengths:?}");
}

#[test]
fn are_given_and_taken_by_hand() {
    use Row::{Ban, Banned, Denials, Denied, Reset, Unban};
    let rule = rule("after 2 denials in 10 s for 60 s up to 240 s");
    let rows: [&[(u64, Row)]; 8] = [
        &[(0, Ban(30)), (0, Banned(Some(30))), (29, Banned(Some(1))), (30, Banned(None))],
        // A longer one stays, a shorter one is prolonged.
        &[(0, Ban(30)), (0, Ban(10)), (0, Banned(Some(30))), (0, Ban(40)), (0, Banned(Some(40)))],
        // One by hand doubles nothing.
        &[(0, Ban(30)), (30, Denials(1)), (30, Denied(Some(60)))],
        // A denied client that is let go starts from no denials, and its next ban is longer.
        &[
            (0, Denials(1)),
            (0, Denied(Some(60))),
            (5, Unban(true)),
            (5, Banned(None)),
            (5, Denials(1)),
            (5, Denied(Some(120))),
        ],
        &[(0, Denials(1)), (0, Unban(false)), (0, Denials(1)), (0, Denied(Some(60)))],
        &[(0, Ban(30)), (1, Unban(true)), (1, Unban(false)), (1, Banned(None))],
        // One that is forgotten comes for the first time.
        &[
            (0, Denials(1)),
            (0, Denied(Some(60))),
            (5, Reset),
            (5, Banned(None)),
            (5, Denials(1)),
            (5, Denied(Some(60))),
        ],
        &[(0, Denials(1)), (0, Reset), (0, Denials(1)), (0, Denied(Some(60)))],
    ];
    for rows in rows {
        play(&rule, rows);
    }
    let (bans, keys) = one_line();
    assert!(bans.ban(keys.key("one"), Duration::MAX, 7));
    assert_eq!(bans.banned(keys.key("one"), 7), Some(Duration::from_nanos(1 << 62)));
    // From its first moment until the one before its last, and nobody else.
    let (bans, _) = one_line();
    assert_eq!(bans.occupied(0), 0);
    assert!(bans.ban(keys.key("one"), Duration::from_nanos(10), 7));
    assert_eq!([7, 16, 17].map(|now| bans.occupied(now)), [1, 1, 0]);
    assert_eq!([16, 17].map(|now| bans.banned(keys.key("one"), now).is_some()), [true, false]);
}

#[test]
fn survive_a_clock_that_steps_by_a_day_and_are_no_longer_than_they_were() {
    use Row::{Banned, Denials, Denied};
    let rule = rule("after 2 denials in 10 s for 60 s");
    let (day, then) = (86_400, 3 * 86_400);
    let rows: [&[(u64, Row)]; 4] = [
        // A day back: what is left is a whole ban at the most, from the first look on.
        &[
            (then, Denials(1)),
            (then, Denied(Some(60))),
            (then - day, Banned(Some(60))),
            (then - day + 59, Banned(Some(1))),
            (then - day + 60, Banned(None)),
            (then - day + 60, Denials(1)),
        ],
        // Less than what had passed: nothing changes.
        &[
            (then, Denials(1)),
            (then, Denied(Some(60))),
            (then + 50, Banned(Some(10))),
            (then + 20, Banned(Some(40))),
        ],
        // A day forward ends it.
        &[(then, Denials(1)), (then, Denied(Some(60))), (then + day, Banned(None))],
        // Denials of a time that is yet to come count no more.
        &[(then, Denials(1)), (then - day, Denials(1)), (then - day, Denied(Some(60)))],
    ];
    for rows in rows {
        play(&rule, rows);
    }
}

/// Bans the keys `0..ROWS`, the n-th for `10 + n` minutes.
fn filled(bans: &Bans, keys: &Store) {
    for n in 0..ROWS {
        assert!(bans.ban(keys.key(&n), Duration::from_nanos((10 + n) * MINUTE), 0));
    }
    assert_eq!((bans.occupied(0), bans.evicted(), bans.kept_out()), (16, 0, 0));
}

#[test]
fn of_a_full_line_the_one_with_the_least_left_gives_way() {
    let (bans, keys) = one_line();
    filled(&bans, &keys);
    let newcomer = keys.key("newcomer");
    // Longer than the shortest: that one is the first to go.
    assert!(bans.ban(newcomer, Duration::from_nanos(10 * MINUTE + 1), 0));
    assert_eq!(bans.banned(keys.key(&0_u64), 0), None);
    assert!((1..ROWS).all(|n| bans.banned(keys.key(&n), 0).is_some()));
    assert_eq!((bans.evicted(), bans.kept_out()), (1, 0));
    // As long as the shortest, or shorter: it is the newcomer that gives way.
    let late = keys.key("late");
    assert!(!bans.ban(late, Duration::from_nanos(10 * MINUTE + 1), 0));
    assert!(!bans.ban(late, Duration::from_nanos(MINUTE), 0));
    let rule = rule("after 2 denials in 1 min for 5 min");
    assert_eq!([0, 1].map(|now| bans.denied(late, &rule, now)), [None, None]);
    assert_eq!(bans.banned(late, 1), None);
    assert_eq!((bans.evicted(), bans.kept_out()), (1, 3));
    // Its denials count anew, and once somebody's ban is shorter, it is banned.
    let later = 6 * MINUTE;
    assert_eq!(bans.denied(late, &rule, later), None);
    assert_eq!(seconds(bans.denied(late, &rule, later)), Some(300));
    assert_eq!(bans.banned(newcomer, later), None, "the shortest");
    assert_eq!((bans.evicted(), bans.occupied(later)), (2, 16));
}

#[test]
fn that_are_over_give_way_before_any_that_is_not() {
    let (bans, keys) = one_line();
    let rule = rule("after 1 denial in 1 s for 5 min up to 20 min");
    let escalated = keys.key("escalated");
    assert!(bans.denied(escalated, &rule, 0).is_some());
    filled_but_one(&bans, &keys);
    // It is over, and remembered while nobody needs the row.
    let over = 5 * MINUTE;
    assert_eq!(bans.banned(escalated, over), None);
    assert!(bans.ban(keys.key("newcomer"), Duration::from_secs(1), over));
    assert_eq!((bans.evicted(), bans.occupied(over)), (0, 16));
    // The memory went with the row.
    let after = over + 2 * SECOND;
    assert_eq!(seconds(bans.denied(escalated, &rule, after)), Some(300));
}

fn filled_but_one(bans: &Bans, keys: &Store) {
    for n in 1..ROWS {
        assert!(bans.ban(keys.key(&n), Duration::from_nanos((10 + n) * MINUTE), 0));
    }
}

#[test]
fn a_limited_attacker_is_not_freed_by_bans_as_long_as_its_own() {
    let bans = Bans::with_capacity(1_000).unwrap();
    let keys = seeded();
    let rule = rule("after 1 denial in 1 s for 1 h up to 4 h");
    let attacker = keys.key("attacker");
    for (now, length) in [(0, 1), (3_600, 2), (10_800, 4)] {
        let ban = seconds(bans.denied(attacker, &rule, now * SECOND));
        assert_eq!(ban, Some(length * 3_600));
    }
    let start = 10_800 * SECOND;
    // A hundred times as many fresh bans as there are rows, each shorter than what is left of the
    // attacker's, in three hours.
    let strangers = 100 * bans.rows() as u64;
    for n in 0..strangers {
        let now = start + n * (3 * 3_600 * SECOND / strangers);
        bans.denied(keys.key(&n), &rule, now);
        if n % 1_000 == 0 {
            assert!(bans.banned(attacker, now).is_some(), "free after {n} bans");
        }
    }
    assert!(bans.evicted() > 0);
    assert!(bans.banned(attacker, start + 3 * 3_600 * SECOND - 1).is_some());
}

#[test]
fn a_table_made_for_so_many_loses_one_in_a_hundred() {
    for (bans, lost) in [(Bans::DEFAULT_CAPACITY, 82), (Bans::DEFAULT_CAPACITY / 2, 1)] {
        let (table, keys) = (Bans::default(), seeded());
        for n in 0..bans {
            table.ban(keys.key(&n), Duration::from_secs(60), n as u64);
        }
        let evicted = table.evicted() + table.kept_out();
        assert!(evicted <= lost, "{evicted} of {bans}");
        assert_eq!(table.occupied(bans as u64) as u64 + evicted, bans as u64);
    }
}

#[test]
fn takes_the_memory_that_it_says() {
    let table = Bans::default();
    assert!(((1 << 20)..=(1 << 20) + 1_024).contains(&table.bytes()), "{} bytes", table.bytes());
    assert_eq!(format!("{table:?}"), "Bans { rows: 16384, evicted: 0, kept_out: 0, .. }");
    assert_eq!(table.rows(), 2 * Bans::DEFAULT_CAPACITY);
    for bans in [0, Bans::MAX_CAPACITY + 1, usize::MAX] {
        let faults = Bans::with_capacity(bans).unwrap_err();
        let too_many = |clients| ConfigError::Capacity { clients, most: Bans::MAX_CAPACITY };
        assert_eq!(faults.into_iter().next(), Some(too_many(bans)));
    }
}

#[test]
fn counts_of_those_who_come_once_push_out_one_another_and_nobody_else() {
    let (bans, keys) = one_line();
    let rule = rule("after 3 denials in 1 min for 5 min");
    let often = keys.key("often");
    assert_eq!([0, 0].map(|now| bans.denied(often, &rule, now)), [None, None]);
    for n in 0..100_000_u64 {
        assert_eq!(bans.denied(keys.key(&n), &rule, n), None, "once each");
    }
    assert_eq!(seconds(bans.denied(often, &rule, 100_000)), Some(300));
    // None of the many inherited a count: it takes three denials of one of them.
    let (bans, keys) = one_line();
    for n in 0..SUSPECTS {
        assert_eq!([0, 0].map(|now| bans.denied(keys.key(&n), &rule, now)), [None, None]);
    }
    let stranger = keys.key("stranger");
    assert_eq!([0, 0].map(|now| bans.denied(stranger, &rule, now)), [None, None]);
    assert_eq!(seconds(bans.denied(stranger, &rule, 0)), Some(300));
}

#[test]
#[ignore = "long: ten million keys"]
fn a_ban_holds_through_ten_million_rotating_keys() {
    let (bans, keys) = (Bans::default(), seeded());
    let rule = rule("after 3 denials in 1 min for 5 min up to 1 day");
    let banned = keys.key("banned");
    for _ in 0..3 {
        bans.denied(banned, &rule, 0);
    }
    let bytes = bans.bytes();
    for n in 0..10_000_000_u64 {
        assert_eq!(bans.denied(keys.key(&n), &rule, n), None);
    }
    assert!(bans.banned(banned, 10_000_000).is_some());
    assert_eq!((bans.bytes(), bans.occupied(10_000_000), bans.evicted()), (bytes, 1, 0));
}

#[test]
fn one_ban_starts_however_many_threads_are_denied_at_once() {
    let (bans, keys) = one_line();
    let rule = rule("after 1000 denials in 1 min for 5 min up to 1 day");
    let key = keys.key("one");
    let started: usize = thread::scope(|scope| {
        let denied = || (0..500).filter(|_| bans.denied(key, &rule, 7).is_some()).count();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(denied)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(started, 1);
    assert_eq!(seconds(bans.banned(key, 7)), Some(300));
}
