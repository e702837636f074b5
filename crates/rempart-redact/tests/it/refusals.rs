use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rempart_core::{Event, EventKind, ManualClock, Observer, Outcome, PolicyName, Reason};
use rempart_redact::RefusalLog;
use rempart_testing::Capture;

/// What a second of so many refusals writes: lines passed on, and counts told.
fn lines(capture: &Capture, log: &RefusalLog, count: usize, reason: Reason) -> (usize, Vec<u64>) {
    let before = capture.text().len();
    let policy = PolicyName::new("vapi").unwrap();
    capture.within(|| {
        for _ in 0..count {
            let event = Event::new(EventKind::Signature, Outcome::Refused, &policy);
            log.observe(&event.reason(reason));
        }
    });
    let text = capture.text().split_off(before);
    let told = |line: &&str| line.contains("suppressed=");
    let counts = text.lines().filter(told).map(|line| {
        let count = line.split("suppressed=").nth(1).unwrap();
        count.split_whitespace().next().unwrap().parse().unwrap()
    });
    (text.lines().filter(|line| !told(line)).count(), counts.collect())
}

#[test]
fn twenty_a_second_then_one_with_a_count() {
    let clock = ManualClock::default();
    let log = RefusalLog::new(clock.clone());
    let capture = Capture::default();
    #[rustfmt::skip]
    let rows: [(usize, usize, &[u64]); 8] = [
        // refusals, lines, counts
        (20,         20,    &[]),
        (21,         20,    &[]),
        // The second before brought too many: one line, which tells of what it left out.
        (1000,       0,     &[1]),
        (1000,       0,     &[999]),
        (5,          0,     &[999]),
        // Five were no flood: back to single lines, the first of which tells of the rest.
        (5,          4,     &[4]),
        (5,          5,     &[]),
        (25,         20,    &[]),
    ];
    for (second, (count, passed, told)) in rows.into_iter().enumerate() {
        let (lines, counts) = lines(&capture, &log, count, Reason::Mismatch);
        assert_eq!((lines, counts.as_slice()), (passed, told), "second {second}");
        clock.advance(Duration::from_secs(1));
    }
    let before = capture.text().len();
    capture.within(|| log.flush());
    let told = capture.text().split_off(before);
    assert!(told.contains("suppressed=5") && told.contains("reason=\"mismatch\""), "{told}");
}

#[test]
fn each_kind_and_reason_has_its_own_count() {
    let log = RefusalLog::new(ManualClock::default());
    let capture = Capture::default();
    assert_eq!(lines(&capture, &log, 30, Reason::Mismatch).0, 20);
    assert_eq!(lines(&capture, &log, 30, Reason::Missing).0, 20);
}

#[test]
fn what_is_no_refusal_always_passes() {
    #[derive(Default)]
    struct Seen(AtomicU64);
    impl Observer for Seen {
        fn observe(&self, _: &Event<'_>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let seen = Arc::new(Seen::default());
    let log = RefusalLog::around(Arc::clone(&seen), ManualClock::default());
    let policy = PolicyName::new("vapi").unwrap();
    for outcome in [Outcome::Allowed, Outcome::Shadowed, Outcome::Error] {
        for _ in 0..100 {
            log.observe(&Event::new(EventKind::Signature, outcome, &policy));
        }
    }
    assert_eq!(seen.0.load(Ordering::Relaxed), 300);
}

#[test]
fn threads_lose_no_count() {
    let clock = ManualClock::default();
    let log = Arc::new(RefusalLog::around((), clock.clone()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let policy = PolicyName::new("vapi").unwrap();
                for _ in 0..1000 {
                    let event = Event::new(EventKind::Signature, Outcome::Refused, &policy);
                    log.observe(&event.reason(Reason::Mismatch));
                }
            });
        }
    });
    let capture = Capture::default();
    capture.within(|| log.flush());
    assert!(capture.text().contains("suppressed=3980"), "{}", capture.text());
}
