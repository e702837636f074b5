use std::time::Duration;

use super::Rule;
use super::ask::Ask;
use super::stage::Stage;
use super::table::{Row, Table};
use crate::Part;

pub(super) async fn rows(stage: &mut Stage, table: &mut Table) {
    // No alert looks further back.
    stage.clock.advance(Duration::from_secs(11 * 60));
    let row = Row::good("P1", Rule::Alerts, "nothing, for 11 minutes").regardless();
    table.push(row.judge("All quiet", after(&page(stage).await, "<strong id=\"state\">", '<')));

    let clients = [stage.client(), stage.client(), stage.client()];
    for _ in 0..25 {
        for client in clients {
            Ask::get("/api/calls").bearer("no token").from(client).send(stage.public).await;
            let forged = Ask::post("/webhooks/vapi", "{}");
            let forged = forged.header("x-vapi-signature", "0".repeat(64));
            forged.from(client).send(stage.public).await;
        }
        stage.clock.advance(Duration::from_secs(10));
    }
    Ask::get("/keys").from(stage.client()).send(stage.admin).await;
    let page = page(stage).await;
    let mut push = |id, request, alert, part: Option<Part>| {
        let row = Row::hostile(id, Rule::Alerts, request);
        let row = if let Some(part) = part { row.also(part) } else { row };
        let told = after(&page, &format!("data-alert=\"{alert}\" data-state=\""), '"');
        table.push(row.judge("firing", told));
    };
    let tokens = "InvalidTokens: 3 bad tokens each 10 s";
    push("P2", tokens, "InvalidTokens", Some(Part::Token));
    // Either of what they send is enough.
    push("P3", "AbnormalClient: who sent them", "AbnormalClient", None);
    let webhooks = "WebhookSignatureFailures: 3 each 10 s";
    push("P4", webhooks, "WebhookSignatureFailures", Some(Part::Signature));
    let keys = "AdminAccessDenied: GET /keys by a proxy";
    push("P5", keys, "AdminAccessDenied", Some(Part::Admin));
}

/// What whoever is on call sees.
async fn page(stage: &Stage) -> String {
    let answer = Ask::get("/security?live").send(stage.admin).await;
    String::from_utf8_lossy(&answer.body).into_owned()
}

fn after(page: &str, mark: &str, end: char) -> String {
    let rest = page.split_once(mark).map_or("", |(_, rest)| rest);
    rest.split(end).next().unwrap_or_default().to_owned()
}
