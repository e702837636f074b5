//! The dashboard draws what the service has.

use std::collections::BTreeSet;

use serde_json::Value;

use super::exposition::Exposition;
use super::promql::Query;
use super::read;
use super::rules::Rules;

/// A query of a panel.
pub(super) struct Target {
    /// The title of the panel.
    pub(super) panel: String,
    pub(super) expr: String,
    legend: String,
}

/// Every query, with Grafana's variables as they are when nothing was chosen.
pub(super) fn targets() -> Vec<Target> {
    let dashboard: Value = serde_json::from_str(&read("dashboard.json")).unwrap();
    let mut targets = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let expr = text(&target["expr"]).replace("$__rate_interval", "5m");
            let (panel, legend) = (text(&panel["title"]), text(&target["legendFormat"]));
            targets.push(Target { panel, expr: expr.replace("$job", ".*"), legend });
        }
    }
    targets
}

#[tokio::test]
async fn every_panel_asks_for_what_the_service_has() {
    let (metrics, rules) = (Exposition::at_start().await, Rules::load());
    let targets = targets();
    assert!(targets.len() >= 25, "{}", targets.len());
    for target in &targets {
        let query = Query::of(&target.expr);
        metrics.assert_answers(&target.panel, &query, &rules);
        for label in target.legend.split("{{").skip(1) {
            let (label, _) = label.split_once("}}").unwrap();
            let of_record = |selector: &super::promql::Selector| {
                rules.record(&selector.metric).is_some()
                    && metrics.has(&selector.metric, label, &rules)
            };
            assert!(
                query.grouped_by.contains(label) || query.selectors.iter().any(of_record),
                "{}: the legend names {label}",
                target.panel
            );
        }
    }
}

#[tokio::test]
async fn no_metric_of_the_service_is_left_out() {
    let (metrics, rules) = (Exposition::at_start().await, Rules::load());
    let mut drawn: BTreeSet<String> = BTreeSet::new();
    for target in targets() {
        for selector in Query::of(&target.expr).selectors {
            let recorded = rules.record(&selector.metric).map(|rule| Query::of(&rule.expr));
            let recorded = recorded.into_iter().flat_map(|query| query.selectors);
            drawn.extend(recorded.chain([selector]).map(|selector| selector.metric));
        }
    }
    // A histogram's sum and count come with its buckets.
    let missing = metrics.names().into_iter().filter(|name| {
        !drawn.contains(*name)
            && !name.ends_with("_seconds_sum")
            && !name.ends_with("_seconds_count")
    });
    assert_eq!(missing.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn panels_have_a_title_each_stand_side_by_side_and_say_what_they_draw() {
    let dashboard: Value = serde_json::from_str(&read("dashboard.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let titles: BTreeSet<_> = panels.iter().map(|panel| panel["title"].as_str().unwrap()).collect();
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!((titles.len(), ids.len()), (panels.len(), panels.len()));
    let mut taken = BTreeSet::new();
    for panel in panels {
        let at = |name: &str| panel["gridPos"][name].as_u64().unwrap();
        for (x, y) in (0..at("w")).flat_map(|x| (0..at("h")).map(move |y| (x, y))) {
            assert!(taken.insert((at("x") + x, at("y") + y)), "{} overlaps", panel["title"]);
        }
        assert!(at("x") + at("w") <= 24, "{} is too wide", panel["title"]);
        let is_row = panel["type"] == "row";
        assert!(is_row || panel["description"].as_str().is_some_and(|text| text.ends_with('.')));
        assert!(is_row || panel["datasource"]["uid"] == "${datasource}");
    }
    // The three of the policy.
    for title in [
        "Share of requests blocked by CORS",
        "Failed authentications a minute",
        "Latency of signature validation",
    ] {
        assert!(titles.contains(title), "{title}");
    }
}
