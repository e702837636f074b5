//! No first refusal of a layer begins a series: an increase from nothing would be none.

use rempart::core::{Event, EventKind, Observer, Outcome, PolicyName, Reason};
use rempart::monitor::{Exporter, Metrics};
use rempart::{signature, token};

/// Every reason of these kinds that a layer can give.
fn given() -> impl Iterator<Item = (EventKind, Reason)> {
    let signed = signature::Rejection::ALL.iter().map(|why| (why.kind(), why.reason()));
    let borne = token::Rejection::ALL.iter().map(|why| (EventKind::Token, why.reason()));
    signed.filter(|(kind, _)| *kind == EventKind::Signature).chain(borne)
}

#[test]
fn every_reason_that_a_layer_can_give_is_counted_from_zero() {
    let exporter = Exporter::new();
    let metrics = Metrics::new(exporter.clone());
    let policy = PolicyName::new("declared").unwrap();
    for kind in [EventKind::Signature, EventKind::Token] {
        metrics.declare(kind, [policy]);
    }
    let series = || exporter.render().lines().filter(|line| !line.starts_with('#')).count();
    let before = series();
    for (kind, reason) in given() {
        metrics.observe(&Event::new(kind, Outcome::Refused, &policy).reason(reason));
        assert_eq!(series(), before, "{kind} {reason}");
    }
}
