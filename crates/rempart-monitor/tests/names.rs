//! More names than a process gives an index: in a binary of its own, since they are for ever.
#![allow(clippy::unwrap_used, reason = "a test that unwraps in vain has failed, as it should")]

use metrics_exporter_prometheus::PrometheusBuilder;
use rempart_core::{Event, EventKind, Observer, Outcome, PolicyName};
use rempart_monitor::Metrics;

#[test]
fn names_that_are_made_up_at_run_time_fill_no_memory_and_no_page() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let exporter = recorder.handle();
    let metrics = Metrics::new(recorder);
    let names = 2 * PolicyName::INDEXED;
    for nth in 0..names {
        let policy = PolicyName::new(&format!("crowd-{nth}")).unwrap();
        metrics.observe(&Event::new(EventKind::Admin, Outcome::Allowed, &policy));
    }
    let page = exporter.render();
    let lines = page.lines().filter_map(|line| line.strip_prefix("rempart_admin_requests_total{"));
    let counts = lines.map(|line| line.rsplit_once(' ').unwrap());
    let counts: Vec<(&str, u64)> =
        counts.map(|(labels, count)| (labels, count.parse().unwrap())).collect();
    assert_eq!(counts.len(), Metrics::MAX_LABELS + 1);
    assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), u64::from(names));
    let others = counts.iter().find(|(labels, _)| labels.contains("policy=\"other\"")).unwrap();
    assert_eq!(others.1, u64::from(names) - 64);
}
