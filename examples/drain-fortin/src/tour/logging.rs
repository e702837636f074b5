use std::time::Duration;

use serde_json::Value;

use super::Rule;
use super::ask::Ask;
use super::cors::Tally;
use super::stage::Stage;
use super::table::{Row, Table};
use crate::Part;

pub(super) async fn rows(stage: &mut Stage, table: &mut Table) {
    // A second of its own, so that what was refused before leaves its lines to these rows.
    stage.clock.advance(Duration::from_secs(2));
    let mark = stage.log.mark();
    stage.send(Ask::post("/webhooks/vapi", "{}")).await;
    let row = Row::hostile("G1", Rule::LogRefusals, "an unsigned webhook").also(Part::Signature);
    table.push(row.judge("1 × signature.rejected, missing", refusals(&stage.log.since(mark))));

    stage.clock.advance(Duration::from_secs(2));
    let mark = stage.log.mark();
    for _ in 0..60 {
        stage.send(Ask::post("/webhooks/vapi", "{}")).await;
    }
    stage.clock.advance(Duration::from_secs(1));
    stage.send(Ask::post("/webhooks/vapi", "{}")).await;
    let lines = stage.log.since(mark);
    let held = lines.iter().filter_map(|line| line["suppressed"].as_u64()).sum::<u64>();
    let row = Row::hostile("G2", Rule::LogRefusals, "60 of them in a second").also(Part::Signature);
    let got = format!("{}, {held} more told of", refusals(&lines));
    table.push(row.judge("21 × signature.rejected, missing, 40 more told of", got));
    served(stage, table).await;
    silence(stage, table).await;
}

async fn served(_stage: &mut Stage, _table: &mut Table) {}

async fn silence(_stage: &mut Stage, _table: &mut Table) {}

/// The refusals among the lines, and their reasons.
fn refusals(lines: &[Value]) -> String {
    let mut got = Tally::default();
    for line in lines.iter().filter(|line| line["outcome"] == "rejected") {
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        got.count(format!("{}, {}", text("event.name"), text("reason")));
    }
    got.text()
}
