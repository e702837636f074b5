//! What providers send is kept once, whatever its shape and however often it comes.

use http::Request;
use serde_json::{Value, json};

use crate::house::{House, json as parsed};

fn report(id: &str) -> Value {
    json!({ "message": { "type": "end-of-call-report", "call": { "id": id } } })
}

#[tokio::test]
async fn reads_both_shapes_of_a_report_and_skips_what_it_does_not_know() {
    let house = House::open().await;
    let old = json!({ "message": {
        "type": "end-of-call-report", "endedReason": "hangup", "call": { "id": "old", "orgId": 7 },
        "recordingUrl": "https://recordings.example/old.wav",
        "summary": "A blocked sink.", "transcript": "AI: Hello? User: My sink.",
        "messages": [{ "role": "assistant", "message": "Hello?" }],
    }});
    let new = json!({ "timestamp": 1, "message": {
        "type": "end-of-call-report", "startedAt": "2026-11-22T09:00:00.000Z",
        "endedAt": "2026-11-22T09:03:00.000Z", "endedReason": "customer-ended-call", "cost": 0.12,
        "call": { "id": "new", "customer": { "number": "+15145550123" } },
        "analysis": { "summary": "A flooded cellar.", "successEvaluation": "true" },
        "artifact": { "transcript": "AI: Bonjour? User: La cave.", "messages": [] },
    }});
    for report in [&old, &new] {
        assert_eq!(house.vapi(report).await.status(), 200);
    }
    let token = house.token().await;
    let listed = house.list("/api/calls", &token).await;
    let [new, old] = listed["items"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    assert_eq!(new["id"], "new");
    assert_eq!(new["transcript"], "AI: Bonjour? User: La cave.");
    assert_eq!(new["summary"], "A flooded cellar.");
    assert_eq!(new["customer"], "+15145550123");
    assert_eq!(old["id"], "old");
    assert_eq!(old["transcript"], "AI: Hello? User: My sink.");
    assert_eq!(old["ended_reason"], "hangup");
    assert_eq!(&house.list("/api/calls/old", &token).await, old);
    assert_eq!(house.list("/api/calls/none", &token).await["code"], "not_found");
    house.close().await;
}

#[tokio::test]
async fn tells_its_methods_to_nobody_that_it_refuses_for_another_reason() {
    let house = House::open().await;
    let preflight = Request::options("/webhooks/vapi")
        .header("origin", "https://drain-fortin-crm.com.evil.example")
        .header("access-control-request-method", "POST");
    #[rustfmt::skip]
    let rows = [
        (Request::get("/webhooks/vapi"), 401, false),
        (preflight,                      403, false),
        (Request::get("/auth/login"),    405, true),
    ];
    for (request, status, told) in rows {
        let answer = house.send(request.body(String::new()).unwrap()).await;
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers().contains_key("allow"), told, "{status}");
    }
    house.close().await;
}

#[tokio::test]
async fn keeps_a_report_once_however_many_come_at_once() {
    let house = House::open().await;
    let report = report("once");
    let one = || house.vapi(&report);
    let (first, second, third) = tokio::join!(one(), one(), one());
    for answer in [first, second, third] {
        assert_eq!((answer.status().as_u16(), parsed(&answer)), (200, json!({ "received": true })));
    }
    let token = house.token().await;
    assert_eq!(house.list("/api/calls", &token).await["items"].as_array().unwrap().len(), 1);
    house.close().await;
}

#[tokio::test]
async fn keeps_what_it_has_when_the_service_starts_again() {
    let house = House::open().await;
    assert_eq!(house.vapi(&report("kept")).await.status(), 200);
    let house = House::open_in(house.close().await).await;
    assert_eq!(house.vapi(&report("kept")).await.status(), 200);
    let token = house.token().await;
    let listed = house.list("/api/calls", &token).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    house.close().await;
}

#[tokio::test]
async fn refuses_a_form_that_says_a_thing_twice() {
    let house = House::open().await;
    for (form, status) in [
        ("MessageSid=SM1&From=%2B1514&To=%2B1438&Body=Bonjour+%26+merci&NumMedia=2", 204),
        ("MessageSid=SM1&MessageSid=SM2&From=a&To=b&Body=c", 400),
        ("From=a&To=b&Body=c", 400),
        ("MessageSid=&Body=c", 400),
        ("MessageSid=SM3&NumMedia=many", 400),
    ] {
        assert_eq!(house.twilio(form).await.status(), status, "{form}");
    }
    let token = house.token().await;
    let listed = house.list("/api/messages", &token).await;
    let [message] = listed["items"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    assert_eq!(message["id"], "SM1");
    assert_eq!(message["from"], "+1514");
    assert_eq!(message["body"], "Bonjour & merci");
    assert_eq!(message["media"], 2);
    house.close().await;
}

#[tokio::test]
async fn pages_a_list_without_losing_or_repeating_a_record() {
    let house = House::open().await;
    for nth in 0..5 {
        assert_eq!(house.vapi(&report(&format!("call-{nth}"))).await.status(), 200);
    }
    let token = house.token().await;
    let (mut seen, mut path) = (Vec::new(), "/api/calls?limit=2".to_owned());
    loop {
        let page = house.list(&path, &token).await;
        let ids = page["items"].as_array().unwrap().iter().map(|call| call["id"].to_string());
        seen.extend(ids);
        let Some(next) = page["next"].as_i64() else { break };
        path = format!("/api/calls?limit=2&before={next}");
    }
    let expected: Vec<_> = (0..5).rev().map(|nth| format!("\"call-{nth}\"")).collect();
    assert_eq!(seen, expected);
    house.close().await;
}

#[tokio::test]
async fn sends_no_page_that_is_too_long_to_be_searched_for_secrets() {
    let house = House::open().await;
    for nth in 0..34 {
        house.clock.advance(std::time::Duration::from_secs(6));
        let report = json!({ "message": {
            "type": "end-of-call-report", "call": { "id": format!("long-{nth}") },
            "transcript": "a".repeat(1_000_000),
        }});
        assert_eq!(house.vapi(&report).await.status(), 200);
    }
    let token = house.token().await;
    let answer = house.list("/api/calls", &token).await;
    assert_eq!(answer["code"], "response_withheld");
    let page = house.list("/api/calls?limit=30", &token).await;
    assert_eq!(page["items"].as_array().unwrap().len(), 30);
    house.close().await;
}
