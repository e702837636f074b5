//! A line an event up to a cap, and counts that leave nothing out.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use rempart_core::{Event, EventKind, ManualClock, Observer, Outcome, PolicyName, Reason};
use rempart_monitor::EventLog;
use rempart_testing::Capture;

/// An event as a line names it: name, outcome, reason.
type Named = (String, String, String);

fn named(kind: EventKind, outcome: Outcome, reason: Reason) -> Named {
    (kind.event_name(outcome).to_owned(), outcome.to_string(), reason.to_string())
}

/// The value of a field of a line, without its quotes.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = line.split_once(&format!(" {name}="))?;
    Some(value.split(' ').next().unwrap().trim_matches('"'))
}

/// How often each event happened, by the lines alone: one for each that names a policy, and what
/// each says was suppressed.
fn told(lines: &str) -> BTreeMap<Named, u64> {
    let mut told = BTreeMap::new();
    for line in lines.lines() {
        let text = |name| field(line, name).unwrap_or_default().to_owned();
        let suppressed: u64 = field(line, "suppressed").map_or(0, |count| count.parse().unwrap());
        let own = u64::from(field(line, "policy").is_some());
        *told.entry((text("event.name"), text("outcome"), text("reason"))).or_default() +=
            own + suppressed;
    }
    told
}

fn refuse(log: &EventLog, count: usize, reason: Reason) {
    let policy = PolicyName::new("vapi").unwrap();
    for _ in 0..count {
        log.observe(&Event::new(EventKind::Signature, Outcome::Refused, &policy).reason(reason));
    }
}

/// What a second of so many refusals writes: lines without a count, and counts.
fn lines(capture: &Capture, log: &EventLog, count: usize, reason: Reason) -> (usize, Vec<u64>) {
    let before = capture.text().len();
    capture.within(|| refuse(log, count, reason));
    let text = capture.text().split_off(before);
    let counts = text.lines().filter_map(|line| field(line, "suppressed"));
    let counts: Vec<_> = counts.map(|count| count.parse().unwrap()).collect();
    (text.lines().count() - counts.len(), counts)
}

#[test]
fn twenty_a_second_then_one_with_a_count() {
    let clock = ManualClock::default();
    let log = EventLog::new(clock.clone());
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
    // 1 + 999 + 999 + 4 + 5: the total knows of no flush.
    for _ in 0..2 {
        assert_eq!(log.suppressed(EventKind::Signature), 2008);
        capture.within(|| log.flush());
    }
    assert_eq!(log.suppressed(EventKind::Token), 0);
    assert_eq!(told(&capture.text()).into_values().sum::<u64>(), 20 + 21 + 2000 + 15 + 25);
}

#[test]
fn another_cap_is_kept_to() {
    for most in [1, 3, 100] {
        let log = EventLog::new(ManualClock::default());
        let log = log.lines_per_second(NonZeroU32::new(most).unwrap());
        assert_eq!(lines(&Capture::default(), &log, 200, Reason::Missing).0, most as usize);
    }
}

/// The lines as other programs read them: a filter, an analysis, a shipper. They are a promise.
#[test]
fn a_line_has_one_form() {
    let log = EventLog::new(ManualClock::default());
    let policy = PolicyName::new("vapi").unwrap();
    let client = "203.0.113.9".parse::<std::net::IpAddr>().unwrap().into();
    let event = Event::new(EventKind::Signature, Outcome::Refused, &policy)
        .reason(Reason::Mismatch)
        .client(Some(client))
        .route(Some("/hooks"))
        .method(rempart_core::HttpMethod::Post)
        .key(Some("2026-q4".parse().unwrap()))
        .elapsed(Duration::from_micros(7));
    let capture = Capture::default();
    capture.within(|| {
        (0..22).for_each(|_| log.observe(&event));
        log.flush();
    });
    let text = capture.text();
    let lines: Vec<_> = text.lines().collect();
    let own = " WARN rempart: event.name=\"signature.rejected\" owasp=\"authn_login_fail\" \
               outcome=\"rejected\" reason=\"mismatch\" policy=\"vapi\" \
               client.address=203.0.113.9 http.route=\"/hooks\" http.request.method=\"POST\" \
               key.id=2026-q4 elapsed_us=7";
    let summary = " WARN rempart: not logged one by one event.name=\"signature.rejected\" \
                   outcome=\"rejected\" reason=\"mismatch\" suppressed=2";
    assert_eq!(lines[..20], [own; 20]);
    assert_eq!(lines[20..], [summary]);
}

#[test]
fn a_line_that_stands_for_others_has_the_same_form_and_a_count() {
    let clock = ManualClock::default();
    let log = EventLog::new(clock.clone());
    let capture = Capture::default();
    lines(&capture, &log, 23, Reason::Mismatch);
    clock.advance(Duration::from_secs(1));
    let before = capture.text().len();
    lines(&capture, &log, 1, Reason::Mismatch);
    let text = capture.text();
    let first = text.lines().next().unwrap();
    assert_eq!(text[before..].trim_end(), format!("{first} suppressed=3"));
}

#[test]
fn whatever_a_client_can_cause_is_capped_and_each_by_itself() {
    let log = EventLog::new(ManualClock::default());
    let policy = PolicyName::new("vapi").unwrap();
    let capture = Capture::default();
    let mut sent = BTreeMap::new();
    capture.within(|| {
        for kind in [EventKind::Signature, EventKind::KeyRevokedUse, EventKind::SecretEgress] {
            for outcome in [Outcome::Refused, Outcome::Shadowed, Outcome::Error] {
                for reason in [Reason::Mismatch, Reason::RevokedKey] {
                    for _ in 0..30 {
                        log.observe(&Event::new(kind, outcome, &policy).reason(reason));
                    }
                    sent.insert(named(kind, outcome, reason), 20);
                }
            }
        }
    });
    assert_eq!(told(&capture.text()), sent);
    assert_eq!(log.suppressed(EventKind::SecretEgress), 60);
    // What no line has told of is told at the level of the event.
    let before = capture.text().len();
    capture.within(|| log.flush());
    let levels = capture.text().split_off(before);
    let count = |level: &str| levels.lines().filter(|line| line.starts_with(level)).count();
    assert_eq!((count("ERROR"), count(" WARN"), count(" INFO")), (14, 2, 2), "{levels}");
}

#[test]
fn what_was_allowed_always_passes() {
    let log = EventLog::new(ManualClock::default());
    let policy = PolicyName::new("vapi").unwrap();
    let capture = Capture::default();
    capture.within(|| {
        for _ in 0..100 {
            log.observe(&Event::new(EventKind::Signature, Outcome::Allowed, &policy));
        }
    });
    assert_eq!(capture.text().lines().count(), 100);
    assert_eq!(log.suppressed(EventKind::Signature), 0);
}

#[test]
fn lines_and_counts_add_up_to_100_000_refusals_of_every_kind_and_reason() {
    let clock = ManualClock::default();
    let log = EventLog::new(clock.clone());
    let policy = PolicyName::new("made-up").unwrap();
    let capture = Capture::default();
    let (mut sent, mut kinds) = (BTreeMap::new(), BTreeMap::new());
    // Half of them of few sorts, as in an attack, and half of all.
    let mut random = Random(7);
    capture.within(|| {
        for nth in 0..100_000_usize {
            let few = nth % 2 == 0;
            let kind = random.of(&EventKind::ALL[..if few { 3 } else { EventKind::ALL.len() }]);
            let reason = random.of(&Reason::ALL[..if few { 2 } else { Reason::ALL.len() }]);
            log.observe(&Event::new(kind, Outcome::Refused, &policy).reason(reason));
            *sent.entry(named(kind, Outcome::Refused, reason)).or_insert(0_u64) += 1;
            *kinds.entry(kind).or_insert(0_u64) += 1;
            // Ten thousand a second, and now and then a pause.
            clock.advance(Duration::from_micros(100));
            if nth % 30_000 == 29_999 {
                clock.advance(Duration::from_secs(3));
            }
            if nth % 25_000 == 0 {
                log.flush();
            }
        }
        log.flush();
    });
    let text = capture.text();
    assert_eq!(told(&text), sent);
    for (kind, sent) in kinds {
        let of_kind = |line: &&str| {
            field(line, "event.name") == Some(kind.event_name(Outcome::Refused))
                && field(line, "policy").is_some()
        };
        let lines = text.lines().filter(of_kind).count();
        assert_eq!(u64::try_from(lines).unwrap() + log.suppressed(kind), sent, "{kind}");
    }
    // Six sorts flood: twenty lines in the first second and after a pause, then one a second.
    let flooding = format!(" event.name=\"{}\"", EventKind::ALL[0].event_name(Outcome::Refused));
    let flood = text.lines().filter(|line| line.contains(&flooding) && line.contains("missing"));
    assert!(flood.count() <= 20 * 4 + 20, "no more than the cap allows");
}

#[test]
fn threads_lose_no_count() {
    let clock = ManualClock::default();
    let log = EventLog::new(clock.clone());
    let capture = Capture::default();
    let kinds = [EventKind::Signature, EventKind::Token];
    let reasons = [Reason::Mismatch, Reason::Missing, Reason::Expired];
    std::thread::scope(|scope| {
        for _ in 0..4 {
            // A subscriber each, and one text for all.
            let (capture, clock, log) = (capture.clone(), clock.clone(), &log);
            scope.spawn(move || {
                let policy = PolicyName::new("vapi").unwrap();
                capture.within(|| {
                    for nth in 0..6_000 {
                        let (kind, reason) = (kinds[nth % 2], reasons[nth % 3]);
                        log.observe(&Event::new(kind, Outcome::Refused, &policy).reason(reason));
                        clock.advance(Duration::from_micros(500));
                        if nth % 1_000 == 0 {
                            log.flush();
                        }
                    }
                });
            });
        }
    });
    capture.within(|| log.flush());
    let text = capture.text();
    let told = told(&text);
    for kind in kinds {
        for reason in reasons {
            assert_eq!(told[&named(kind, Outcome::Refused, reason)], 4_000, "{kind}, {reason}");
        }
        let of_kind = |line: &&str| {
            field(line, "event.name") == Some(kind.event_name(Outcome::Refused))
                && field(line, "policy").is_some()
        };
        let lines = u64::try_from(text.lines().filter(of_kind).count()).unwrap();
        assert_eq!(lines + log.suppressed(kind), 12_000);
    }
}

#[test]
fn shows_what_it_left_out() {
    let log = EventLog::new(ManualClock::default());
    refuse(&log, 21, Reason::Missing);
    let shown = format!("{log:?}");
    assert_eq!(shown, "EventLog { lines_per_second: 20, suppressed: [(\"signature\", 1)], .. }");
}

/// Numbers that are the same in each run.
struct Random(u64);

impl Random {
    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        all[usize::try_from(self.0 >> 33).unwrap() % all.len()]
    }
}
