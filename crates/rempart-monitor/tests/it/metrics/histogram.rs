use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use rempart_core::{Event, EventKind, Observer, Outcome};
use rempart_monitor::Metrics;

use super::{policy, series};

fn page(builder: PrometheusBuilder) -> String {
    let recorder = builder.build_recorder();
    let exporter = recorder.handle();
    let (metrics, policy) = (Metrics::new(recorder), policy("vapi"));
    let event = Event::new(EventKind::Signature, Outcome::Allowed, &policy);
    metrics.observe(&event.elapsed(Duration::from_micros(7)));
    exporter.render()
}

/// The trap that the buckets are published for.
#[test]
fn an_exporter_that_is_not_told_of_the_buckets_makes_a_summary() {
    let summary = format!("# TYPE {} summary", Metrics::HISTOGRAM);
    assert!(page(PrometheusBuilder::new()).contains(&summary));
}

#[test]
fn an_exporter_that_is_told_makes_a_histogram() {
    let name = Matcher::Full(Metrics::HISTOGRAM.to_owned());
    let builder = PrometheusBuilder::new();
    let page = page(builder.set_buckets_for_metric(name, &Metrics::BUCKETS).unwrap());
    assert!(page.contains(&format!("# TYPE {} histogram", Metrics::HISTOGRAM)), "{page}");
    let series = series(&page);
    let upto = |bound: &str| {
        let labels = format!("{{policy=\"vapi\",outcome=\"allowed\",le=\"{bound}\"}}");
        series[&format!("{}_bucket{labels}", Metrics::HISTOGRAM)]
    };
    assert_eq!(
        [upto("0.000005"), upto("0.00001"), upto("0.1"), upto("+Inf")],
        [0.0, 1.0, 1.0, 1.0]
    );
}

#[test]
fn what_took_no_verification_is_not_timed() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let exporter = recorder.handle();
    let (metrics, policy) = (Metrics::new(recorder), policy("token"));
    let event = Event::new(EventKind::Token, Outcome::Allowed, &policy);
    metrics.observe(&event.elapsed(Duration::from_micros(7)));
    let untimed = Event::new(EventKind::Signature, Outcome::Allowed, &policy);
    metrics.observe(&untimed);
    assert!(!exporter.render().contains(Metrics::HISTOGRAM));
}
