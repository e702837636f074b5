use super::Rule;
use super::ask::{Answer, Ask};
use super::stage::Stage;
use super::table::{Row, Table};
use super::tally::Tally;
use crate::Part;

pub(super) async fn rows(stage: &mut Stage, table: &mut Table) {
    let answer = keys().send(stage.admin).await;
    let rings = answer.json("/rings").as_array().map_or(0, Vec::len);
    let shown = stage.keys.all.iter().filter(|key| contains(&answer, key)).count();
    let row = Row::good("A1", Rule::Admin, "GET /keys from this machine").regardless();
    let got = format!("{}, {rings} rings, {shown} values", answer.status());
    table.push(row.judge("200, 3 rings, 0 values", got));

    let mut got = Tally::default();
    for ask in [
        keys().from(stage.client()),
        keys().header("host", "rebound.example"),
        reload().header("origin", "https://evil.example"),
        reload().header("sec-fetch-site", "cross-site"),
    ] {
        got.count(refusal(&ask.send(stage.admin).await));
    }
    let row = Row::hostile("A2", Rule::Admin, "by a proxy, a rebound name, two pages; no token");
    table.push(row.judge("4 × 401 Bearer", got.text()));

    let agent = stage.agent().await;
    let ask = reload().from(stage.client()).bearer(&agent);
    let row = Row::hostile("A3", Rule::Admin, "a reload by an agent, by a proxy");
    table.push(row.judge("403 Bearer", refusal(&ask.send(stage.admin).await)));

    let admin = stage.token().await;
    let ask = reload().from(stage.client()).bearer(&admin);
    let row = Row::good("A4", Rule::Admin, "the same by an administrator").regardless();
    table.push(row.judge("200", ask.send(stage.admin).await.status()));

    let client = stage.client();
    let mut last = None;
    for _ in 0..6 {
        last = Some(keys().from(client).bearer("no token").send(stage.admin).await);
    }
    let row = Row::hostile("A5", Rule::Admin, "a 6th attempt that is denied");
    table.push(row.judge("429", last.map_or_else(String::new, |answer| answer.status())));

    let mark = stage.log.mark();
    reload().from(stage.client()).bearer(&agent).send(stage.admin).await;
    let lines = stage.log.since(mark);
    let mut got = Tally::default();
    for line in lines.iter().filter(|line| line["event.name"] == "admin.denied") {
        got.count(line["reason"].as_str().unwrap_or_default().to_owned());
    }
    let row = Row::hostile("A6", Rule::Admin, "what the log tells of it").also(Part::Log);
    table.push(row.judge("1 × insufficient_scope", got.text()));
}

fn keys() -> Ask {
    Ask::get("/keys")
}

fn reload() -> Ask {
    Ask::post("/keys/reload", "")
}

/// The status, and the scheme that it asks for.
fn refusal(answer: &Answer) -> String {
    let scheme = answer.header("www-authenticate").split(' ').next().unwrap_or_default();
    format!("{} {scheme}", answer.status())
}

fn contains(answer: &Answer, key: &str) -> bool {
    String::from_utf8_lossy(&answer.body).contains(key)
}
