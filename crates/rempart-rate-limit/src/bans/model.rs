//! All orders in which two threads can come to one line, by a model checker.

use std::sync::Arc;
use std::time::Duration;

use loom::thread;

use crate::{BanRule, Bans, Store};

const SECOND: Duration = Duration::from_secs(1);

/// What two threads find that do different things at once, whatever the order; and then the table.
fn beside(
    one: fn(&Bans, &Store) -> bool,
    other: fn(&Bans, &Store) -> bool,
    check: fn(bool, bool, &Bans, &Store),
) {
    loom::model(move || {
        let bans = Arc::new(Bans::with_capacity(1).unwrap());
        let keys = Arc::new(Store::with_capacity(1).unwrap().dangerously_seeded([7, 11]));
        let (others, their_keys) = (Arc::clone(&bans), Arc::clone(&keys));
        let thread = thread::spawn(move || other(&others, &their_keys));
        let first = one(&bans, &keys);
        check(first, thread.join().unwrap(), &bans, &keys);
    });
}

fn denied(bans: &Bans, keys: &Store) -> bool {
    let rule = BanRule::after(2).within(SECOND).ban_for(SECOND).build().unwrap();
    bans.denied(keys.key("one"), &rule, 0).is_some()
}

#[test]
fn of_two_denials_at_once_the_second_starts_the_one_ban() {
    beside(denied, denied, |one, other, bans, keys| {
        assert!(one != other, "one of them");
        assert_eq!(bans.banned(keys.key("one"), 0), Some(SECOND), "and all see it");
    });
}

#[test]
fn a_ban_is_not_hidden_by_what_another_key_s_thread_writes() {
    beside(
        |bans, keys| bans.ban(keys.key("one"), SECOND, 0),
        |bans, keys| bans.ban(keys.key("other"), 2 * SECOND, 0) && bans.unban(keys.key("other"), 0),
        |one, other, bans, keys| {
            assert!(one && other);
            assert_eq!(bans.banned(keys.key("one"), 0), Some(SECOND));
            assert_eq!(bans.banned(keys.key("other"), 0), None);
        },
    );
}

#[test]
fn whoever_starts_a_ban_sees_it() {
    let bans = |bans: &Bans, keys: &Store| {
        bans.ban(keys.key("one"), SECOND, 0) && bans.banned(keys.key("one"), 0).is_some()
    };
    beside(bans, bans, |one, other, _, _| assert!(one && other));
}
