use serde_json::json;

use super::Rule;
use super::ask::{Answer, Ask};
use super::stage::{SMS, Stage};
use super::table::{Row, Table};
use super::tally::Tally;
use crate::Part;

pub(super) async fn rows(stage: &mut Stage, table: &mut Table) {
    vapi(stage, table).await;
    vapi_bodies(stage, table).await;
    twilio(stage, table).await;
}

async fn vapi(stage: &mut Stage, table: &mut Table) {
    let report = json!({ "message": {
        "type": "end-of-call-report",
        "endedReason": "customer-ended-call",
        "call": { "id": "tour-call", "customer": { "number": "+15145550123" } },
        "analysis": { "summary": "A blocked drain in Laval." },
        "artifact": { "transcript": "AI: Drain Fortin, hello?" },
    }});
    let report = report.to_string();
    let first = stage.send(stage.vapi(&report)).await;
    let stored = stage.stored("/api/calls", "tour-call").await;
    let row = Row::good("W1", Rule::Vapi, "a signed report").also(Part::Token);
    table.push(row.judge("200, stored 1 ×", format!("{}, stored {stored} ×", first.status())));

    let again = stage.send(stage.vapi(&report)).await;
    let stored = stage.stored("/api/calls", "tour-call").await;
    let row = Row::good("W2", Rule::Vapi, "the same report again").also(Part::Token);
    table.push(row.judge("200, stored 1 ×", format!("{}, stored {stored} ×", again.status())));

    let status = r#"{"message":{"type":"status-update","status":"ringing"}}"#;
    let row = Row::good("W3", Rule::Vapi, "a signed message of another type");
    table.push(row.judge("204", stage.send(stage.vapi(status)).await.status()));

    let good = stage.vapi(status);
    let signature = good.sent("x-vapi-signature").to_owned();
    let shorter = signature.get(..63).unwrap_or_default().to_owned();
    let wrongs = [
        (0, String::new()),
        (1, shorter.clone()),
        (1, format!("{signature}0")),
        (1, format!("{signature}00")),
        (1, format!("{shorter}g")),
        (1, signature.to_uppercase()),
        (1, "0".repeat(64)),
        (1, format!("sha256={signature}")),
        (2, signature.clone()),
    ];
    let mut got = Tally::default();
    for (lines, text) in wrongs {
        let mut ask = Ask::post("/webhooks/vapi", status).json();
        for _ in 0..lines {
            ask = ask.header("x-vapi-signature", &text);
        }
        let answer = stage.send(ask).await;
        got.count(format!(
            "{}, {} headers, {} bytes",
            challenge(&answer),
            answer.names().len(),
            answer.body.len()
        ));
    }
    let row = Row::hostile(
        "W4",
        Rule::Vapi,
        "none, short, odd, long, non-hex, upper, wrong, prefixed, twice",
    );
    let alike = got.kinds() == 1 && got.text().starts_with("9 × 401 Signature");
    table.push(row.judge(
        "9 × 401 Signature, all alike",
        if alike { "9 × 401 Signature, all alike".to_owned() } else { got.text() },
    ));

    let altered = Ask::post("/webhooks/vapi", status.replace("ringing", "singing")).json();
    let altered = altered.header("x-vapi-signature", &signature);
    let row = Row::hostile("W5", Rule::Vapi, "a signed body with one byte changed");
    table.push(row.judge("401 Signature", challenge(&stage.send(altered).await)));
}

async fn vapi_bodies(stage: &mut Stage, table: &mut Table) {
    let status = r#"{"message":{"type":"status-update","status":"ringing"}}"#;
    let encoded = stage.vapi(status).header("content-encoding", "gzip");
    let row = Row::hostile("W6", Rule::Vapi, "a signed body, said to be compressed");
    table.push(row.judge("415", stage.send(encoded).await.status()));

    let long = format!("{status}{}", " ".repeat(1 << 20));
    let row = Row::hostile("W7", Rule::Vapi, "a signed body over 1 MiB");
    table.push(row.judge("413", stage.send(stage.vapi(&long)).await.status()));

    let mut got = Tally::default();
    for body in ["", "not json", "{}", r#"{"message":{"type":"end-of-call-report"}}"#] {
        got.count(stage.send(stage.vapi(body)).await.status());
    }
    let row = Row::hostile("W8", Rule::Vapi, "signed: nothing, no JSON, no message, no call");
    table.push(row.judge("4 × 400", got.text()));
}

async fn twilio(stage: &mut Stage, table: &mut Table) {
    let form =
        "MessageSid=SM_tour&From=%2B15145550123&To=%2B15145550100&Body=Le+drain+est+bouch%C3%A9";
    let origin = stage.origin();
    let first = stage.send(stage.twilio(&origin, form)).await;
    let again = stage.send(stage.twilio(&origin, form)).await;
    let stored = stage.stored("/api/messages", "SM_tour").await;
    let row = Row::good("W9", Rule::Twilio, "a signed message, twice").also(Part::Token);
    let got = format!("{}, {}, stored {stored} ×", first.status(), again.status());
    table.push(row.judge("204, 204, stored 1 ×", got));

    let unsigned = Ask::post(SMS, form).header("content-type", "application/x-www-form-urlencoded");
    let row = Row::hostile("W10", Rule::Twilio, "the same, unsigned");
    table.push(row.judge("401 Signature", challenge(&stage.send(unsigned).await)));

    let elsewhere = stage.twilio("http://evil.example", form).header("host", "evil.example");
    let row = Row::hostile("W11", Rule::Twilio, "signed for another host, and sent with its name");
    table.push(row.judge("401 Signature", challenge(&stage.send(elsewhere).await)));

    let json = stage.twilio_json("{}");
    let row = Row::hostile("W12", Rule::Twilio, "JSON under the signature of the address alone");
    table.push(row.judge("415", stage.send(json).await.status()));
}

/// The status, and what it asks for.
fn challenge(answer: &Answer) -> String {
    format!("{} {}", answer.status(), answer.header("www-authenticate"))
}
