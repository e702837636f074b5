use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use rempart_core::{Event, EventKind, Observer, Outcome};

use super::{Rig, policy};

/// Something in every metric.
fn filled() -> Rig {
    let (rig, policy) = (Rig::new(), policy("a"));
    for kind in EventKind::ALL {
        let event = Event::new(*kind, Outcome::Refused, &policy);
        rig.metrics.observe(&event.elapsed(std::time::Duration::from_micros(3)));
    }
    rig.metrics.secret_ages([("VAPI_API_KEY", std::time::Duration::from_secs(60))]);
    rig.metrics.tracked_keys([(policy, 1)]);
    rig
}

fn kinds(page: &str, what: &str) -> BTreeSet<String> {
    let lines = page.lines().filter_map(|line| line.strip_prefix(what));
    lines.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn every_metric_is_described_and_stands_in_the_table() {
    let page = filled().exporter.render();
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
    promtool.stdin.take().unwrap().write_all(filled().exporter.render().as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success() && said.is_empty(), "{}", String::from_utf8_lossy(&said));
}
