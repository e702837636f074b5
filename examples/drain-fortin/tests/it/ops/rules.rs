//! The alerts, what is recorded for them, and their tests.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::exposition::Exposition;
use super::promql::{Query, Selector};
use super::read;

/// The labels that a scraper adds.
pub(super) const TARGET: [&str; 2] = ["instance", "job"];

/// What the security policy wants to be told of, and without which it would be blind.
pub(super) const ALERTS: [&str; 13] = [
    "InvalidTokens",
    "AbnormalClient",
    "WebhookSignatureFailures",
    "AdminAccessDenied",
    "AdminAccess",
    "CorsBlockedRatioHigh",
    "SignatureLatencyHigh",
    "RevokedKeyUsed",
    "SecretEgressBlocked",
    "SecretTooOld",
    "ConfigReloadFailed",
    "ObserverPanics",
    "SecurityMetricsAbsent",
];

const RUNBOOK: &str = "https://github.com/rempart/rempart/blob/main/ops/runbook.md";

/// The rules of both files.
pub(super) struct Rules(Vec<Rule>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) alert: Option<String>,
    record: Option<String>,
    pub(super) expr: String,
    #[serde(rename = "for")]
    _held_for: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct File {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Tests {
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct Test {
    name: String,
    input_series: Vec<Series>,
    #[serde(rename = "alert_rule_test")]
    alerts: Vec<Expected>,
}

#[derive(Deserialize)]
struct Series {
    series: String,
}

#[derive(Deserialize)]
struct Expected {
    alertname: String,
    exp_alerts: Vec<serde_json::Value>,
}

impl Rules {
    pub(super) fn load() -> Self {
        let groups = ["alerts.yml", "recording.yml"].map(|name| {
            let file: File = serde_saphyr::from_str(&read(name)).unwrap();
            file.groups
        });
        Self(groups.into_iter().flatten().flat_map(|group| group.rules).collect())
    }

    pub(super) fn alerts(&self) -> impl Iterator<Item = (&str, &Rule)> {
        self.0.iter().filter_map(|rule| Some((rule.alert.as_deref()?, rule)))
    }

    /// The rule that records this metric.
    pub(super) fn record(&self, metric: &str) -> Option<&Rule> {
        self.0.iter().find(|rule| rule.record.as_deref() == Some(metric))
    }
}

fn tests() -> Vec<Test> {
    let tests: Tests = serde_saphyr::from_str(&read("alerts_test.yml")).unwrap();
    tests.tests
}

#[test]
fn every_alert_of_the_policy_is_there() {
    let rules = Rules::load();
    let alerts: Vec<_> = rules.alerts().map(|(name, _)| name).collect();
    assert_eq!(alerts, ALERTS);
}

#[test]
fn every_alert_has_a_severity_a_summary_and_a_section_of_the_runbook() {
    let runbook = read("runbook.md");
    let sections: Vec<_> = runbook.split("\n## ").skip(1).collect();
    let titles = sections.iter().map(|section| section.lines().next().unwrap());
    assert_eq!(titles.collect::<Vec<_>>(), ALERTS, "a section each, in the order of the rules");
    let rules = Rules::load();
    for ((name, rule), section) in rules.alerts().zip(sections) {
        let severity = rule.labels["severity"].as_str();
        assert!(["critical", "warning", "info"].contains(&severity), "{name}: {severity}");
        assert!(!rule.annotations["summary"].is_empty(), "{name}");
        let anchor = name.to_lowercase();
        assert_eq!(rule.annotations["runbook_url"], format!("{RUNBOOK}#{anchor}"));
        for part in ["**It means**", "**Look first**", "**Do**", "**A false alarm**"] {
            assert!(section.contains(part), "{name}: {part}");
        }
    }
}

#[test]
fn every_alert_has_a_test_in_which_it_fires_and_one_in_which_it_is_silent() {
    let tests = tests();
    for alert in ALERTS {
        let of_alert = tests.iter().filter(|test| test.name.starts_with(&format!("{alert} ")));
        let (mut fires, mut silent) = (0, 0);
        for test in of_alert {
            let expected = &test.alerts;
            assert!(!test.input_series.is_empty(), "{}: silent about nothing", test.name);
            assert!(expected.iter().all(|expected| expected.alertname == alert), "{}", test.name);
            if expected.iter().any(|expected| !expected.exp_alerts.is_empty()) {
                assert!(test.name.contains(" fires "), "{}", test.name);
                fires += 1;
            } else {
                assert!(test.name.contains(" is silent "), "{}", test.name);
                silent += 1;
            }
        }
        assert!(fires >= 1 && silent >= 1, "{alert} fires in {fires}, is silent in {silent}");
    }
}

/// An increase from nothing is none: a series that begins with what it is to tell of tells nothing.
#[tokio::test]
async fn what_a_rule_asks_for_is_there_before_the_first_request() {
    let (metrics, rules) = (Exposition::at_start().await, Rules::load());
    for rule in &rules.0 {
        let name = rule.alert.as_ref().or(rule.record.as_ref()).unwrap();
        metrics.assert_answers(name, &Query::of(&rule.expr), &rules);
    }
    // What is said of an alert is said in labels that it has.
    for (name, rule) in rules.alerts() {
        let mut has: BTreeSet<_> = Query::of(&rule.expr).grouped_by;
        for selector in Query::of(&rule.expr).selectors {
            if selector.is_of_the_scraper() {
                has.extend(TARGET.map(str::to_owned));
            }
            has.extend(rules.record(&selector.metric).into_iter().flat_map(|rule| {
                Query::of(&rule.expr).grouped_by.into_iter().filter(|label| label != "le")
            }));
        }
        for text in rule.annotations.values() {
            for label in text.split("$labels.").skip(1) {
                let label: String = label.chars().take_while(char::is_ascii_lowercase).collect();
                assert!(has.contains(&label), "{name} has no label {label}");
            }
        }
    }
}

#[tokio::test]
async fn the_tests_of_alerts_are_about_series_that_the_service_has() {
    let metrics = Exposition::at_start().await;
    for test in tests() {
        // A summary is what the service is not to have, and the alert says so.
        for series in test.input_series.iter().filter(|series| !series.series.contains("quantile="))
        {
            let selector = Selector::of_series(&series.series);
            let known = selector.is_of_the_scraper() || metrics.selects(&selector);
            assert!(known, "{}", series.series);
        }
    }
}

/// A rule about a job that is called otherwise would ring for ever, or never.
#[test]
fn the_job_that_rules_name_is_the_one_that_is_scraped() {
    let scraped = read("prometheus.yml");
    let rules = Rules::load();
    let selectors = rules.0.iter().flat_map(|rule| Query::of(&rule.expr).selectors);
    let named = selectors.flat_map(|selector| selector.matchers);
    let jobs: BTreeSet<_> = named.filter(|matcher| matcher.label == "job").collect();
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    for job in jobs {
        let line = format!("  - job_name: {}\n", job.value);
        assert!(scraped.contains(&line), "{line}");
    }
}
