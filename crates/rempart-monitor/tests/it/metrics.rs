//! Every decision is counted, in series that no client can add to.
#![allow(
    clippy::cast_precision_loss,
    clippy::float_cmp,
    reason = "counts are whole numbers, and small ones"
)]

mod bounds;
mod decisions;
#[cfg(feature = "prometheus")]
mod exporter;
mod histogram;
mod page;
mod scraped;

use std::collections::BTreeMap;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use rempart_core::PolicyName;
use rempart_monitor::Metrics;

/// Metrics, and the page that shows them.
struct Rig {
    metrics: Metrics,
    exporter: PrometheusHandle,
}

/// What a page says: the value of each series.
type Series = BTreeMap<String, f64>;

impl Rig {
    fn new() -> Self {
        let recorder = PrometheusBuilder::new().build_recorder();
        let exporter = recorder.handle();
        Self { metrics: Metrics::new(recorder), exporter }
    }

    /// The series of the page that are not zero.
    fn counted(&self) -> Series {
        series(&self.exporter.render()).into_iter().filter(|(_, value)| *value != 0.0).collect()
    }

    /// How many series of a metric there are, those at zero too.
    fn series_of(&self, metric: &str) -> Vec<String> {
        let all = series(&self.exporter.render()).into_keys();
        all.filter(|series| series.split('{').next() == Some(metric)).collect()
    }
}

fn series(page: &str) -> Series {
    let lines = page.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let parsed = lines.map(|line| {
        let (series, value) = line.rsplit_once(' ').unwrap();
        (series.to_owned(), value.parse().unwrap())
    });
    parsed.collect()
}

fn policy(name: &str) -> PolicyName {
    PolicyName::new(name).unwrap()
}
