//! Where the metrics go, told once.

use std::sync::Arc;

use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Label, Level, Metadata, Recorder, SharedString, Unit,
};

/// A recorder that is kept: series come into being long after the metrics were made.
#[derive(Clone)]
pub(super) struct Registrar(Arc<dyn Recorder + Send + Sync>);

type Labels<'a> = &'a [(&'static str, String)];

impl Registrar {
    pub(super) fn new(recorder: impl Recorder + Send + Sync + 'static) -> Self {
        Self(Arc::new(recorder))
    }

    pub(super) fn describe_counter(&self, name: &'static str, help: &'static str) {
        self.0.describe_counter(KeyName::from(name), Some(Unit::Count), help.into());
    }

    pub(super) fn describe_gauge(&self, name: &'static str, unit: Unit, help: &'static str) {
        self.0.describe_gauge(KeyName::from(name), Some(unit), help.into());
    }

    pub(super) fn describe_histogram(&self, name: &'static str, help: &'static str) {
        self.0.describe_histogram(KeyName::from(name), Some(Unit::Seconds), help.into());
    }

    pub(super) fn counter(&self, name: &'static str, labels: Labels<'_>) -> Counter {
        self.0.register_counter(&key(name, labels), &METADATA)
    }

    pub(super) fn gauge(&self, name: &'static str, labels: Labels<'_>) -> Gauge {
        self.0.register_gauge(&key(name, labels), &METADATA)
    }

    pub(super) fn histogram(&self, name: &'static str, labels: Labels<'_>) -> Histogram {
        self.0.register_histogram(&key(name, labels), &METADATA)
    }
}

fn key(name: &'static str, labels: Labels<'_>) -> Key {
    let labels = labels.iter().map(|(label, value)| Label::new(*label, value.clone()));
    Key::from_parts(name, labels.collect::<Vec<_>>())
}

const METADATA: Metadata<'static> =
    Metadata::new("rempart", Level::INFO, Some("rempart_monitor::metrics"));

/// The recorder that the process has installed, asked anew each time.
pub(super) struct Installed;

impl Recorder for Installed {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        metrics::with_recorder(|recorder| recorder.describe_counter(name, unit, help));
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        metrics::with_recorder(|recorder| recorder.describe_gauge(name, unit, help));
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        metrics::with_recorder(|recorder| recorder.describe_histogram(name, unit, help));
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        metrics::with_recorder(|recorder| recorder.register_counter(key, metadata))
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        metrics::with_recorder(|recorder| recorder.register_gauge(key, metadata))
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        metrics::with_recorder(|recorder| recorder.register_histogram(key, metadata))
    }
}
