//! What a table of strict windows does when clients crowd it.

use rempart_rate_limit::{Admission, ConfigError, RateError, Store, WhenFull, WindowStore};

use crate::windows::{Case, MINUTE, SECOND};

#[test]
fn every_fault_of_a_table_is_reported_at_once() {
    let faults = |clients, limit| {
        let table = WindowStore::with_capacity(clients, limit);
        table.map_or_else(|faults| faults.into_iter().collect::<Vec<_>>(), |_| Vec::new())
    };
    let capacity = |clients| ConfigError::Capacity { clients, most: Store::MAX_CAPACITY };
    let (none, many) = (capacity(0), capacity(Store::MAX_CAPACITY + 1));
    let (zero, great) = (RateError::ZeroLimit, RateError::NoWindow);
    assert_eq!(faults(0, 0), [none.clone(), ConfigError::Rate(zero)]);
    assert_eq!(faults(0, 129), [none, ConfigError::Rate(great)]);
    assert_eq!(faults(Store::MAX_CAPACITY + 1, 1), [many]);
    let clients = 1 << 22;
    assert_eq!(faults(clients, 128), [ConfigError::Logs { clients, limit: 128 }]);
    assert_eq!(
        ConfigError::Logs { clients, limit: 128 }.to_string(),
        "capacity: 4194304 clients of 128 admissions each take more than the 1610612736 bytes that \
         a table may have",
    );
    assert_eq!(faults(1, 128), []);
}

#[test]
fn takes_the_memory_that_it_says_and_no_more() {
    for (limit, each) in [(1, 110), (10, 170), (128, 880)] {
        let store = WindowStore::with_capacity(65_536, limit).unwrap();
        assert!(store.slots() >= 65_536);
        assert!(store.bytes() / 65_536 <= each, "{limit}: {} a client", store.bytes() / 65_536);
    }
    let case = Case::of(1_000, "2 per hour", WhenFull::Strict);
    let (bytes, slots) = (case.store.bytes(), case.store.slots());
    for client in 0..20_000 {
        case.admits(client, 0);
    }
    assert_eq!((case.store.bytes(), case.store.slots()), (bytes, slots));
    assert_eq!(case.store.occupied(&case.window, 0), slots);
    assert_eq!(case.store.occupied(&case.window, 60 * MINUTE - 1), slots);
    assert_eq!(case.store.occupied(&case.window, 60 * MINUTE), 0);
}

#[test]
fn keeps_apart_as_many_clients_as_it_was_made_for() {
    for capacity in [1, 1_000, 65_536] {
        let case = Case::of(capacity, "1 per hour", WhenFull::Strict);
        let refused = (0..capacity as u64).filter(|client| !case.admits(*client, 0)).count();
        assert!(refused * 50 <= capacity, "{refused} of {capacity} shared a line of 16 with 16");
    }
}

#[test]
fn a_newcomer_takes_the_slot_of_whom_the_fewest_admissions_count() {
    // Fifteen that are limited at 30 s, and one more: who of them is pushed out at 50 s?
    let rows = [
        // (seconds, times) of the last two of the line, and which of them is pushed out
        ([(0, 1), (1, 2)], 0),
        ([(1, 2), (0, 1)], 1),
        ([(0, 2), (1, 1)], 1),
        // Of several the one whose last admission is the oldest.
        ([(1, 1), (0, 1)], 1),
        ([(0, 1), (1, 1)], 0),
        ([(0, 9), (40, 1)], 1),
    ];
    for (row, (last, loser)) in rows.into_iter().enumerate() {
        let case = Case::line("10 per minute", WhenFull::Strict);
        assert!((0..14).all(|client| case.admitted(client, 10, 30 * SECOND) == 10));
        for (client, (at, times)) in (20..).zip(last) {
            assert_eq!(case.admitted(client, times, at * SECOND), times);
        }
        let times = last[loser].1;
        // It takes over what counts of it.
        assert_eq!(case.admitted(100, 10, 50 * SECOND), 10 - times, "row {row}");
        let gone = 20 + loser as u64;
        assert_eq!(case.remaining(gone, 50 * SECOND), 10, "row {row}: not known any more");
        for client in (0..14).chain([41 - gone]) {
            assert!(case.remaining(client, 50 * SECOND) < 10, "row {row}: {client} is still there");
        }
        assert_eq!((case.store.evicted(), case.store.inherited()), (1, 1));
    }
}

#[test]
fn what_counts_no_more_is_no_reason_to_stay() {
    let case = Case::line("10 per minute", WhenFull::Strict);
    // Nine at once, a minute ago; one a second ago from each of the others.
    assert_eq!(case.admitted(0, 9, 0), 9);
    assert!((1..16).all(|client| case.admits(client, 59 * SECOND)));
    assert_eq!(case.admitted(100, 10, MINUTE), 10, "of nobody in particular");
    assert_eq!((case.store.evicted(), case.store.inherited()), (0, 0));
    assert!((1..16).all(|client| case.remaining(client, MINUTE) == 9));
}

#[test]
fn who_was_pushed_out_is_not_counted_too_low_when_there_is_room_again() {
    let case = Case::line("10 per minute", WhenFull::Strict);
    // All of the line come at 0 s and twice, but for one that comes at 50 s and once.
    assert!((0..15).all(|client| case.admitted(client, 2, 0) == 2));
    assert!(case.admits(15, 50 * SECOND));
    assert!(case.admits(100, 51 * SECOND), "which is pushed out");
    // At 61 s there is room for everybody, and the one of 50 s still counts.
    let Admission::Denied { standing, wait } = case.asks(15, 10, 61 * SECOND) else {
        panic!("there is room for nine")
    };
    assert_eq!((standing.remaining(), wait.as_secs()), (9, 49));
    assert_eq!(case.admitted(15, 10, 61 * SECOND), 9);
    assert_eq!(case.admitted(15, 10, 110 * SECOND), 1);
}

#[test]
fn who_was_pushed_out_is_not_counted_too_low_in_a_longer_log_either() {
    let case = Case::line("10 per minute", WhenFull::Strict);
    assert!((0..15).all(|client| case.admitted(client, 3, 0) == 3));
    assert!(case.admits(15, 40 * SECOND) && case.admits(15, 50 * SECOND));
    assert!(case.admits(100, 51 * SECOND), "which pushes it out");
    let longer = Case::taking(&case.store, "20 per minute");
    assert_eq!((longer.store.evicted(), longer.store.inherited()), (1, 1), "as before");
    assert_eq!(longer.remaining(15, 61 * SECOND), 20, "not known any more");
    assert_eq!(
        longer.admitted(15, 20, 105 * SECOND),
        19,
        "that of 50 s counts, that of 40 s does not"
    );
}

#[test]
fn who_was_pushed_out_in_a_future_that_was_taken_back_is_forgotten_in_a_window() {
    const DAY: u64 = 1_440 * MINUTE;
    let case = Case::line("2 per minute", WhenFull::Strict);
    assert!((0..16).all(|client| case.admits(client, DAY)));
    assert!(case.admits(100, DAY), "somebody is pushed out");
    // A day back, somebody asks, and a minute later nothing of that day counts for a newcomer.
    assert_eq!(case.admitted(101, 9, 0), 1);
    assert_eq!(case.admitted(102, 9, MINUTE + SECOND), 2);
}

#[test]
fn who_was_pushed_out_under_a_longer_period_is_as_old_as_it_was() {
    let mut minute = Case::line("3 per minute", WhenFull::Strict);
    assert!(minute.admits(0, 0));
    // By the day meanwhile, of which a log counts in longer ticks.
    let day = Case::line("3 per day", WhenFull::Strict).window;
    let by_the_minute = std::mem::replace(&mut minute.window, day);
    assert!(minute.admits(0, 50 * SECOND));
    minute.window = by_the_minute;
    assert!((1..16).all(|client| minute.admitted(client, 3, 104 * SECOND) == 3));
    // A newcomer inherits what came 55 seconds ago, and not what is older than a minute.
    assert_eq!(minute.admitted(100, 9, 105 * SECOND), 2);
    assert_eq!(minute.store.evicted(), 1);
}

#[test]
fn what_a_strict_line_remembers_forgives_nothing_once_it_is_available() {
    let mut case = Case::line("2 per minute", WhenFull::Strict);
    assert!((0..16).all(|client| case.admits(client, 0)));
    assert_eq!(case.admitted(100, 2, 0), 1, "it inherits one, and the line remembers one");
    case.when_full = WhenFull::Available;
    // One of two is left of what the line may forgive: sixteen admissions, of which fifteen
    // newcomers take one each. The next would take two.
    let admitted = (200..300).map(|client| case.admitted(client, 2, 0));
    assert_eq!(admitted.sum::<usize>(), 30);
}

#[test]
fn what_was_forgiven_is_not_given_back() {
    let case = Case::line("1 per minute", WhenFull::Available);
    let reserve = |client: u64| {
        let key = case.store.key(&client);
        case.store.reserve(key, &case.window, 1, 0, case.when_full).1
    };
    let before = reserve(0).unwrap();
    assert!((1..16).all(|client| case.admits(client, 0)));
    // A newcomer has a fresh start in its place, and so has it itself when it comes back.
    assert!(case.admits(100, 0) && case.admits(0, 0));
    case.store.refund(case.store.key(&0_u64), before);
    assert!(!case.admits(0, 0), "that was another charge");
}

/// The test of a flood: one client that is limited, and this many addresses that come once each.
fn flood(addresses: u64, clients: usize, when_full: WhenFull) {
    let case = Case::of(clients, "10 per minute", when_full);
    let (victim, bytes) = (u64::MAX, case.store.bytes());
    assert_eq!(case.admitted(victim, 100, 0), 10);
    let (mut admitted, mut again) = (10_u64, 0_u64);
    for address in 0..addresses {
        admitted += u64::from(case.admits(address, 0));
        if address % 64 == 0 {
            again += u64::from(case.admits(victim, 0));
        }
    }
    assert_eq!(again, 0, "a limited client stays limited");
    assert_eq!(case.store.bytes(), bytes);
    let slots = case.store.slots() as u64;
    let most = if when_full == WhenFull::Strict { slots * 10 } else { 2 * slots * 10 };
    assert!(admitted <= most, "{admitted} admissions in {slots} slots");
    assert!(admitted >= most / 2, "{admitted} admissions in {slots} slots");
    let (evicted, inherited) = (case.store.evicted(), case.store.inherited());
    if when_full == WhenFull::Strict {
        assert_eq!(evicted, inherited);
    } else {
        assert!(evicted > inherited);
    }
}

#[test]
fn keeps_a_limited_client_limited_while_addresses_rotate() {
    flood(100_000, 500, WhenFull::Strict);
    flood(200_000, 500, WhenFull::Available);
}

#[test]
#[ignore = "long: ten million addresses"]
fn keeps_a_limited_client_limited_through_ten_million_addresses() {
    flood(10_000_000, 65_536, WhenFull::Strict);
    flood(20_000_000, 65_536, WhenFull::Available);
}

#[test]
fn gives_newcomers_of_a_full_line_a_bounded_fresh_start_when_available() {
    let case = Case::line("10 per minute", WhenFull::Available);
    let fill = |from: u64, now| -> usize {
        (0..16).map(|client| case.admitted(from + client, 10, now)).sum()
    };
    assert_eq!((fill(0, 0), fill(100, 0), fill(200, 0)), (160, 160, 0), "as much again, once");
    assert_eq!(case.store.evicted(), 16);
    assert_eq!(fill(300, MINUTE), 160, "a minute later all is as before");
    assert_eq!((fill(400, MINUTE), fill(500, MINUTE)), (160, 0));
    // Sixteen that come once are forgiven for the price of one admission.
    let case = Case::line("10 per minute", WhenFull::Available);
    assert!((0..16).all(|client| case.admits(client, 0)));
    assert!((100..260).all(|client| case.admits(client, 0) && case.remaining(client, 0) == 9));
    assert!(case.admits(1_000, 0) && case.remaining(1_000, 0) == 8);
    assert_eq!((case.store.evicted(), case.store.inherited()), (161, 1));
}

#[test]
fn is_not_disturbed_by_what_it_denies_or_is_only_asked() {
    let case = Case::line("1 per minute", WhenFull::Strict);
    assert!((0..16).all(|client| case.admits(client, 0)));
    assert!((100..10_000).all(|client| !case.admits(client, 0)), "strangers are denied");
    for client in 0..10_000 {
        let _ = case.asks(client, 0, MINUTE);
        let _ = case.asks(client, 2, MINUTE);
    }
    assert_eq!(case.store.evicted(), 0, "and push nobody out");
    assert!((0..16).all(|client| case.remaining(client, MINUTE - 1) == 0));
}

#[test]
fn a_table_for_a_larger_limit_takes_over_what_was_admitted() {
    let case = Case::line("3 per minute", WhenFull::Strict);
    for (client, at) in [(1, 0), (1, 10), (1, 20), (2, 0), (2, 20)] {
        assert!(case.admits(client, at * SECOND));
    }
    // One that was pushed out, and is remembered by the line.
    let (seconds, bytes) = ([20, 59, 60, 70], case.store.bytes());
    let grown = Case::taking(&case.store, "5 per minute");
    assert!(grown.store.bytes() > bytes);
    let remaining = |client| seconds.map(|at| grown.remaining(client, at * SECOND));
    assert_eq!((remaining(1), remaining(2)), ([2, 2, 3, 4], [3, 3, 4, 4]));
    assert_eq!(grown.admitted(1, 9, 20 * SECOND), 2);
    assert_eq!(grown.admitted(1, 9, 60 * SECOND), 1);
    // Four came, three are remembered under two: whoever it was may have come as late as the first.
    assert!(case.admits(1, 65 * SECOND));
    let longer = Case::taking(&Case::taking(&case.store, "2 per minute").store, "9 per hour");
    assert_eq!(longer.admitted(1, 9, 70 * SECOND), 0);
    assert_eq!(longer.admitted(1, 9, 3_611 * SECOND), 7);
    assert_eq!(longer.admitted(2, 9, 70 * SECOND), 7);
    let errors = case.store.remembering(129).unwrap_err();
    assert_eq!(errors.into_iter().collect::<Vec<_>>(), [ConfigError::Rate(RateError::NoWindow)]);
}

#[test]
fn threads_that_come_at_once_are_admitted_no_more_than_one_that_comes_alone() {
    let case = Case::of(1_000, "10 per minute", WhenFull::Strict);
    let admitted: usize = std::thread::scope(|scope| {
        let ask = || (0..200).map(|client| case.admitted(client, 8, 0)).sum::<usize>();
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(admitted, 2_000);
    assert!((0..200).all(|client| case.remaining(client, 0) == 0));
}
