use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use rempart_core::{Event, EventKind, Observers, Outcome, PolicyName, Reason};
#[cfg(feature = "prometheus")]
use rempart_monitor::Exporter;
use rempart_monitor::Metrics;
use rempart_testing::alloc::{assert_counting, count};

/// Every kind and outcome, with a reason and without.
fn each(mut tell: impl FnMut(Event<'_>)) {
    let policies = ["a", "b"].map(|name| PolicyName::new(name).unwrap());
    for policy in &policies {
        for kind in EventKind::ALL {
            for outcome in Outcome::ALL {
                tell(Event::new(*kind, *outcome, policy));
                tell(Event::new(*kind, *outcome, policy).reason(Reason::RevokedKey));
            }
        }
    }
}

#[test]
fn an_event_allocates_nothing_after_the_first_of_its_kind() {
    assert_counting();
    let recorder = PrometheusBuilder::new().build_recorder();
    let observers = Observers::from(Metrics::new(recorder));
    each(|event| observers.emit(&event));
    let ((), counts) = count(|| {
        for _ in 0..100 {
            each(|event| observers.emit(&event));
        }
    });
    assert_eq!(counts.allocations, 0);
}

#[test]
fn an_event_of_a_declared_kind_allocates_nothing_at_all() {
    assert_counting();
    let policy = PolicyName::new("vapi").unwrap();
    let metrics = Metrics::new(PrometheusBuilder::new().build_recorder());
    metrics.declare(EventKind::Signature, [policy]);
    let observers = Observers::from(metrics);
    let event = Event::new(EventKind::Signature, Outcome::Refused, &policy);
    let ((), counts) = count(|| observers.emit(&event.reason(Reason::Mismatch)));
    assert_eq!(counts.allocations, 0);
}

#[cfg(feature = "prometheus")]
#[test]
fn a_timed_event_allocates_nothing_either() {
    assert_counting();
    let policy = PolicyName::new("vapi").unwrap();
    let metrics = Metrics::new(Exporter::new());
    metrics.declare(EventKind::Signature, [policy]);
    let observers = Observers::from(metrics);
    let event = Event::new(EventKind::Signature, Outcome::Allowed, &policy);
    let ((), counts) = count(|| {
        for nanoseconds in 0..10_000 {
            observers.emit(&event.elapsed(Duration::from_nanos(nanoseconds)));
        }
    });
    assert_eq!(counts.allocations, 0);
}

/// Why there is an exporter of our own: nobody may be there to scrape the other.
#[test]
fn the_histogram_of_another_exporter_allocates_for_every_64_events() {
    assert_counting();
    let policy = PolicyName::new("vapi").unwrap();
    let metrics = Metrics::new(PrometheusBuilder::new().build_recorder());
    metrics.declare(EventKind::Signature, [policy]);
    let observers = Observers::from(metrics);
    let event = Event::new(EventKind::Signature, Outcome::Allowed, &policy);
    let emit = || observers.emit(&event.elapsed(Duration::from_micros(5)));
    (0..64).for_each(|_| emit());
    let ((), counts) = count(|| (0..6_400).for_each(|_| emit()));
    assert!((90..=110).contains(&counts.allocations), "{counts:?}");
}
