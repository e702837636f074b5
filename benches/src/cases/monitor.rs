use std::time::Duration;

use rempart_core::{
    ClientAddr, Event, EventKind, Observer, Observers, Outcome, PolicyName, Reason,
};
use rempart_monitor::{AnomalyDetector, BanLayer, Policy};
use tower::Layer;

use crate::drive::{Inner, Shape, Xorshift, address, bare, sending};
use crate::{Case, Ceiling, Runner, Side};

const CLIENTS: u32 = 50_000;

/// A detector whose word nobody hears.
fn detector() -> AnomalyDetector {
    let policy = Policy::builder("clients").ban(Duration::from_mins(10)).build();
    AnomalyDetector::new(policy.expect("a policy without a fault")).observer(())
}

/// Of one network each, mostly: the dearer case.
fn any(random: &mut Xorshift) -> ClientAddr {
    ClientAddr::new(address(random.below(CLIENTS)))
}

/// One event of a client that is one of many, as a layer tells it.
fn told(kind: EventKind, outcome: Outcome, reason: Option<Reason>) -> Runner {
    let policy = PolicyName::new("bench").expect("a name");
    let detector = detector();
    for nth in 0..CLIENTS {
        let asked = Event::new(EventKind::RateLimit, Outcome::Allowed, &policy);
        detector.observe(&asked.client(Some(ClientAddr::new(address(nth)))));
    }
    let (observers, mut random) = (Observers::from(detector), Xorshift::new());
    let tell = move || {
        let mut event = Event::new(kind, outcome, &policy).client(Some(any(&mut random)));
        event.reason = reason;
        observers.emit(&event);
    };
    Runner::new(tell, |()| "told".to_owned())
}

fn choosing() -> Runner {
    let mut random = Xorshift::new();
    Runner::new(move || any(&mut random), |_| String::new())
}

pub(super) fn cases() -> Vec<Case> {
    let shape = Shape::get().from(address(1));
    vec![
        Case {
            name: "monitor/detector/served/50000",
            bare: Side::new("choosing a client", choosing),
            ours: Side::new("rempart-monitor", || {
                told(EventKind::RateLimit, Outcome::Allowed, None)
            }),
            rival: None,
            projection: "that it was told",
            ceilings: vec![Ceiling::Instructions(700.0), Ceiling::Allocations(0.0)],
        },
        Case {
            name: "monitor/detector/refused/50000",
            bare: Side::new("choosing a client", choosing),
            ours: Side::new("rempart-monitor", || {
                told(EventKind::Token, Outcome::Refused, Some(Reason::Mismatch))
            }),
            rival: None,
            projection: "that it was told",
            ceilings: vec![Ceiling::Instructions(1_150.0), Ceiling::Allocations(0.0)],
        },
        Case {
            name: "monitor/ban/passes",
            bare: bare(&shape),
            ours: Side::new("rempart-monitor", move || {
                let status = |response: &http::Response<_>| response.status().to_string();
                sending(BanLayer::new(&detector()).layer(Inner), shape.clone(), status)
            }),
            rival: None,
            projection: "status",
            ceilings: vec![Ceiling::Instructions(600.0), Ceiling::Allocations(0.0)],
        },
    ]
}
