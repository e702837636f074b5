use std::time::Duration;

use serde_json::{Value, json};

use super::Rule;
use super::ask::Ask;
use super::stage::Stage;
use super::table::{Row, Table};
use super::tally::Tally;
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

async fn served(stage: &mut Stage, table: &mut Table) {
    let mark = stage.log.mark();
    stage.send(Ask::get("/healthz?page=2&sort=newest")).await;
    let row = Row::good("G3", Rule::LogRefusals, "GET /healthz?page=2&sort=newest");
    let lines = stage.log.since(mark);
    table.push(row.judge("1 × GET /healthz 200 page,sort", accesses(&lines)));
}

async fn silence(stage: &mut Stage, table: &mut Table) {
    let service_role = stage.keys.service_role.clone();
    let canaries = [
        service_role.as_str(),
        "made-up-canary-password",
        "4242424242424242",
        "+15145550187",
        "jeanne@canary.example",
    ];
    let [key, password, card, phone, email] = canaries;
    let mark = stage.log.mark();
    for ask in [
        Ask::get(format!("/healthz?apikey={key}&card={card}&page=2")),
        Ask::get(format!("/{key}/{card}")).header("apikey", key).header("referer", key),
        Ask::get("/api/calls").bearer(key).header("cookie", format!("session={key}")),
        Ask::get(format!("/api/calls/{phone}")).header("x-request-id", key),
        Ask::post("/auth/login", json!({ "email": email, "password": password }).to_string())
            .json(),
        Ask::post("/webhooks/vapi", json!({ "card": card, "phone": phone }).to_string()),
        Ask::get("/healthz").header("origin", format!("https://{password}.example")),
        Ask::get("/healthz").header("x-forwarded-for", key),
    ] {
        stage.send(ask).await;
    }
    let text = stage.log.text();
    let text = text.get(mark..).unwrap_or_default();
    let found = canaries.iter().filter(|canary| text.contains(**canary)).count();
    let lines = stage.log.since(mark);
    let neighbours = lines.iter().any(|line| {
        line["url.query.names"].as_str().is_some_and(|names| names.ends_with("card,page"))
    });
    let row =
        Row::hostile("G4", Rule::LogSilence, "secrets, a card, a phone, a password, anywhere");
    let expected = "0 of 5 in the log, their neighbours are";
    let neighbours = if neighbours { "their neighbours are" } else { "nor their neighbours" };
    table.push(row.judge(expected, format!("{found} of 5 in the log, {neighbours}")));

    let secrets = stage.keys.all.clone();
    let text = stage.log.text();
    let found = secrets.iter().filter(|secret| text.contains(secret.as_str())).count();
    let lines = text.matches("rempart::access").count();
    let lines = if lines == 0 { "no access log" } else { "an access log" };
    let row = Row::good("G5", Rule::LogSilence, "the whole tour's log, searched for secrets");
    table.push(row.judge(
        "an access log, 0 of 9 in it",
        format!("{lines}, {found} of {} in it", secrets.len()),
    ));
}

/// The lines of the access log.
fn accesses(lines: &[Value]) -> String {
    let mut got = Tally::default();
    for line in lines.iter().filter(|line| line["target"] == "rempart::access") {
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let status = &line["http.response.status_code"];
        let names = text("url.query.names");
        got.count(format!(
            "{} {} {status} {names}",
            text("http.request.method"),
            text("http.route")
        ));
    }
    got.text()
}

/// The refusals among the lines, and their reasons.
fn refusals(lines: &[Value]) -> String {
    let mut got = Tally::default();
    // A line without a policy sums up what no event was left to tell of.
    let refused = |line: &&Value| line["outcome"] == "rejected" && line["policy"].is_string();
    for line in lines.iter().filter(refused) {
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        got.count(format!("{}, {}", text("event.name"), text("reason")));
    }
    got.text()
}
