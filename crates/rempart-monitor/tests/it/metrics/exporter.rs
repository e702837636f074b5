use std::time::Duration;

use metrics::{Key, Label, Level, Metadata, Recorder};
use rempart_core::{Event, EventKind, Observer, Outcome};
use rempart_monitor::{Exporter, Metrics};

use super::{policy, series};

/// How long it took in nanoseconds, and the first bucket that it falls into.
#[rustfmt::skip]
const ROWS: [(u64, &str); 19] = [
    (0,             "0.000001"),
    (1_000,         "0.000001"),
    (1_001,         "0.0000025"),
    (2_500,         "0.0000025"),
    (5_000,         "0.000005"),
    (10_000,        "0.00001"),
    (10_001,        "0.000025"),
    (25_000,        "0.000025"),
    (50_000,        "0.00005"),
    (100_000,       "0.0001"),
    (250_000,       "0.00025"),
    (500_000,       "0.0005"),
    (1_000_000,     "0.001"),
    (5_000_000,     "0.005"),
    (5_000_001,     "0.01"),
    (10_000_000,    "0.01"),
    (100_000_000,   "0.1"),
    (100_000_001,   "+Inf"),
    (u64::MAX,      "+Inf"),
];

#[test]
fn a_duration_falls_into_its_bucket_and_all_above() {
    let bounds = Metrics::BUCKETS.map(|bound| bound.to_string());
    let bounds: Vec<&str> = bounds.iter().map(String::as_str).chain(["+Inf"]).collect();
    for (nanoseconds, first) in ROWS {
        let exporter = Exporter::new();
        let (metrics, policy) = (Metrics::new(exporter.clone()), policy("vapi"));
        let event = Event::new(EventKind::Signature, Outcome::Refused, &policy);
        metrics.observe(&event.elapsed(Duration::from_nanos(nanoseconds)));
        let series = series(&exporter.render());
        let labels = "policy=\"vapi\",outcome=\"rejected\"";
        let upto = |bound: &str| {
            series[&format!("{}_bucket{{{labels},le=\"{bound}\"}}", Metrics::HISTOGRAM)]
        };
        let first = bounds.iter().position(|bound| *bound == first).unwrap();
        for (nth, bound) in bounds.iter().enumerate() {
            let want = f64::from(u8::from(nth >= first));
            assert_eq!(upto(bound), want, "{nanoseconds} ns, up to {bound} s");
        }
        assert_eq!(series[&format!("{}_count{{{labels}}}", Metrics::HISTOGRAM)], 1.0);
        let sum = series[&format!("{}_sum{{{labels}}}", Metrics::HISTOGRAM)];
        let want = Duration::from_nanos(nanoseconds).as_secs_f64();
        assert!((sum - want).abs() <= want * 1e-9, "{sum} is not {want}");
    }
}

#[test]
fn a_declared_histogram_is_one_before_anything_was_timed() {
    let exporter = Exporter::new();
    let metrics = Metrics::new(exporter.clone());
    metrics.declare(EventKind::Signature, [policy("vapi"), policy("twilio")]);
    // Made again: nothing stands twice.
    metrics.declare(EventKind::Signature, [policy("vapi")]);
    let page = exporter.render();
    let is_bucket = |line: &&str| line.starts_with(&format!("{}_bucket", Metrics::HISTOGRAM));
    let buckets = page.lines().filter(is_bucket).count();
    assert_eq!(buckets, 2 * 2 * (Metrics::BUCKETS.len() + 1));
    assert_eq!(page.matches(&format!("# TYPE {} histogram", Metrics::HISTOGRAM)).count(), 1);
    assert_eq!(page.matches(&format!("# HELP {} How long", Metrics::HISTOGRAM)).count(), 1);
}

#[test]
fn what_else_is_recorded_passes_through_and_no_label_breaks_a_line() {
    const METADATA: Metadata<'static> = Metadata::new("a", Level::INFO, None);
    let exporter = Exporter::default();
    exporter.register_histogram(&Key::from_name("own"), &METADATA).record(1.0);
    exporter.register_gauge(&Key::from_name("temperature"), &METADATA).set(20.5);
    let label = Label::new("policy", "a\"b\\c\nd");
    let key = Key::from_parts(Metrics::HISTOGRAM, vec![label]);
    let histogram = exporter.register_histogram(&key, &METADATA);
    histogram.record(0.5);
    // No length of time.
    histogram.record(f64::NAN);
    histogram.record(-1.0);
    let page = exporter.render();
    assert!(page.contains("own_count 1\n") && page.contains("temperature 20.5\n"), "{page}");
    let count = r#"_count{policy="a\"b\\c\nd"} 1"#;
    assert!(page.contains(count), "{page}");
    assert!(!Exporter::CONTENT_TYPE.is_empty() && format!("{exporter:?}").contains("Exporter"));
}
