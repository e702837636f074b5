use std::io;

use rempart_core::{Event, EventKind, ManualClock, Observer, Outcome, PolicyName, Reason};
use rempart_monitor::EventLog;
use rempart_testing::alloc::{assert_counting, count};

#[test]
fn an_event_allocates_nothing_whether_it_is_written_or_left_out() {
    assert_counting();
    let log = EventLog::new(ManualClock::default());
    let policy = PolicyName::new("made-up").unwrap();
    let event = Event::new(EventKind::Signature, Outcome::Refused, &policy);
    let event = event.route(Some("/webhooks"));
    let subscriber = tracing_subscriber::fmt().with_writer(io::sink).with_ansi(false).finish();
    tracing::subscriber::with_default(subscriber, || {
        // The formatter keeps its buffer from the first line on.
        log.observe(&event.reason(Reason::Missing));
        let ((), counts) = count(|| {
            (0..1_000).for_each(|_| log.observe(&event.reason(Reason::Mismatch)));
        });
        assert_eq!(counts.allocations, 0);
    });
    assert_eq!(log.suppressed(EventKind::Signature), 980);
}

#[test]
fn a_log_takes_a_fixed_108_kilobytes() {
    assert_counting();
    let (log, counts) = count(|| EventLog::new(ManualClock::default()));
    assert!((50_000..=108_000).contains(&counts.bytes), "{}", counts.bytes);
    drop(log);
}
