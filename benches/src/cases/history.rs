use std::hint::black_box;

use rempart_core::{ClientAddr, Event, EventKind, Observers, Outcome, PolicyName, Reason};
use rempart_monitor::History;

use crate::drive::address;
use crate::{Case, Ceiling, Runner, Side};

/// More clients than refusals are kept: each is looked for in vain, and takes the oldest's place.
const CLIENTS: u32 = 100;

fn event<'a>(policy: &'a PolicyName, nth: &mut u32, outcome: Outcome) -> Event<'a> {
    *nth = (*nth + 1) % CLIENTS;
    let client = ClientAddr::new(address(*nth));
    let event = Event::new(EventKind::RateLimit, outcome, black_box(policy));
    let event = event.client(Some(client)).route(Some("/api/calls/{id}"));
    if outcome == Outcome::Refused { event.reason(Reason::QuotaExceeded) } else { event }
}

fn told(outcome: Outcome) -> Runner {
    let (observers, mut nth) = (Observers::from(History::new()), 0);
    let policy = PolicyName::new("api").expect("a name");
    Runner::new(move || observers.emit(&event(&policy, &mut nth, outcome)), |()| "told".to_owned())
}

/// The clock is read by whoever remembers, and that is part of the price.
fn untold(outcome: Outcome) -> Runner {
    let mut nth = 0;
    let policy = PolicyName::new("api").expect("a name");
    let tell = move || {
        black_box(event(&policy, &mut nth, outcome));
    };
    Runner::new(tell, |()| String::new())
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case {
            name: "monitor/history/counted",
            bare: Side::new("the event alone", || untold(Outcome::Allowed)),
            ours: Side::new("rempart-monitor", || told(Outcome::Allowed)),
            rival: None,
            projection: "that it was told",
            ceilings: vec![Ceiling::Instructions(300.0), Ceiling::Allocations(0.0)],
        },
        Case {
            name: "monitor/history/refused/kept",
            bare: Side::new("the event alone", || untold(Outcome::Refused)),
            ours: Side::new("rempart-monitor", || told(Outcome::Refused)),
            rival: None,
            projection: "that it was told",
            ceilings: vec![Ceiling::Instructions(4_000.0), Ceiling::Allocations(0.0)],
        },
    ]
}
