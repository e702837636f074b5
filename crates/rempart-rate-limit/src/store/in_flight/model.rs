//! All orders in which two threads can come to one line, by a model checker.

use std::sync::Arc;

use loom::thread;

use crate::{InFlight, Store};

/// What two threads find that do the same at once, whatever the order.
fn together(ask: fn(&Arc<InFlight>, &Store) -> u32, check: fn(u32, u32)) {
    loom::model(move || {
        let table = Arc::new(InFlight::with_capacity(1).unwrap());
        let keys = Arc::new(Store::with_capacity(1).unwrap().dangerously_seeded([7, 11]));
        let (other, others) = (Arc::clone(&table), Arc::clone(&keys));
        let thread = thread::spawn(move || ask(&other, &others));
        let one = ask(&table, &keys);
        check(one, thread.join().unwrap());
        assert_eq!(table.occupied(), 0, "all are counted out");
    });
}

#[test]
fn one_place_is_never_taken_twice_at_once() {
    together(
        |table, keys| {
            let permit = table.acquire(keys.key("one"), 1, 1);
            // While it is held, this thread's own request is the only one.
            permit.map_or(0, |_permit| table.of(keys.key("one")))
        },
        |one, other| assert!(one.max(other) == 1, "{one} and {other}"),
    );
}

#[test]
fn two_places_are_there_for_both() {
    together(
        |table, keys| u32::from(table.acquire(keys.key("one"), 2, 1).is_ok()),
        |one, other| assert_eq!((one, other), (1, 1)),
    );
}

#[test]
#[should_panic(expected = "both at once")]
fn a_line_let_go_of_between_the_look_and_the_place_would_be_found() {
    together(
        |table, keys| {
            let key = keys.key("one");
            let Ok(place) = table.hold(key).look(1, 1) else { return 0 };
            let _permit = table.hold(key).commit(place);
            table.of(key)
        },
        |one, other| assert!(one.max(other) < 2, "both at once"),
    );
}
