//! Observers: all are told, and none can hurt.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rempart_core::{
    ClientAddr, Event, EventKind, KeyId, Observer, Observers, Outcome, PolicyName, Reason,
    TracingObserver, observer_panics,
};
use rempart_testing::Capture;
use tracing::Level;
use tracing::level_filters::LevelFilter;

#[derive(Default)]
struct Count(AtomicU64);

impl Observer for Count {
    fn observe(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

struct Panics;

impl Observer for Panics {
    fn observe(&self, _: &Event<'_>) {
        std::panic::panic_any(AlsoPanicsWhenDropped);
    }
}

struct AlsoPanicsWhenDropped;

impl Drop for AlsoPanicsWhenDropped {
    fn drop(&mut self) {
        panic!("the payload, too");
    }
}

fn policy() -> PolicyName {
    PolicyName::new("vapi").unwrap()
}

#[test]
fn a_panic_of_one_is_contained_counted_and_kept_from_the_others() {
    let (before, after) = (Arc::new(Count::default()), Arc::new(Count::default()));
    let observers = Observers::from((Arc::clone(&before), Panics, Arc::clone(&after)));
    let counted = observer_panics();
    let policy = policy();
    for _ in 0..3 {
        observers.emit(&Event::new(EventKind::CorsActual, Outcome::Allowed, &policy));
    }
    assert_eq!(observer_panics() - counted, 3);
    assert_eq!(before.0.load(Ordering::SeqCst), 3);
    assert_eq!(after.0.load(Ordering::SeqCst), 3);
}

#[test]
fn nobody_listens_only_where_the_log_is_alone_and_off() {
    let quiet = tracing_subscriber::fmt().with_max_level(LevelFilter::OFF).finish();
    // The most that any subscriber of the process wants: this test's thread is not alone.
    let (kind, outcome) = (EventKind::RateLimit, Outcome::Allowed);
    tracing::subscriber::with_default(quiet, || {
        let wanted = LevelFilter::current() >= Level::DEBUG;
        assert_eq!(Observers::default().listen(kind, outcome), wanted);
        assert!(Observers::from(()).listen(kind, outcome));
    });
}

#[test]
fn the_default_writes_each_outcome_at_its_level_with_all_its_fields() {
    let policy = policy();
    let capture = Capture::default();
    let event = Event::new(EventKind::Signature, Outcome::Refused, &policy)
        .reason(Reason::Mismatch)
        .client(Some(ClientAddr::new("203.0.113.9".parse().unwrap())))
        .route(Some("/webhooks/vapi"))
        .key(Some(KeyId::new("2026-q4").unwrap()))
        .secret(Some("VAPI_API_KEY"))
        .elapsed(Duration::from_micros(7));
    capture.within(|| Observers::default().emit(&event));
    let line = capture.text();
    for part in [
        " WARN ",
        "rempart: ",
        "event.name=\"signature.rejected\"",
        "owasp=\"authn_login_fail\"",
        "outcome=\"rejected\"",
        "reason=\"mismatch\"",
        "policy=\"vapi\"",
        "client.address=203.0.113.9",
        "http.route=\"/webhooks/vapi\"",
        "key.id=2026-q4",
        "secret.name=\"VAPI_API_KEY\"",
        "elapsed_us=7",
    ] {
        assert!(line.contains(part), "{part} in {line}");
    }
    capture.within(|| assert!(Observers::default().listen(EventKind::Signature, Outcome::Allowed)));
    let level = |kind, outcome| {
        let capture = Capture::default();
        let event = Event::new(kind, outcome, &policy);
        capture.within(|| TracingObserver.observe(&event));
        capture.text().split_whitespace().next().unwrap().to_owned()
    };
    assert_eq!(level(EventKind::CorsActual, Outcome::Allowed), "DEBUG");
    assert_eq!(level(EventKind::CorsActual, Outcome::Shadowed), "INFO");
    assert_eq!(level(EventKind::ClientAnomaly, Outcome::Shadowed), "WARN");
    assert_eq!(level(EventKind::RateLimit, Outcome::Error), "ERROR");
    assert_eq!(level(EventKind::KeyRevokedUse, Outcome::Refused), "ERROR");
    assert_eq!(level(EventKind::SecretEgress, Outcome::Refused), "ERROR");
}

#[test]
fn a_line_can_stand_for_others_and_nothing_in_it_moves_a_cursor() {
    let policy = policy();
    let event = Event::new(EventKind::SecretEgress, Outcome::Refused, &policy);
    let event = event.route(Some("/a\u{1b}[2J")).secret(Some("B\u{202e}C"));
    let lines = |tell: &dyn Fn()| {
        let capture = Capture::default();
        capture.within(tell);
        capture.text()
    };
    let alone = lines(&|| TracingObserver.observe(&event));
    for field in ["http.route=\"/a\u{fffd}[2J\"", "secret.name=\"B\u{fffd}C\""] {
        assert!(alone.contains(field), "{alone:?}");
    }
    let told = lines(&|| TracingObserver::tell(&event, 7));
    assert_eq!(told, format!("{} suppressed=7\n", alone.trim_end()));
}
