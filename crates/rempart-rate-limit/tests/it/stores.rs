use rempart_core::ClientAddr;
use rempart_rate_limit::{Gcra, Store, Verdict, WhenFull};

const SECOND: u64 = 1_000_000_000;

fn gcra(quota: &str) -> Gcra {
    Gcra::new(quota.parse().unwrap()).unwrap()
}

/// A store that does the same in each run.
fn seeded(clients: usize) -> Store {
    Store::with_capacity(clients).unwrap().dangerously_seeded([7, 11])
}

struct Case<'a> {
    store: &'a Store,
    gcra: Gcra,
    when_full: WhenFull,
}

impl Case<'_> {
    fn admits(&self, client: u64, now: u64) -> bool {
        let key = self.store.key(&client);
        let verdict = self.store.charge(key, &self.gcra, 1, now, self.when_full);
        matches!(verdict, Verdict::Allowed { .. })
    }
}

#[test]
fn takes_the_memory_that_it_says_and_no_more() {
    let store = Store::default();
    assert!(store.bytes() <= 3 * 512 * 1024 + 1024, "1.5 MiB, not {}", store.bytes());
    assert!(store.slots() >= Store::DEFAULT_CAPACITY);
    assert!(store.bytes() > 16 * store.slots(), "sixteen bytes each, and a lock for each line");
    assert_eq!((store.evicted(), store.inherited()), (0, 0));
    let (bytes, slots) = (store.bytes(), store.slots());
    let case = Case { store: &store, gcra: gcra("1 per hour"), when_full: WhenFull::Strict };
    for client in 0..500_000 {
        case.admits(client, 0);
    }
    assert_eq!((store.bytes(), store.slots()), (bytes, slots));
    assert_eq!(store.occupied(0), slots, "five times as many as there is room for");
    assert_eq!(store.occupied(3600 * SECOND), 0, "nothing is left of them once they owe nothing");
}

#[test]
fn keeps_apart_as_many_clients_as_it_was_made_for() {
    for capacity in [1, 1_000, 65_536] {
        let store = seeded(capacity);
        let case = Case { store: &store, gcra: gcra("1 per hour"), when_full: WhenFull::Strict };
        let refused = (0..capacity as u64).filter(|client| !case.admits(*client, 0)).count();
        assert!(refused * 50 <= capacity, "{refused} of {capacity} shared a line of 15 with 15");
        let half = seeded(capacity * 2);
        let case = Case { store: &half, ..case };
        let refused = (0..capacity as u64).filter(|client| !case.admits(*client, 0)).count();
        assert!(refused * 5_000 <= capacity, "{refused} of {capacity} in twice the room");
    }
}

/// The test of a flood: one client that is limited, and this many addresses that come once each.
fn flood(addresses: u64, clients: usize, when_full: WhenFull) {
    let store = seeded(clients);
    let case = Case { store: &store, gcra: gcra("10 per minute"), when_full };
    let victim = u64::MAX;
    assert_eq!((0..100).filter(|_| case.admits(victim, 0)).count(), 10);
    let mut admitted: u64 = 10;
    let mut again = 0;
    for address in 0..addresses {
        admitted += u64::from(case.admits(address, 0));
        if address % 64 == 0 {
            again += u64::from(case.admits(victim, 0));
        }
    }
    assert_eq!(again, 0, "a limited client stays limited");
    let slots = store.slots() as u64;
    let most = match when_full {
        WhenFull::Available => 2 * slots * 10,
        _ => slots * 10,
    };
    assert!(admitted <= most, "{admitted} admissions in {slots} slots");
    assert!(admitted >= most / 2, "{admitted} admissions in {slots} slots");
    if when_full == WhenFull::Strict {
        assert_eq!(store.evicted(), store.inherited());
    } else {
        assert!(store.evicted() > store.inherited());
    }
}

#[test]
fn keeps_a_limited_client_limited_while_addresses_rotate() {
    flood(300_000, 1_000, WhenFull::Strict);
    flood(600_000, 1_000, WhenFull::Available);
}

#[test]
#[ignore = "long: ten million addresses"]
fn keeps_a_limited_client_limited_through_ten_million_addresses() {
    flood(10_000_000, 65_536, WhenFull::Strict);
    flood(20_000_000, 65_536, WhenFull::Available);
}

#[test]
fn lets_a_newcomer_of_a_full_line_inherit_the_smallest_debt() {
    // One line of fifteen.
    let store = seeded(10);
    assert_eq!(store.slots(), 15);
    let case = Case { store: &store, gcra: gcra("10 per minute"), when_full: WhenFull::Strict };
    for client in 0..15 {
        for _ in 0..=client.min(9) {
            assert!(case.admits(client, 0));
        }
    }
    // Client 0 owes one request. The newcomer inherits it, and has nine left.
    assert_eq!((0..10).filter(|_| case.admits(100, 0)).count(), 9);
    assert_eq!((store.evicted(), store.inherited()), (1, 1));
    // Client 0 comes back and inherits the two of client 1, not a fresh start.
    assert_eq!((0..10).filter(|_| case.admits(0, 0)).count(), 8);
}

#[test]
fn gives_newcomers_of_a_full_line_a_bounded_fresh_start_when_available() {
    let (store, minute) = (seeded(10), 60 * SECOND);
    let case = Case { store: &store, gcra: gcra("10 per minute"), when_full: WhenFull::Available };
    let fill = |from: u64, now| {
        (0..15).map(|client| (0..10).filter(|_| case.admits(from + client, now)).count()).sum()
    };
    let first: usize = fill(0, 0);
    let second: usize = fill(100, 0);
    let third: usize = fill(200, 0);
    assert_eq!((first, second, third), (150, 150, 0), "as much again as the line, once");
    let next: usize = fill(300, minute);
    assert_eq!(next, 150, "a minute later all is as before");
    assert_eq!(fill(400, minute), 150_usize);
    assert_eq!(fill(500, minute), 0_usize);
}

#[test]
fn is_not_disturbed_by_what_it_denies() {
    let store = seeded(10);
    let case = Case { store: &store, gcra: gcra("1 per minute"), when_full: WhenFull::Strict };
    assert!((0..15).all(|client| case.admits(client, 0)));
    assert!((100..10_000).all(|client| !case.admits(client, 0)), "strangers are denied");
    assert_eq!(store.evicted(), 0, "and push nobody out");
    let (key, gcra) = (store.key(&3_u64), gcra("1 per minute"));
    assert_eq!(store.debt(key, &gcra, 30 * SECOND), 30 * SECOND);
    assert_eq!(store.debt(store.key(&100_u64), &gcra, 0), 0);
}

#[test]
fn forgives_a_clock_that_steps_back_and_forth_by_a_day() {
    let store = seeded(10);
    let case = Case { store: &store, gcra: gcra("10 per minute"), when_full: WhenFull::Strict };
    let (day, minute) = (86_400 * SECOND, 60 * SECOND);
    assert_eq!((0..20).filter(|_| case.admits(1, 3 * day)).count(), 10);
    assert_eq!((0..20).filter(|_| case.admits(1, 2 * day)).count(), 0);
    // The day that was taken back is not waited for.
    assert_eq!((0..20).filter(|_| case.admits(2, 2 * day)).count(), 10);
    assert_eq!((0..20).filter(|_| case.admits(2, 2 * day + minute)).count(), 10);
    assert_eq!((0..20).filter(|_| case.admits(2, 9 * day)).count(), 10);
}

#[test]
fn hashes_under_a_seed_of_its_own() {
    let (first, second) = (Store::default(), Store::default());
    let client = ClientAddr::new("203.0.113.9".parse().unwrap());
    assert_ne!(first.client(client), second.client(client));
    assert_eq!(seeded(10).client(client), seeded(999).client(client));
    assert_ne!(seeded(10).client(client), seeded(10).dangerously_seeded([7, 12]).client(client));
}

#[test]
fn tells_keys_of_different_kinds_apart() {
    let store = seeded(10);
    let address = |text: &str| store.client(ClientAddr::new(text.parse().unwrap()));
    let keys = [
        address("0.0.0.0"),
        address("::1"),
        address("0.0.0.1"),
        address("0:0:0:1::"),
        address("255.255.255.255"),
        store.unknown_client(),
        store.key(&0_u64),
        store.key(&[0_u8; 8]),
        store.key(""),
        store.key("0.0.0.0"),
        store.key(&("a", "bc")),
        store.key(&("ab", "c")),
    ];
    for (nth, key) in keys.iter().enumerate() {
        assert_eq!(keys.iter().position(|other| other == key), Some(nth));
    }
    assert_eq!(address("::ffff:1.2.3.4"), address("1.2.3.4"));
    assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:1"));
}
