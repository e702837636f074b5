use std::collections::HashMap;
use std::collections::VecDeque;
use std::collections::hash_map::DefaultHasher;
use std::hash::BuildHasherDefault;
use std::hint::black_box;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use governor::RateLimiter;
use governor::clock::DefaultClock;
use governor::state::keyed::DashMapStateStore;
use rempart_core::ClientAddr;
use rempart_rate_limit::{Bans, Gcra, InFlight, Quota, Store, StrictWindow, WhenFull, WindowStore};

use crate::drive::address;

/// Something with a million keys.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) ours: bool,
    pub(super) operations: usize,
    /// Sets it up; what it gives does the nth operation.
    pub(super) make: fn() -> Box<dyn FnMut(u32)>,
}

pub(super) const ALL: [Table; 8] = [
    Table {
        name: "nothing",
        ours: false,
        operations: TWICE,
        make: || {
            Box::new(|nth| {
                black_box(nth);
            })
        },
    },
    Table { name: "rempart: GCRA", ours: true, operations: TWICE, make: gcra },
    Table { name: "rempart: strict windows", ours: true, operations: TWICE, make: windows },
    Table { name: "rempart: in flight", ours: true, operations: TWICE, make: in_flight },
    Table { name: "rempart: bans", ours: true, operations: TWICE, make: bans },
    Table { name: "std HashMap, insert", ours: false, operations: TWICE, make: map },
    Table { name: "governor 0.10, check", ours: false, operations: TWICE, make: governor },
    Table {
        name: "governor 0.10, retain_recent",
        ours: false,
        operations: 1,
        make: governor_sweep,
    },
];

const KEYS: usize = 1_000_000;
const TWICE: usize = 2 * KEYS;

/// Ten a minute; a million addresses that are not forgotten meanwhile.
const TEN: Quota = Quota::per_minute(10);
const SEED: [u64; 2] = [7, 11];

fn client(nth: u32) -> ClientAddr {
    ClientAddr::new(address(nth))
}

fn gcra() -> Box<dyn FnMut(u32)> {
    let store = Store::with_capacity(KEYS).expect("a table").dangerously_seeded(SEED);
    let gcra = Gcra::new(TEN).expect("a quota");
    Box::new(move |nth| {
        let key = store.client(client(nth));
        let _ = black_box(store.charge(key, &gcra, 1, nth.into(), WhenFull::Strict));
    })
}

fn windows() -> Box<dyn FnMut(u32)> {
    let store = WindowStore::with_capacity(KEYS, TEN.limit()).expect("a table");
    let store = store.dangerously_seeded(SEED);
    let window = StrictWindow::new(TEN).expect("a window");
    Box::new(move |nth| {
        let key = store.client(client(nth));
        let _ = black_box(store.charge(key, &window, 1, nth.into(), WhenFull::Strict));
    })
}

/// As many requests in flight as there is room for; then one ends for each that begins.
fn in_flight() -> Box<dyn FnMut(u32)> {
    let table = Arc::new(InFlight::with_capacity(KEYS).expect("a table"));
    let keys = keys();
    let mut permits = VecDeque::with_capacity(KEYS);
    Box::new(move |nth| {
        if permits.len() == KEYS {
            drop(permits.pop_front());
        }
        permits.push_back(table.acquire(keys.client(client(nth)), 10, 1).ok());
    })
}

/// Each is banned by its first denial, until others are banned for longer.
fn bans() -> Box<dyn FnMut(u32)> {
    let table = Bans::with_capacity(KEYS).expect("a table");
    let rule = "after 1 denial in 1 minute for 5 minutes up to 1 day".parse().expect("a rule");
    let keys = keys();
    Box::new(move |nth| {
        black_box(table.denied(keys.client(client(nth)), &rule, nth.into()));
    })
}

/// Makes keys that are the same in each run.
fn keys() -> Store {
    Store::with_capacity(1).expect("a table").dangerously_seeded(SEED)
}

/// Hashes as the standard library does, under the same key in each run.
type Hasher = BuildHasherDefault<DefaultHasher>;

fn map() -> Box<dyn FnMut(u32)> {
    let mut map: HashMap<IpAddr, u64, Hasher> = HashMap::default();
    Box::new(move |nth| {
        black_box(map.insert(address(nth), nth.into()));
    })
}

type Governor = RateLimiter<IpAddr, DashMapStateStore<IpAddr, Hasher>, DefaultClock>;

fn limiter() -> Governor {
    let ten = NonZeroU32::new(TEN.limit()).expect("above nothing");
    let store = DashMapStateStore::with_hasher(Hasher::default());
    RateLimiter::new(governor::Quota::per_minute(ten), store, DefaultClock::default())
}

fn governor() -> Box<dyn FnMut(u32)> {
    let limiter = limiter();
    Box::new(move |nth| {
        let _ = black_box(limiter.check_key(&address(nth)));
    })
}

/// What its documentation has a program do now and then, since it forgets nobody itself.
fn governor_sweep() -> Box<dyn FnMut(u32)> {
    let limiter = limiter();
    (0..).take(KEYS).for_each(|nth| drop(limiter.check_key(&address(nth))));
    Box::new(move |_| limiter.retain_recent())
}
