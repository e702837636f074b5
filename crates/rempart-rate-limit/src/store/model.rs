//! All orders in which two threads can come to one line, by a model checker:
//! `RUSTFLAGS='--cfg rempart_loom' cargo test -p rempart-rate-limit --lib model`.

use loom::sync::Arc;
use loom::thread;

use crate::{Admission, Gcra, Quota, Store, StrictWindow, Verdict, WhenFull::Strict, WindowStore};

const QUOTA: Quota = Quota::per_minute(3);

/// Tables of one line each, in which both threads are new.
struct Tables {
    debts: Store,
    gcra: Gcra,
    logs: WindowStore,
    window: StrictWindow,
}

impl Tables {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            debts: Store::with_capacity(1).unwrap().dangerously_seeded([7, 11]),
            gcra: Gcra::new(QUOTA).unwrap(),
            logs: WindowStore::with_capacity(1, 3).unwrap().dangerously_seeded([7, 11]),
            window: StrictWindow::new(QUOTA).unwrap(),
        })
    }

    fn owes(&self, client: u8) -> u32 {
        let verdict = self.debts.charge(self.debts.key(&client), &self.gcra, 1, 0, Strict);
        u32::from(matches!(verdict, Verdict::Allowed { .. }))
    }

    fn enters(&self, client: u8) -> u32 {
        let admission = self.logs.charge(self.logs.key(&client), &self.window, 1, 0, Strict);
        u32::from(matches!(admission, Admission::Allowed(_)))
    }

    /// Both tables, or neither.
    fn both(&self, client: u8) -> u32 {
        let mut debt = self.debts.hold(self.debts.key(&client));
        let mut log = self.logs.hold(self.logs.key(&client));
        let owed = debt.look(&self.gcra, 1, 0, Strict);
        let entered = log.look(&self.window, 1, 0, Strict);
        let (Verdict::Allowed { .. }, Admission::Allowed(_)) = (owed.verdict, entered.admission)
        else {
            return 0;
        };
        self.debts.commit(&mut debt, owed, 0);
        let _receipt = self.logs.commit(&mut log, &entered);
        1
    }
}

/// What two threads are admitted together that do the same at once, whatever the order.
fn together(check: fn(&Tables, u32), ask: fn(&Tables) -> u32) {
    loom::model(move || {
        let tables = Tables::new();
        let other = Arc::clone(&tables);
        let thread = thread::spawn(move || ask(&other));
        let admitted = ask(&tables) + thread.join().unwrap();
        check(&tables, admitted);
    });
}

#[test]
fn two_first_requests_of_a_client_share_one_slot() {
    let check = |tables: &Tables, admitted| {
        assert_eq!((admitted, tables.debts.occupied(0)), (3, 1));
    };
    together(check, |tables| tables.owes(1) + tables.owes(1));
}

#[test]
fn two_first_requests_of_a_client_share_one_log() {
    let check = |tables: &Tables, admitted| {
        assert_eq!((admitted, tables.logs.occupied(&tables.window, 0)), (3, 1));
    };
    together(check, |tables| tables.enters(1) + tables.enters(1));
}

#[test]
fn two_limits_are_charged_both_or_neither() {
    let check = |tables: &Tables, admitted| {
        assert_eq!((admitted, tables.owes(1), tables.enters(1)), (3, 0, 0));
    };
    together(check, |tables| tables.both(1) + tables.both(1));
}

#[test]
fn a_refund_beside_a_charge_gives_back_its_own() {
    let check = |tables: &Tables, admitted| {
        let left = tables.logs.standing(tables.logs.key(&1_u8), &tables.window, 0).remaining();
        assert_eq!((admitted, left), (2, 3));
    };
    together(check, |tables| {
        let key = tables.logs.key(&1_u8);
        let (_, receipt) = tables.logs.reserve(key, &tables.window, 1, 0, Strict);
        receipt.map_or(0, |receipt| {
            tables.logs.refund(key, receipt);
            1
        })
    });
}

#[test]
#[should_panic(expected = "past the limit")]
fn a_line_let_go_of_between_the_look_and_the_slot_would_be_found() {
    let check = |_: &Tables, admitted| assert!(admitted <= 3, "past the limit");
    together(check, |tables| {
        let key = tables.debts.key(&1_u8);
        let look = tables.debts.hold(key).look(&tables.gcra, 3, 0, Strict);
        let Verdict::Allowed { .. } = look.verdict else { return 0 };
        tables.debts.commit(&mut tables.debts.hold(key), look, 0);
        3
    });
}

#[test]
#[should_panic(expected = "past the limit")]
fn a_line_let_go_of_between_the_look_and_the_log_would_be_found() {
    let check = |_: &Tables, admitted| assert!(admitted <= 3, "past the limit");
    together(check, |tables| {
        let key = tables.logs.key(&1_u8);
        let look = tables.logs.hold(key).look(&tables.window, 3, 0, Strict);
        let receipt = tables.logs.commit(&mut tables.logs.hold(key), &look);
        receipt.map_or(0, |_| 3)
    });
}
