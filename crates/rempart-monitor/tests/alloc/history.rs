use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use rempart_core::{
    ClientAddr, Clock, Event, EventKind, ManualClock, Observer, Outcome, PolicyName, Reason,
    SharedClock,
};
use rempart_monitor::History;
use rempart_testing::alloc::{assert_counting, count};

#[test]
fn a_history_allocates_when_it_is_made_and_never_again() {
    assert_counting();
    let clock = ManualClock::at(Duration::from_secs(1_800_000_000));
    let shared: SharedClock = Arc::new(clock.clone());
    let history = History::new();
    let (history, made) = count(|| history.clock(shared));
    // The clock's and its own reference counts, the counters, the slots.
    assert_eq!(made.allocations, 4);
    assert!(made.bytes <= 512 * 1024, "{} bytes", made.bytes);
    let names: Vec<_> =
        (0..20).map(|nth| PolicyName::new(&format!("policy-{nth}")).unwrap()).collect();
    let route = "/a/route/of/more/bytes/than/are/kept/of/any/{route}".repeat(2);
    let ((), counts) = count(|| {
        for nth in 0..2_u32.pow(12) {
            let host = ClientAddr::new(std::net::Ipv4Addr::from_bits(nth % 100).into());
            for (policy, kind) in names.iter().zip(EventKind::ALL) {
                for outcome in Outcome::ALL {
                    let event = Event::new(*kind, *outcome, policy).reason(Reason::Other);
                    let elapsed = Duration::from_nanos(clock.ticks());
                    history.observe(&event.client(Some(host)).route(Some(&route)).elapsed(elapsed));
                }
            }
            history.answered(StatusCode::OK);
            clock.advance(Duration::from_secs(7));
        }
    });
    assert_eq!(counts.allocations, 0);
    let ((), counts) = count(|| clock.advance(Duration::from_secs(86_400)));
    assert_eq!(counts.allocations, 0);
    let ((), counts) = count(|| history.answered(StatusCode::OK));
    assert_eq!(counts.allocations, 0);
}
