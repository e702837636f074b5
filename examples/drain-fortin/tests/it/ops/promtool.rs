//! What `promtool` says of the rules and of the dashboard; of the metrics, see `metrics.rs`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Command;

use super::{dashboard, path, read, run};

fn promtool(arguments: &[&str]) -> Command {
    let mut command = Command::new("promtool");
    command.args(arguments).current_dir(path(""));
    command
}

#[test]
#[ignore = "needs promtool (Debian: prometheus)"]
fn rules_and_configuration_are_sound() {
    run(&mut promtool(&["check", "rules", "--lint-fatal", "alerts.yml", "recording.yml"]));
    run(&mut promtool(&["check", "config", "--lint-fatal", "prometheus.yml"]));
}

#[test]
#[ignore = "needs promtool (Debian: prometheus)"]
fn every_alert_fires_and_is_silent_as_its_tests_say() {
    let said = run(&mut promtool(&["test", "rules", "alerts_test.yml"]));
    assert!(said.contains("SUCCESS"), "{said}");
}

#[test]
#[ignore = "needs promtool (Debian: prometheus)"]
fn alerts_without_what_they_ask_to_be_recorded_say_that_they_are_blind() {
    let tests = read("alerts_test.yml").replace("  - recording.yml\n", "");
    let rules = format!("  - {}\n", path("alerts.yml").display());
    let mut file = tempfile::NamedTempFile::with_suffix(".yml").unwrap();
    file.write_all(tests.replace("  - alerts.yml\n", &rules).as_bytes()).unwrap();
    let said = promtool(&["test", "rules", file.path().to_str().unwrap()]).output().unwrap();
    let said = String::from_utf8(said.stderr).unwrap();
    // What is silent while all is there has something to tell now.
    let (_, silent) = said.split_once("SecurityMetricsAbsent is silent").unwrap();
    let (expected, got) = silent.split_once("got:").unwrap();
    assert!(!expected.contains("blind") && got.contains("blind"), "{silent}");
}

#[test]
#[ignore = "needs promtool (Debian: prometheus)"]
fn every_query_of_the_dashboard_is_one() {
    let mut rules = "groups:\n  - name: dashboard\n    rules:\n".to_owned();
    let targets = dashboard::targets();
    for (nth, target) in targets.iter().enumerate() {
        let expr = serde_json::to_string(&target.expr).unwrap();
        writeln!(rules, "      - {{record: 'dashboard:query:{nth}', expr: {expr}}}").unwrap();
    }
    let mut file = tempfile::NamedTempFile::with_suffix(".yml").unwrap();
    file.write_all(rules.as_bytes()).unwrap();
    let said = run(&mut promtool(&["check", "rules", file.path().to_str().unwrap()]));
    assert!(said.contains(&format!("{} rules found", targets.len())), "{said}");
}
