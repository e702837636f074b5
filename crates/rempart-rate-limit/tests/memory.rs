//! What the system says of the memory of each table, through ten million rotating keys: in a
//! process of its own, so that nobody else's is in it.
#![cfg(target_os = "linux")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that fails in these ways has failed, as it should; the figures are to be read"
)]

use std::collections::VecDeque;
use std::fs;
use std::sync::Arc;

use rempart_rate_limit::{
    Admission, BanRule, Bans, Gcra, InFlight, Quota, Store, StrictWindow, Verdict, WhenFull,
    WindowStore,
};

const KEYS: u64 = 10_000_000;
const CLIENTS: usize = 65_536;
const TEN: Quota = Quota::per_minute(10);
const SECOND: u64 = 1_000_000_000;
/// The ten million come within a minute.
const BETWEEN: u64 = 60 * SECOND / KEYS;
/// What the allocator and the test itself may take beside a table.
const SLACK: usize = 256 * 1024;

/// How many bytes of this process are in memory.
fn resident() -> usize {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Rss:")).unwrap();
    line.trim().strip_suffix("kB").unwrap().trim().parse::<usize>().unwrap() * 1024
}

/// Makes a table, lets a tenth of the keys fill it and the rest rotate through it. `ask` says
/// whether a key is served.
fn rotates<T>(
    name: &str,
    make: impl FnOnce() -> T,
    bytes: fn(&T) -> usize,
    mut ask: impl FnMut(&T, u64) -> bool,
) -> (T, u64) {
    let before = resident();
    let table = make();
    let (full, all) = (KEYS / 10, KEYS);
    let mut served: u64 = (0..full).map(|nth| u64::from(ask(&table, nth))).sum();
    let filled = resident();
    served += (full..all).map(|nth| u64::from(ask(&table, nth))).sum::<u64>();
    let after = resident();
    println!("{name}: {} bytes, {} resident, {served} served", bytes(&table), after - before);
    assert!(after <= filled + SLACK / 8, "{name}: {filled} bytes when full, {after} at the end");
    assert!(after - before <= bytes(&table) + SLACK, "{name}: {} bytes more", after - before);
    (table, served)
}

/// One test, so that no other runs beside it.
#[test]
#[ignore = "long: ten million keys, four times"]
fn ten_million_keys_take_no_more_memory_than_the_tables_say() {
    let keys = Store::with_capacity(1).unwrap().dangerously_seeded([7, 11]);

    let gcra = Gcra::new(TEN).unwrap();
    let make = || Store::with_capacity(CLIENTS).unwrap();
    let ask = |store: &Store, nth: u64| {
        let verdict = store.charge(store.key(&nth), &gcra, 1, nth * BETWEEN, WhenFull::Strict);
        matches!(verdict, Verdict::Allowed { .. })
    };
    let (store, served) = rotates("GCRA", make, Store::bytes, ask);
    // A burst of ten, and the ten that come back within the minute.
    assert!(served <= store.slots() as u64 * (10 + 10), "{served} in {} slots", store.slots());
    drop(store);

    let window = StrictWindow::new(TEN).unwrap();
    let make = || WindowStore::with_capacity(CLIENTS, TEN.limit()).unwrap();
    let ask = |store: &WindowStore, nth: u64| {
        let key = store.key(&nth);
        let admission = store.charge(key, &window, 1, nth * BETWEEN, WhenFull::Strict);
        matches!(admission, Admission::Allowed(_))
    };
    let (store, served) = rotates("strict windows", make, WindowStore::bytes, ask);
    assert!(served <= store.slots() as u64 * 10, "{served} in {} slots", store.slots());
    drop(store);

    let mut permits = VecDeque::with_capacity(CLIENTS);
    let make = || Arc::new(InFlight::with_capacity(CLIENTS).unwrap());
    let ask = |table: &Arc<InFlight>, nth: u64| {
        if permits.len() == CLIENTS {
            drop(permits.pop_front());
        }
        let permit = table.acquire(keys.key(&nth), 1, 1).ok();
        let is_served = permit.is_some();
        permits.push_back(permit);
        is_served
    };
    let (table, served) = rotates("in flight", make, |table| table.bytes(), ask);
    assert!(served > KEYS * 99 / 100, "{served}");
    permits.clear();
    assert_eq!(table.occupied(), 0);
    drop(table);

    let rule: BanRule = "after 1 denial in 1 minute for 5 minutes up to 1 day".parse().unwrap();
    let make = || Bans::with_capacity(CLIENTS).unwrap();
    let ask = |bans: &Bans, nth: u64| bans.denied(keys.key(&nth), &rule, nth * BETWEEN).is_some();
    let (bans, _) = rotates("bans", make, Bans::bytes, ask);
    assert!(bans.occupied(0) <= bans.rows());
}
