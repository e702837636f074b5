//! The runbook asks for what there is, too.

use rempart_core::{EventKind, Outcome, Reason};

use super::exposition::Exposition;
use super::promql::Query;
use super::read;
use super::rules::Rules;

/// What stands between each two of these marks.
fn between<'a>(text: &'a str, before: &'a str, after: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(before).skip(1).map(move |rest| rest.split(after).next().unwrap())
}

#[tokio::test]
async fn every_query_of_the_runbook_is_about_what_the_service_has() {
    let (runbook, metrics, rules) =
        (read("runbook.md"), Exposition::at_start().await, Rules::load());
    let queries: Vec<_> = between(&runbook, "```promql\n", "```").collect();
    assert!(queries.len() >= 3);
    for query in queries {
        metrics.assert_answers(query, &Query::of(query), &rules);
    }
    let words = between(&runbook, "`rempart_", "`");
    for metric in words.filter(|word| !word.contains("::")) {
        assert!(metrics.names().contains(format!("rempart_{metric}").as_str()), "{metric}");
    }
}

#[test]
fn every_event_and_reason_that_the_runbook_names_is_one() {
    let runbook = read("runbook.md");
    let names: Vec<_> = between(&runbook, "event.name=\"", "\"").collect();
    assert!(names.len() >= 4);
    for name in names.into_iter().filter(|name| !name.starts_with('[')) {
        let mut all = EventKind::ALL
            .iter()
            .flat_map(|kind| Outcome::ALL.iter().map(|outcome| kind.event_name(*outcome)));
        assert!(all.any(|known| known == name), "{name}");
    }
    // The first cell of a row of a table of reasons.
    for table in between(&runbook, "| reason | usually |\n|---|---|\n", "\n\n") {
        for row in table.lines() {
            let (cell, _) = row.split_once(" | ").unwrap();
            for reason in cell.split('`').skip(1).step_by(2) {
                let known = Reason::ALL.iter().any(|known| known.as_str() == reason);
                assert!(known || reason == "login", "{reason}");
            }
        }
    }
}
