//! How many requests of a key are served at once.

use std::collections::HashMap;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;

use bytes::Bytes;
use http_body::{Body, Frame};
use proptest::collection::vec;
use proptest::prelude::*;
use rempart_rate_limit::{Busy, ConfigError, InFlight, Key, Permit, Store};

/// A table of one line, and keys for it.
fn one_line() -> (Arc<InFlight>, Store) {
    (Arc::new(InFlight::with_capacity(1).unwrap()), seeded())
}

/// Keys that are the same in each run.
fn seeded() -> Store {
    Store::with_capacity(1).unwrap().dangerously_seeded([7, 11])
}

/// How many keys fit a line.
const ROWS: u64 = 20;

#[test]
fn are_counted_in_and_out() {
    let (table, keys) = one_line();
    assert_eq!((table.slots(), table.occupied()), (20, 0));
    let (key, other) = (keys.key("one"), keys.key("other"));
    let mut permits = Vec::new();
    let limited = |in_flight| Busy::Limited { in_flight };
    // How many there may be, what the request costs, what comes of it, how many are in flight then.
    #[rustfmt::skip]
    let rows = [
        (3, 1, Ok(()),                   1),
        (3, 2, Ok(()),                   3),
        (3, 1, Err(limited(3)),          3),
        (3, 0, Ok(()),                   3),
        (3, 3, Err(limited(3)),          3),
        (3, 4, Err(Busy::NeverPossible), 3),
        (4, 1, Ok(()),                   4),
        (u32::MAX, u32::MAX, Err(limited(4)), 4),
        // A limit that was lowered while they were in flight.
        (2, 1, Err(limited(4)),          4),
        (2, 0, Err(limited(4)),          4),
        (0, 1, Err(Busy::NeverPossible), 4),
        (u32::MAX, u32::MAX - 4, Ok(()), u32::MAX),
        (u32::MAX, 1, Err(limited(u32::MAX)), u32::MAX),
    ];
    for (nth, (most, cost, want, in_flight)) in rows.into_iter().enumerate() {
        let permit = table.acquire(key, most, cost);
        assert_eq!(permit.as_ref().map(|_| ()), want.as_ref().copied(), "row {nth}");
        permits.extend(permit);
        assert_eq!(table.of(key), in_flight, "row {nth}");
        assert_eq!(table.of(other), 0, "of another nothing is counted");
    }
    // Whatever the order in which they end.
    let (first, rest) = (permits.remove(0), permits);
    drop(rest);
    assert_eq!((table.of(key), table.occupied()), (1, 1));
    drop(first);
    assert_eq!((table.of(key), table.occupied()), (0, 0));
}

#[test]
fn a_peek_is_answered_and_not_counted() {
    let (table, keys) = one_line();
    drop(table.acquire(keys.key("one"), 1, 0).unwrap());
    let held: Vec<_> = (0..ROWS).map(|n| table.acquire(keys.key(&n), 1, 1).unwrap()).collect();
    let peek = table.acquire(keys.key("one"), 1, 0).unwrap();
    assert_eq!(table.occupied() as u64, ROWS);
    drop((peek, held));
    assert_eq!(table.occupied(), 0);
}

#[test]
fn a_line_full_of_keys_in_flight_refuses_a_newcomer_and_says_why() {
    let (table, keys) = one_line();
    let mut held: Vec<_> = (0..ROWS).map(|n| table.acquire(keys.key(&n), 2, 1).unwrap()).collect();
    let newcomer = keys.key("newcomer");
    assert_eq!(table.acquire(newcomer, 2, 1).unwrap_err(), Busy::TableFull);
    assert_eq!(table.acquire(newcomer, 2, 3).unwrap_err(), Busy::NeverPossible);
    // Nobody lost a row to it, and those that have one go on.
    let again: Vec<_> = (0..ROWS).map(|n| table.acquire(keys.key(&n), 2, 1).unwrap()).collect();
    assert_eq!(table.acquire(keys.key(&0_u64), 2, 1).unwrap_err(), Busy::Limited { in_flight: 2 });
    drop(again);
    held.pop();
    assert!(table.acquire(newcomer, 2, 1).is_ok());
}

#[test]
fn a_table_as_full_as_it_was_made_for_refuses_nearly_nobody() {
    let table = Arc::new(InFlight::default());
    let keys = seeded();
    let acquire = |n: usize| table.acquire(keys.key(&n), 1, 1);
    let permits: Vec<_> = (0..InFlight::DEFAULT_CAPACITY).map(acquire).collect();
    assert!(permits.iter().all(Result::is_ok));
    assert_eq!(table.occupied(), InFlight::DEFAULT_CAPACITY);
    let third = InFlight::DEFAULT_CAPACITY / 3;
    let more: Vec<_> = (0..third).map(|n| acquire(n + InFlight::DEFAULT_CAPACITY)).collect();
    let refused = more.iter().filter(|permit| permit.is_err()).count();
    assert!(refused <= 2, "{refused} refused in a table that holds a third more");
}

#[test]
fn takes_the_memory_that_it_says() {
    let table = InFlight::default();
    assert!((800 * 1024..=820 * 1024 + 512).contains(&table.bytes()), "{} bytes", table.bytes());
    assert!(table.bytes() / InFlight::DEFAULT_CAPACITY <= 51);
    for keys in [0, InFlight::MAX_CAPACITY + 1, usize::MAX] {
        let faults = InFlight::with_capacity(keys).unwrap_err();
        let too_many = |clients| ConfigError::Capacity { clients, most: InFlight::MAX_CAPACITY };
        assert_eq!(faults.into_iter().next(), Some(too_many(keys)));
    }
}

#[test]
fn nobody_s_key_is_printed() {
    let (table, keys) = one_line();
    let permit = table.acquire(keys.key("one"), 5, 3).unwrap();
    assert_eq!(format!("{permit:?}"), "Permit { cost: 3, .. }");
    assert!(format!("{table:?}").starts_with("InFlight { bytes: "), "{table:?}");
}

/// A response body that holds its request's permit.
struct Holding(#[expect(dead_code, reason = "it is held, not read")] Permit, u32);

impl Body for Holding {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.1 += 1;
        assert!(self.1 < 3, "the source of the body broke");
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"part")))))
    }
}

#[test]
fn ends_with_whatever_holds_it_however_that_ends() {
    let (table, keys) = one_line();
    let key = keys.key("one");
    let acquire = || table.acquire(key, 1, 1).unwrap();
    let mut cx = Context::from_waker(Waker::noop());

    // A future that is dropped while it waits.
    let permit = acquire();
    let mut waiting = Box::pin(async move {
        pending::<()>().await;
        drop(permit);
    });
    assert!(waiting.as_mut().poll(&mut cx).is_pending());
    assert_eq!(table.of(key), 1);
    drop(waiting);
    assert_eq!(table.of(key), 0);

    // A body that is dropped half-way, and one that panics.
    for frames in [1, 3] {
        let body = Holding(acquire(), 0);
        let read = catch_unwind(AssertUnwindSafe(move || {
            let mut body = body;
            for _ in 0..frames {
                assert!(
                    Pin::new(&mut body)
                        .poll_frame(&mut Context::from_waker(Waker::noop()))
                        .is_ready()
                );
            }
            assert_eq!(body.1, frames);
        }));
        assert_eq!((read.is_err(), table.of(key)), (frames == 3, 0));
    }

    // A thread that dies with it.
    let permit = acquire();
    let died = thread::spawn(move || {
        let _permit = permit;
        std::panic::panic_any("a handler's bug");
    });
    assert!(died.join().is_err());
    assert_eq!(table.of(key), 0);
    // The table goes on.
    drop(acquire());
}

#[test]
fn never_more_at_once_than_allowed_whatever_threads_do() {
    const MOST: u32 = 3;
    let table = Arc::new(InFlight::with_capacity(1).unwrap());
    let keys = seeded();
    let shared: [Key; 2] = [keys.key("hot"), keys.key("spread")];
    let at_once = [AtomicU32::new(0), AtomicU32::new(0)];
    let served: u32 = thread::scope(|scope| {
        let threads: Vec<_> = (0..8_usize)
            .map(|thread| {
                let (table, at_once) = (&table, &at_once);
                scope.spawn(move || {
                    let mut served = 0;
                    for round in 0..5_000 {
                        let which = (round + thread) % 2;
                        let Ok(permit) = table.acquire(shared[which], MOST, 1) else { continue };
                        let now = at_once[which].fetch_add(1, Ordering::SeqCst) + 1;
                        assert!(now <= MOST, "{now} at once");
                        thread::yield_now();
                        at_once[which].fetch_sub(1, Ordering::SeqCst);
                        drop(permit);
                        served += 1;
                    }
                    served
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert!(served >= 5_000, "{served} served");
    assert_eq!(table.occupied(), 0, "nothing is left");
}

/// Numbers without a pattern, the same at each run (`splitmix64`).
fn numbers() -> impl FnMut(u64) -> u64 {
    let mut state = 0_u64;
    move |below| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }
}

#[test]
fn nothing_leaks_in_a_million_requests() {
    let table = Arc::new(InFlight::with_capacity(100).unwrap());
    let (keys, bytes) = (seeded(), table.bytes());
    let mut next = numbers();
    let mut permits: Vec<Permit> = Vec::new();
    for _ in 0..1_000_000 {
        let (key, cost) = (next(1_000), next(4));
        // Some two hundred at a time.
        if next(400) < permits.len() as u64 {
            let index = next(permits.len() as u64);
            drop(permits.swap_remove(index.try_into().unwrap()));
        } else {
            permits.extend(table.acquire(keys.key(&key), 5, cost.try_into().unwrap()));
        }
    }
    assert!(table.occupied() > 50);
    drop(permits);
    assert_eq!((table.occupied(), table.bytes()), (0, bytes));
}

#[test]
#[ignore = "long: ten million keys"]
fn ten_million_keys_take_no_more_room_than_ten() {
    let table = Arc::new(InFlight::with_capacity(1_000).unwrap());
    let (keys, bytes) = (seeded(), table.bytes());
    for key in 0..10_000_000_u64 {
        drop(table.acquire(keys.key(&key), 1, 1).unwrap());
    }
    assert_eq!((table.occupied(), table.bytes()), (0, bytes));
}

#[derive(Clone, Debug)]
enum Step {
    Acquire { key: u64, most: u32, cost: u32 },
    Drop(prop::sample::Index),
}

fn step() -> impl Strategy<Value = Step> {
    let acquire = (0_u64..40, 1_u32..6, 0_u32..5);
    prop_oneof![
        3 => acquire.prop_map(|(key, most, cost)| Step::Acquire { key, most, cost }),
        2 => any::<prop::sample::Index>().prop_map(Step::Drop),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn agrees_with_a_map_of_counts(steps in vec(step(), 1..400)) {
        let (table, keys) = one_line();
        let mut exact: HashMap<u64, u32> = HashMap::new();
        let mut permits = Vec::new();
        for step in steps {
            match step {
                Step::Acquire { key, most, cost } => {
                    let in_flight = exact.get(&key).copied().unwrap_or(0);
                    let used = exact.values().filter(|count| **count > 0).count() as u64;
                    let want = if cost > most {
                        Err(Busy::NeverPossible)
                    } else if in_flight + cost > most {
                        Err(Busy::Limited { in_flight })
                    } else if cost > 0 && in_flight == 0 && used == ROWS {
                        Err(Busy::TableFull)
                    } else {
                        Ok(())
                    };
                    let got = table.acquire(keys.key(&key), most, cost);
                    prop_assert_eq!(got.as_ref().map(|_| ()).map_err(|busy| *busy), want);
                    if let Ok(permit) = got {
                        *exact.entry(key).or_default() += cost;
                        permits.push((key, cost, permit));
                    }
                }
                Step::Drop(index) if !permits.is_empty() => {
                    let (key, cost, permit) = permits.swap_remove(index.index(permits.len()));
                    drop(permit);
                    *exact.get_mut(&key).unwrap() -= cost;
                }
                Step::Drop(_) => {}
            }
            for (key, count) in &exact {
                prop_assert_eq!(table.of(keys.key(key)), *count);
            }
        }
        drop(permits);
        prop_assert_eq!(table.occupied(), 0);
    }
}
