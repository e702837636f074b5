//! What a browser is told while the debug switch is on.

use http::{Request, Response, StatusCode};
use rempart_cors::{CorsLayer, DebugSwitch, Policy};
use rempart_testing::{Capture, strict};
use tower::{Layer, ServiceExt};

use crate::talk::{CRM, EVIL, drain_fortin, request};

const ACRM: &str = "access-control-request-method";
const ACRH: &str = "access-control-request-headers";

async fn ask(policy: &Policy, debug: &DebugSwitch, request: Request<()>) -> Response<String> {
    let inner = strict(|_| std::future::ready(Response::new(String::from("reached"))));
    let layer = CorsLayer::new(policy.clone()).debug(debug.clone());
    layer.layer(inner).oneshot(request).await.unwrap()
}

#[tokio::test]
async fn a_refused_preflight_carries_the_steps_that_it_passed() {
    let switch = DebugSwitch::default();
    let open = Policy::anonymous("a").any_origin().any_method().any_request_header();
    let (crm, open) = (drain_fortin(), open.build().unwrap());
    let (origin, credentials) = ("access-control-allow-origin", "access-control-allow-credentials");
    let methods = "access-control-allow-methods";
    let rows = [
        (&crm, vec![("origin", EVIL), (ACRM, "PUT")], vec![]),
        (&crm, vec![("origin", "null"), (ACRM, "PURGE"), (ACRH, "x")], vec![]),
        (&crm, vec![("origin", CRM), ("origin", CRM), (ACRM, "PUT")], vec![]),
        (&crm, vec![("origin", CRM), (ACRM, "PURGE")], vec![origin, credentials]),
        (&crm, vec![("origin", CRM), (ACRM, "PUT"), (ACRM, "PUT")], vec![origin, credentials]),
        (
            &crm,
            vec![("origin", CRM), (ACRM, "PUT"), (ACRH, "x-evil")],
            vec![origin, credentials, methods],
        ),
        (
            &crm,
            vec![("origin", CRM), (ACRM, "PUT"), (ACRH, "apikey,apikey")],
            vec![origin, credentials, methods],
        ),
        (&open, vec![("origin", EVIL), ("origin", EVIL), (ACRM, "PUT")], vec![]),
        (&open, vec![("origin", EVIL), (ACRM, "TRACE")], vec![origin]),
        (
            &open,
            vec![("origin", EVIL), (ACRM, "PUT"), (ACRH, "authorization")],
            vec![origin, methods],
        ),
    ];
    for (policy, headers, told) in rows {
        switch.set(false);
        let silent = ask(policy, &switch, request("OPTIONS", &headers)).await;
        assert_eq!(silent.status(), StatusCode::FORBIDDEN);
        assert_eq!(silent.headers().len(), 1);
        switch.set(true);
        let answer = ask(policy, &switch, request("OPTIONS", &headers)).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{headers:?}");
        let mut names: Vec<&str> = answer.headers().keys().map(http::HeaderName::as_str).collect();
        names.retain(|name| *name != "vary");
        assert_eq!(names, told, "{headers:?}");
        let asker = if std::ptr::eq(policy, &raw const crm) { CRM } else { "*" };
        assert!(answer.headers().get(origin).is_none_or(|value| value == asker), "{headers:?}");
        assert!(answer.headers().contains_key("vary") && answer.body().is_empty());
    }
}

#[tokio::test]
async fn no_other_answer_changes() {
    let (on, off) = (DebugSwitch::default(), DebugSwitch::default());
    on.set(true);
    assert!(on.is_on() && on.clone().is_on() && !off.is_on());
    for (method, headers) in [
        ("GET", &[("origin", EVIL)][..]),
        ("GET", &[("origin", CRM)]),
        ("POST", &[]),
        ("OPTIONS", &[("origin", CRM), (ACRM, "PUT")]),
        ("OPTIONS", &[(ACRM, "PUT")]),
    ] {
        let usual = ask(&drain_fortin(), &off, request(method, headers)).await;
        let debugged = ask(&drain_fortin(), &on, request(method, headers)).await;
        assert_eq!(debugged.status(), usual.status(), "{method} {headers:?}");
        assert_eq!(debugged.headers(), usual.headers());
        assert_eq!(debugged.body(), usual.body());
    }
}

#[test]
fn the_log_says_what_was_sent_cut_short_and_on_one_line() {
    let log = |on: bool| {
        let switch = DebugSwitch::default();
        switch.set(on);
        let capture = Capture::default();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        capture.within(|| {
            let mut asked = request("GET", &[("origin", "https://canary.example")]);
            runtime.block_on(ask(&drain_fortin(), &switch, asked.clone()));
            let long = format!("\u{e9}\t{}", "z".repeat(1 << 16));
            asked.headers_mut().insert("origin", long.as_bytes().try_into().unwrap());
            runtime.block_on(ask(&drain_fortin(), &switch, asked));
        });
        capture.text()
    };
    let text = log(true);
    assert!(text.contains("https://canary.example"), "{text}");
    assert!(text.contains("the origin is not on the list"), "{text}");
    assert!(text.contains("\\xc3\\xa9\\tzzz") && text.contains("zzz..."), "{text}");
    assert!(text.len() < 4096, "{}", text.len());
    assert!(!log(false).contains("canary"));
}
