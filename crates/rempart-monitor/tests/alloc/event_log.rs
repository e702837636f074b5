use rempart_core::{Event, EventKind, ManualClock, Observer, Outcome, PolicyName, Reason};
use rempart_monitor::EventLog;
use rempart_testing::alloc::{assert_counting, count};

#[test]
fn an_event_allocates_nothing_whether_it_is_written_or_left_out() {
    assert_counting();
    let log = EventLog::new(ManualClock::default());
    let policy = PolicyName::new("made-up").unwrap();
    let event = Event::new(EventKind::Signature, Outcome::Refused, &policy);
    let event = event.reason(Reason::Mismatch).route(Some("/webhooks"));
    let allocated = count(|| (0..1_000).for_each(|_| log.observe(&event)));
    assert_eq!(allocated.1.allocations, 0);
    assert_eq!(log.suppressed(EventKind::Signature), 980);
}
