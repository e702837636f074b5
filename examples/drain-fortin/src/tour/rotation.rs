//! Keys that turn while the service runs: what the tool writes into a ring's folder, and a reload.

use std::error::Error;
use std::fs;
use std::time::Duration;

use rempart_core::{Clock, KeyId};
use rempart_keys::Secret;

use super::Rule;
use super::ask::Ask;
use super::stage::Stage;
use super::table::{Row, Table};
use super::tally::Tally;
use crate::Part;
use crate::keys::Purpose;

type Step<T> = Result<T, Box<dyn Error + Send + Sync>>;

pub(super) async fn rows(stage: &mut Stage, table: &mut Table) {
    // What cannot be written into the folder is a row that is red.
    for done in [signatures(stage, table).await, tokens(stage, table).await] {
        if let Err(error) = done {
            let row = Row::good("K0", Rule::Rotation, "the tool's steps on the folder");
            table.push(row.judge("done", error.to_string()));
        }
    }
}

async fn signatures(stage: &mut Stage, table: &mut Table) -> Step<()> {
    let (old, ring, next) = (stage.keys.vapi.clone(), stage.ring(Purpose::Vapi)?, id("2026-q4")?);
    let new = ring.generate(next, stage.clock.unix())?;
    stage.keep_silent_of(&new);
    reload(stage).await;
    let row = Row::good("K1", Rule::Rotation, "a Vapi key added: signed by the old, by the new");
    let got = webhooks(stage, [&old, &new]).await;
    table.push(row.also(Part::Signature).judge("2 × 204", got));

    ring.promote(next, stage.clock.unix(), OVERLAP)?;
    reload(stage).await;
    let row = Row::good("K2", Rule::Rotation, "promoted, the old one retiring: the same");
    let got = webhooks(stage, [&old, &new]).await;
    table.push(row.also(Part::Signature).judge("2 × 204", got));

    stage.clock.advance(OVERLAP);
    let row = Row::hostile("K3", Rule::Rotation, "signed by the old, the overlap over");
    let got = webhooks(stage, [&old]).await;
    table.push(row.also(Part::Signature).judge("1 × 401", got));

    let spare = id("2027-q1")?;
    let replacement = ring.generate(spare, stage.clock.unix())?;
    stage.keep_silent_of(&replacement);
    ring.promote(spare, stage.clock.unix(), OVERLAP)?;
    ring.revoke(next, stage.clock.unix())?;
    reload(stage).await;
    let row = Row::hostile("K4", Rule::Revocation, "signed by a key revoked a moment ago");
    table.push(row.also(Part::Signature).judge("1 × 401", webhooks(stage, [&new]).await));
    let row = Row::good("K5", Rule::Revocation, "signed by the one in its place");
    table.push(row.also(Part::Signature).judge("1 × 204", webhooks(stage, [&replacement]).await));

    let file = ring.path().join("ring");
    let whole = fs::read(&file)?;
    fs::write(&file, "this is no ring")?;
    fs::write(ring.path().join("revoked"), format!("{next}\n{spare} leaked\n"))?;
    reload(stage).await;
    let row = Row::hostile("K6", Rule::Revocation, "signed by one revoked beside a broken file");
    table.push(row.also(Part::Signature).judge("1 × 401", webhooks(stage, [&replacement]).await));
    // As long as it is broken an alert fires.
    fs::write(file, whole)?;
    reload(stage).await;
    Ok(())
}

async fn tokens(stage: &mut Stage, table: &mut Table) -> Step<()> {
    let (ring, next) = (stage.ring(Purpose::Tokens)?, id("2026-q4")?);
    let old = stage.token().await;
    let key = ring.generate(next, stage.clock.unix())?;
    stage.keep_silent_of(&key);
    ring.promote(next, stage.clock.unix(), OVERLAP)?;
    reload(stage).await;
    let new = stage.token().await;
    let row = Row::good("K7", Rule::Rotation, "the key of tokens promoted: old token, new token");
    table.push(row.also(Part::Token).judge("2 × 200", lists(stage, [&old, &new]).await));

    ring.revoke(id("env")?, stage.clock.unix())?;
    reload(stage).await;
    let row = Row::hostile("K8", Rule::Revocation, "a token of the old key, revoked");
    table.push(row.also(Part::Token).judge("1 × 401", lists(stage, [&old]).await));

    stage.clock.advance(Duration::from_secs(2));
    let mark = stage.log.mark();
    lists(stage, [&old]).await;
    let lines = stage.log.since(mark);
    let mut told = Tally::default();
    for line in lines.iter().filter(|line| line["outcome"] == "rejected") {
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        told.count(format!("{}, {}", text("event.name"), text("reason")));
    }
    let row = Row::hostile("K9", Rule::LogRefusals, "what the log tells of it").also(Part::Token);
    let wanted = "1 × auth.failed, revoked_key; 1 × key.revoked_used, revoked_key";
    table.push(row.judge(wanted, told.text()));
    Ok(())
}

/// How long an old key and a new one are good together.
const OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);

fn id(text: &str) -> Step<KeyId> {
    Ok(KeyId::new(text)?)
}

async fn reload(stage: &Stage) {
    Ask::post("/keys/reload", "").send(stage.admin).await;
}

/// What becomes of a webhook that each of these keys has signed.
async fn webhooks<const N: usize>(stage: &mut Stage, keys: [&Secret; N]) -> String {
    let status = r#"{"message":{"type":"status-update","status":"ringing"}}"#;
    let mut got = Tally::default();
    for key in keys {
        let ask = stage.vapi_by(key, status);
        got.count(stage.send(ask).await.status());
    }
    got.text()
}

/// What becomes of a request with each of these tokens.
async fn lists<const N: usize>(stage: &mut Stage, tokens: [&str; N]) -> String {
    let mut got = Tally::default();
    for token in tokens {
        got.count(stage.send(Ask::get("/api/calls").bearer(token)).await.status());
    }
    got.text()
}
