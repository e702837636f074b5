//! An exporter for Prometheus whose histogram is a histogram.

use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use super::Metrics;

/// A recorder of one's own, and the text that Prometheus reads; clones share what they count.
///
/// It is `metrics-exporter-prometheus` but for the one [histogram](Metrics::HISTOGRAM), which is
/// counted here: in the buckets that it is to have, in a memory that does not grow, scraped or
/// not, and without an allocation. Other histograms that are recorded here are summaries of that
/// crate's, which keeps their values until the next [`render`](Exporter::render).
///
/// ```
/// use rempart_core::EventKind;
/// use rempart_monitor::{Exporter, Metrics};
///
/// let exporter = Exporter::new();
/// let metrics = Metrics::new(exporter.clone());
/// metrics.declare(EventKind::Signature, ["vapi".parse()?]);
/// // What `GET /metrics` answers, as `Exporter::CONTENT_TYPE`.
/// let text = exporter.render();
/// assert!(text.contains("rempart_signature_verification_duration_seconds_bucket{policy=\"vapi\""));
/// # Ok::<(), rempart_core::NameError>(())
/// ```
#[derive(Clone)]
pub struct Exporter(Arc<Shared>);

struct Shared {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    histogram: Mutex<Timed>,
}

#[derive(Default)]
struct Timed {
    help: SharedString,
    /// By the text of the labels, without braces.
    series: Vec<(String, Arc<Buckets>)>,
}

impl Exporter {
    /// The type of what [`render`](Self::render) gives.
    pub const CONTENT_TYPE: &'static str = "text/plain; version=0.0.4; charset=utf-8";

    /// Starts with no series.
    #[must_use]
    pub fn new() -> Self {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        Self(Arc::new(Shared { recorder, handle, histogram: Mutex::default() }))
    }

    /// The figures of this moment, in the text format of Prometheus.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = self.0.handle.render();
        // A thread that panicked here left a list, and each of its series whole.
        let histogram = self.0.histogram.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing into a string cannot fail.
        let _ = histogram.write(&mut text);
        text
    }
}

impl Timed {
    fn write(&self, text: &mut String) -> fmt::Result {
        let name = Metrics::HISTOGRAM;
        if self.series.is_empty() {
            return Ok(());
        }
        writeln!(text, "# HELP {name} {}\n# TYPE {name} histogram", self.help)?;
        for (labels, buckets) in &self.series {
            let mut count: u64 = 0;
            let bounds = Metrics::BUCKETS.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
            for (bound, bucket) in bounds.zip(&buckets.counts) {
                count = count.saturating_add(bucket.load(Ordering::Relaxed));
                writeln!(text, "{name}_bucket{{{labels},le=\"{bound}\"}} {count}")?;
            }
            let sum = Duration::from_nanos(buckets.nanoseconds.load(Ordering::Relaxed));
            writeln!(text, "{name}_sum{{{labels}}} {}", sum.as_secs_f64())?;
            writeln!(text, "{name}_count{{{labels}}} {count}")?;
        }
        text.push('\n');
        Ok(())
    }
}

/// How many fell between two bounds, and how long they took together.
#[derive(Default)]
struct Buckets {
    counts: [AtomicU64; Metrics::BUCKETS.len() + 1],
    nanoseconds: AtomicU64,
}

impl HistogramFn for Buckets {
    fn record(&self, seconds: f64) {
        // What is no length of time is none.
        let Ok(time) = Duration::try_from_secs_f64(seconds) else { return };
        let above = || Metrics::BUCKETS.len();
        let bucket = Metrics::BUCKETS.iter().position(|bound| seconds <= *bound);
        if let Some(count) = self.counts.get(bucket.unwrap_or_else(above)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }
}

impl Recorder for Exporter {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.0.recorder.describe_counter(name, unit, help);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.0.recorder.describe_gauge(name, unit, help);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        if name.as_str() == Metrics::HISTOGRAM {
            self.0.histogram.lock().unwrap_or_else(PoisonError::into_inner).help = help;
        } else {
            self.0.recorder.describe_histogram(name, unit, help);
        }
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        self.0.recorder.register_counter(key, metadata)
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        self.0.recorder.register_gauge(key, metadata)
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        if key.name() != Metrics::HISTOGRAM {
            return self.0.recorder.register_histogram(key, metadata);
        }
        let labels = key.labels().map(|label| {
            let value = label.value().replace('\\', "\\\\").replace('"', "\\\"");
            format!("{}=\"{}\"", label.key(), value.replace('\n', "\\n"))
        });
        let labels = labels.collect::<Vec<_>>().join(",");
        let mut histogram = self.0.histogram.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, buckets)) = histogram.series.iter().find(|(known, _)| *known == labels) {
            return Histogram::from_arc(Arc::clone(buckets));
        }
        let buckets = Arc::new(Buckets::default());
        histogram.series.push((labels, Arc::clone(&buckets)));
        Histogram::from_arc(buckets)
    }
}

impl Default for Exporter {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter").finish_non_exhaustive()
    }
}
