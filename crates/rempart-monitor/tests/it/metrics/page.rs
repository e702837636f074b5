use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use rempart_core::{Event, EventKind, Observer, Outcome};
use rempart_monitor::Metrics;

use super::{Rig, policy};

/// Tells something of every metric.
fn fill(metrics: &Metrics) {
    let policy = policy("a");
    for kind in EventKind::ALL {
        let event = Event::new(*kind, Outcome::Refused, &policy);
        metrics.observe(&event.elapsed(Duration::from_micros(3)));
    }
    metrics.secret_ages([("VAPI_API_KEY", Duration::from_secs(60))]);
    metrics.tracked_keys([(policy, 1)]);
    metrics.config_stale([(policy, true)]);
}

fn filled() -> String {
    let rig = Rig::new();
    fill(&rig.metrics);
    rig.exporter.render()
}

fn kinds(page: &str, what: &str) -> BTreeSet<String> {
    let lines = page.lines().filter_map(|line| line.strip_prefix(what));
    lines.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn the_recorder_of_the_process_is_told_all_the_same() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let exporter = recorder.handle();
    metrics::with_local_recorder(&recorder, || fill(&Metrics::global()));
    let lines = |page: &str| page.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(lines(&exporter.render()), lines(&filled()));
}

#[cfg(feature = "prometheus")]
#[test]
fn the_exporter_says_what_the_other_says_but_of_the_histogram() {
    let exporter = rempart_monitor::Exporter::new();
    fill(&Metrics::new(exporter.clone()));
    let lines = |page: &str| {
        let others = page.lines().filter(|line| !line.contains(Metrics::HISTOGRAM));
        others.map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let page = exporter.render();
    assert_eq!(lines(&page), lines(&filled()));
    assert!(page.contains(&format!("# TYPE {} histogram", Metrics::HISTOGRAM)));
}

#[test]
fn every_metric_is_described_and_stands_in_the_table() {
    let page = filled();
    let (described, typed) = (kinds(&page, "# HELP "), kinds(&page, "# TYPE "));
    assert_eq!(described, typed);
    let readme = include_str!("../../../README.md");
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `rempart_"));
    let names = rows.map(|row| format!("rempart_{}", row.split(['`', '{']).next().unwrap()));
    assert_eq!(typed, names.collect::<BTreeSet<_>>());
}

#[test]
#[ignore = "needs promtool"]
fn promtool_finds_nothing_to_say_of_the_page() {
    let promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut promtool = promtool.unwrap();
    promtool.stdin.take().unwrap().write_all(filled().as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success() && said.is_empty(), "{}", String::from_utf8_lossy(&said));
}
