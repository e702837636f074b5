//! The last hour: counted exactly, by the clock that only grows, in a memory that does not.

mod refusals;

use std::thread;
use std::time::Duration;

use http::StatusCode;
use rempart_core::{Event, EventKind, ManualClock, Observer, Outcome, PolicyName, Reason};
use rempart_monitor::{Column, Figures, History, RecentRefusal, StatusClass};

/// Ten minutes past an hour, and 33 s.
const START: Duration = Duration::from_secs(1_800_000_000 + 633);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn history() -> (History, ManualClock) {
    let clock = ManualClock::at(START);
    (History::new().clock(clock.clone()), clock)
}

fn name(text: &str) -> PolicyName {
    PolicyName::new(text).unwrap()
}

#[test]
fn counts_every_event_by_its_kind_and_outcome() {
    let (history, _) = history();
    let policy = name("any");
    let all = || {
        let pairs = EventKind::ALL
            .iter()
            .flat_map(|kind| Outcome::ALL.iter().map(move |outcome| (*kind, *outcome)));
        pairs.enumerate().map(|(nth, (kind, outcome))| (nth as u64 + 1, kind, outcome))
    };
    for (times, kind, outcome) in all() {
        for _ in 0..times {
            history.observe(&Event::new(kind, outcome, &policy));
        }
    }
    let snapshot = history.snapshot();
    let figures = snapshot.last(History::SPAN);
    for (times, kind, outcome) in all() {
        assert_eq!(figures.count(kind, outcome), times, "{kind} {outcome}");
    }
    let of_all = |kind: EventKind| 4 * (4 * kind.index() as u64) + 10;
    assert_eq!(figures.all(EventKind::Token), of_all(EventKind::Token));
    let [actual, preflight] = [EventKind::CorsActual, EventKind::CorsPreflight];
    assert_eq!(figures.cross_origin(), of_all(actual) + of_all(preflight));
    let blocked = 4 * actual.index() + 2 + 4 * preflight.index() + 2;
    assert_eq!(figures.cross_origin_blocked(), blocked as u64);
}

#[test]
fn tells_tokens_that_were_bad_from_requests_that_bore_none() {
    let (history, _) = history();
    let policy = name("api");
    let refused = Event::new(EventKind::Token, Outcome::Refused, &policy);
    for reason in [Reason::Missing, Reason::Expired, Reason::Missing, Reason::Mismatch] {
        history.observe(&refused.reason(reason));
    }
    history.observe(
        &Event::new(EventKind::Signature, Outcome::Refused, &policy).reason(Reason::Missing),
    );
    let snapshot = history.snapshot();
    let figures = snapshot.last(History::SPAN);
    assert_eq!(figures.count(EventKind::Token, Outcome::Refused), 4);
    assert_eq!(figures.tokens_missing(), 2);
}

#[test]
fn counts_by_policy_and_those_past_the_bound_together() {
    for kind in [EventKind::Admin, EventKind::RateLimit, EventKind::Signature, EventKind::Token] {
        let (history, _) = history();
        let count = |kind, policy: &PolicyName, outcome| {
            history.observe(&Event::new(kind, outcome, policy));
        };
        assert!(history.snapshot().policies(kind).is_empty());
        let most = History::POLICIES;
        let names: Vec<_> = (0..most + 3).map(|n| name(&format!("counted-{n}"))).collect();
        for (nth, name) in names.iter().enumerate() {
            for _ in 0..=nth {
                count(kind, name, Outcome::Allowed);
            }
            count(kind, name, Outcome::Refused);
            // A kind that is not counted by policy takes nobody's place.
            count(EventKind::Body, name, Outcome::Refused);
        }
        let snapshot = history.snapshot();
        let figures = snapshot.last(History::SPAN);
        let policies = snapshot.policies(kind);
        assert_eq!(policies.len(), most + 1);
        for (nth, (policy, name)) in policies.iter().zip(&names[..most]).enumerate() {
            assert_eq!(policy.name(), Some(name));
            assert_eq!(figures.by_policy(*policy, Outcome::Allowed), nth as u64 + 1);
            assert_eq!(figures.by_policy(*policy, Outcome::Refused), 1);
        }
        let rest = policies[most];
        assert_eq!(rest.name(), None);
        assert_eq!(figures.by_policy(rest, Outcome::Allowed), 21 + 22 + 23);
        assert_eq!(figures.by_policy(rest, Outcome::Refused), 3);
        // What they have in common is counted as well.
        assert_eq!(figures.count(kind, Outcome::Refused), 23);
        assert!(snapshot.policies(EventKind::Body).is_empty());
    }
}

#[test]
fn a_policy_that_decides_upon_two_kinds_is_two() {
    let (history, _) = history();
    let api = name("api");
    history.observe(&Event::new(EventKind::RateLimit, Outcome::Allowed, &api));
    history.observe(&Event::new(EventKind::Token, Outcome::Refused, &api));
    let snapshot = history.snapshot();
    let figures = snapshot.last(History::SPAN);
    for (kind, counts) in [(EventKind::RateLimit, [1, 0]), (EventKind::Token, [0, 1])] {
        let policies = snapshot.policies(kind);
        let [policy] = policies[..] else { panic!("{policies:?}") };
        let count = |outcome| figures.by_policy(policy, outcome);
        assert_eq!([count(Outcome::Allowed), count(Outcome::Refused)], counts, "{kind}");
    }
}

#[test]
fn tells_clients_that_are_abnormal_from_requests_of_banned_ones() {
    let (history, _) = history();
    let policy = name("clients");
    let event = |outcome, reason| {
        history.observe(&Event::new(EventKind::ClientAnomaly, outcome, &policy).reason(reason));
    };
    event(Outcome::Shadowed, Reason::AbnormalConduct);
    event(Outcome::Refused, Reason::AbnormalConduct);
    event(Outcome::Shadowed, Reason::AbnormalNetwork);
    (0..5).for_each(|_| event(Outcome::Refused, Reason::Banned));
    // A stack that lacks a layer is no client's conduct.
    (0..3).for_each(|_| event(Outcome::Error, Reason::NoClientAddress));
    let snapshot = history.snapshot();
    let figures = snapshot.last(History::SPAN);
    assert_eq!((figures.anomalies(), figures.banned()), (3, 5));
}

#[test]
fn counts_answers_by_the_class_of_their_status() {
    let (history, _) = history();
    for status in [100, 200, 204, 304, 400, 401, 429, 499, 500, 503, 599, 600, 999] {
        history.answered(StatusCode::from_u16(status).unwrap());
    }
    let snapshot = history.snapshot();
    let figures = snapshot.last(History::SPAN);
    let counts = StatusClass::ALL.map(|class| figures.answered(class));
    assert_eq!(counts, [1, 2, 1, 4, 5]);
}

#[test]
fn tells_how_long_signatures_took() {
    let (history, _) = history();
    let policy = name("vapi");
    let event = Event::new(EventKind::Signature, Outcome::Allowed, &policy);
    history.observe(&event);
    assert_eq!(history.snapshot().last(History::SPAN).signature_percentile(99), None);
    for micros in 1..=100 {
        history.observe(&event.elapsed(Duration::from_micros(micros)));
    }
    // Another layer's time is no signature's.
    let token = Event::new(EventKind::Token, Outcome::Allowed, &policy);
    history.observe(&token.elapsed(seconds(1)));
    let snapshot = history.snapshot();
    let figures = snapshot.last(History::SPAN);
    assert_eq!(figures.signatures_timed(), 100);
    for (hundredths, micros) in [(1, 1_u64), (50, 50), (99, 99), (100, 100)] {
        let told = figures.signature_percentile(hundredths).unwrap().as_nanos();
        let exact = u128::from(micros) * 1000;
        assert!(told.abs_diff(exact) * 16 <= exact, "p{hundredths}: {told} ns");
    }
}

fn tokens(figures: Figures<'_>) -> u64 {
    figures.count(EventKind::Token, Outcome::Allowed)
}

#[test]
fn forgets_what_is_an_hour_old_and_keeps_what_is_not() {
    let (history, clock) = history();
    let policy = name("api");
    let event = Event::new(EventKind::Token, Outcome::Allowed, &policy);
    history.observe(&event);
    // START is 3 s into its slot: the slot is the oldest of 360 for the last time after 359 slots.
    clock.advance(seconds(3596));
    assert_eq!(tokens(history.snapshot().last(History::SPAN)), 1);
    clock.advance(seconds(1));
    assert_eq!(tokens(history.snapshot().last(History::SPAN)), 0);
}

#[test]
fn is_empty_after_a_silence_of_any_length_and_counts_on() {
    for silence in [3600, 3601, 7200, 86_400 * 365 * 10, u64::MAX / 1_000_000_000] {
        let (history, clock) = history();
        let policy = name("api");
        let event = Event::new(EventKind::Token, Outcome::Allowed, &policy);
        for _ in 0..100 {
            history.observe(&event);
            clock.advance(seconds(40));
        }
        clock.advance(seconds(silence));
        history.observe(&event);
        let snapshot = history.snapshot();
        assert_eq!(tokens(snapshot.last(History::SPAN)), 1, "after {silence} s");
        assert_eq!(tokens(snapshot.last(seconds(1))), 1, "after {silence} s");
    }
}

#[test]
fn windows_are_of_whole_slots_and_the_last_is_being_filled() {
    let (history, clock) = history();
    let policy = name("api");
    let event = Event::new(EventKind::Token, Outcome::Allowed, &policy);
    // One event 3 s into each slot; four slots.
    for _ in 0..4 {
        history.observe(&event);
        clock.advance(seconds(10));
    }
    let snapshot = history.snapshot();
    #[rustfmt::skip]
    let rows = [
        // ago, span, events: the slot being filled has none
        ( 0,    0,    0),
        ( 0,    1,    0),
        ( 0,   10,    0),
        ( 0,   11,    1),
        ( 0,   20,    1),
        ( 0,   50,    4),
        ( 0, 3600,    4),
        (10,   10,    1),
        (10,   40,    4),
        (40,   10,    1),
        (50,   10,    0),
        (20, 9999,    3),
        (9999, 10,    0),
    ];
    for (ago, span, events) in rows {
        let window = snapshot.window(seconds(ago), seconds(span));
        assert_eq!(tokens(window), events, "{span} s that ended {ago} s ago");
    }
}

#[test]
fn columns_begin_with_the_minute_and_do_not_tremble() {
    let (history, clock) = history();
    let policy = name("api");
    clock.advance(seconds(3600));
    let starts = |history: &History| -> Vec<u64> {
        history.snapshot().columns(seconds(60)).map(|column| column.start().as_secs()).collect()
    };
    history.observe(&Event::new(EventKind::Token, Outcome::Allowed, &policy));
    let first = starts(&history);
    let minute = (START.as_secs() + 3600) / 60 * 60;
    let whole: Vec<u64> = (0..60).rev().map(|nth| minute - nth * 60).collect();
    assert_eq!(first, whole);
    // 33 s into the minute: it goes on to its end.
    clock.advance(seconds(26));
    assert_eq!(starts(&history), whole);
    clock.advance(seconds(1));
    assert_eq!(starts(&history)[..59], whole[1..]);
    let snapshot = history.snapshot();
    let columns: Vec<_> = snapshot.columns(seconds(60)).collect();
    assert_eq!(tokens(columns[58].figures()), 1);
    assert_eq!(columns.iter().map(|column| tokens(column.figures())).sum::<u64>(), 1);
}

#[test]
fn says_what_it_cannot_know() {
    let (history, clock) = history();
    let known = |history: &History| {
        history.snapshot().columns(seconds(60)).filter(Column::is_known).count()
    };
    assert_eq!((known(&history), history.snapshot().age()), (1, Duration::ZERO));
    clock.advance(seconds(27));
    assert_eq!(known(&history), 2);
    clock.advance(seconds(120));
    assert_eq!((known(&history), history.snapshot().age()), (4, seconds(147)));
    clock.advance(seconds(86_400));
    assert_eq!(known(&history), 60);
}

#[test]
fn a_clock_that_is_set_moves_the_labels_and_nothing_else() {
    let (history, clock) = history();
    let policy = name("api");
    let event = Event::new(EventKind::Token, Outcome::Refused, &policy).reason(Reason::Expired);
    history.observe(&event);
    clock.advance(seconds(60));
    for jump in [0, 5, START.as_secs() + 90_000, u64::MAX / 4] {
        clock.set_unix(seconds(jump));
        history.observe(&event);
        let snapshot = history.snapshot();
        assert_eq!(snapshot.now(), seconds(jump));
        assert_eq!(snapshot.refusals()[0].at(), seconds(jump));
        let columns: Vec<_> = snapshot.columns(seconds(60)).collect();
        let count = |at: usize| columns[at].figures().count(EventKind::Token, Outcome::Refused);
        assert_eq!(count(58), 1, "{jump}");
        assert_eq!(columns[59].start(), seconds(jump.saturating_sub(33)));
    }
    let snapshot = history.snapshot();
    let hour = snapshot.last(History::SPAN);
    assert_eq!(hour.count(EventKind::Token, Outcome::Refused), 5);
}

#[test]
fn loses_nothing_that_many_threads_tell_at_once_while_time_passes() {
    let (history, clock) = history();
    let policies: Vec<_> = (0..8).map(|nth| name(&format!("policy-{nth}"))).collect();
    thread::scope(|scope| {
        for policy in &policies {
            let history = history.clone();
            scope.spawn(move || {
                for nth in 0..5000 {
                    let outcome = if nth % 2 == 0 { Outcome::Allowed } else { Outcome::Refused };
                    history.observe(&Event::new(EventKind::RateLimit, outcome, policy));
                }
            });
        }
        for _ in 0..300 {
            clock.advance(seconds(11));
            let _ = history.snapshot();
        }
    });
    let snapshot = history.snapshot();
    let hour = snapshot.last(History::SPAN);
    assert_eq!(hour.count(EventKind::RateLimit, Outcome::Allowed), 20_000);
    assert_eq!(hour.count(EventKind::RateLimit, Outcome::Refused), 20_000);
    let counted = snapshot.policies(EventKind::RateLimit);
    assert_eq!(counted.len(), policies.len());
    for policy in counted {
        assert_eq!(hour.by_policy(policy, Outcome::Refused), 2500);
    }
    assert_eq!(snapshot.refusals().iter().map(RecentRefusal::count).sum::<u64>(), 20_000);
}

#[test]
fn is_one_word_and_goes_anywhere() {
    fn size<T: Send + Sync + Clone + Default + 'static>() -> usize {
        size_of::<T>()
    }
    assert_eq!(size::<History>(), size_of::<usize>());
    assert_eq!(format!("{:?}", History::new()), "History { .. }");
    let snapshot = History::new().snapshot();
    assert_eq!(format!("{:?}", snapshot.last(seconds(30))), "Figures { slots: 3, .. }");
}
