//! What `GET /metrics` says, read as a scraper does.

use std::collections::{BTreeMap, BTreeSet};

use http::Request;

use super::promql::{Matcher, Query, Selector};
use super::rules::{Rules, TARGET};
use crate::house::{House, send};

/// The labels of each series, by the name of the metric.
pub(super) struct Exposition(BTreeMap<String, Vec<BTreeMap<String, String>>>);

impl Exposition {
    /// As it is before the first request.
    pub(super) async fn at_start() -> Self {
        let house = House::open().await;
        let page = Self::of(&text(&house).await);
        house.close().await;
        page
    }

    fn of(text: &str) -> Self {
        let mut metrics = BTreeMap::<_, Vec<_>>::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (series, _) = line.rsplit_once(' ').unwrap();
            let selector = Selector::of_series(series);
            let labels =
                selector.matchers.into_iter().map(|matcher| (matcher.label, matcher.value));
            metrics.entry(selector.metric).or_default().push(labels.collect());
        }
        Self(metrics)
    }

    /// Fails unless a query selects something of every metric that it names, whichever of its
    /// alternatives is looked at, and groups by labels that are there.
    pub(super) fn assert_answers(&self, asked_by: &str, query: &Query, rules: &Rules) {
        for selector in &query.selectors {
            if selector.is_of_the_scraper() {
                continue;
            }
            // What a rule records, the rule's own query was asked for.
            if rules.record(&selector.metric).is_some() {
                continue;
            }
            for chosen in selector.alternatives() {
                assert!(self.selects(&chosen), "{asked_by}: nothing is {chosen:?}");
            }
        }
        for label in &query.grouped_by {
            assert!(
                query.selectors.iter().any(|selector| self.has(&selector.metric, label, rules)),
                "{asked_by}: nothing has a label {label}"
            );
        }
    }

    /// Whether a metric, or what a rule records under its name, has a label.
    pub(super) fn has(&self, metric: &str, label: &str, rules: &Rules) -> bool {
        if TARGET.contains(&label) {
            return true;
        }
        if let Some(rule) = rules.record(metric) {
            let query = Query::of(&rule.expr);
            return query.grouped_by.contains(label)
                && query.selectors.iter().any(|selector| self.has(&selector.metric, label, rules));
        }
        let series = self.0.get(metric).into_iter().flatten();
        series.into_iter().any(|labels| labels.contains_key(label))
    }

    /// Whether there is such a series, whatever labels a scraper adds.
    pub(super) fn selects(&self, selector: &Selector) -> bool {
        let Some(series) = self.0.get(&selector.metric) else { return false };
        let of_ours = |matcher: &&Matcher| !TARGET.contains(&matcher.label.as_str());
        series.iter().any(|labels| {
            selector.matchers.iter().filter(of_ours).all(|matcher| {
                let value = labels.get(&matcher.label);
                value.is_some_and(|value| matcher.negated != (*value == matcher.value))
            })
        })
    }

    pub(super) fn names(&self) -> BTreeSet<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}

/// The whole page.
pub(super) async fn text(house: &House) -> String {
    let request = Request::get("/metrics").body(String::new()).unwrap();
    let answer = send(house.admin(), request).await;
    assert_eq!(answer.status(), 200);
    String::from_utf8(answer.into_body()).unwrap()
}
