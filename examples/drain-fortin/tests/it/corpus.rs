//! The service agrees with every case of the CORS corpus that HTTP can carry.

use std::fs;

use http::{Request, Response};
use rempart_cors::corpus::{self, Case, Verdict};

use crate::house::House;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../conformance/cors/");

/// HTTP parsers strip blanks around a value, so that such a case arrives as another one.
fn arrives(case: &Case) -> bool {
    let blank = |byte: Option<&u8>| byte.is_some_and(|byte| matches!(byte, b' ' | b'\t'));
    let names = ["origin", "access-control-request-method"];
    names.iter().all(|name| {
        let mut values = case.headers().get_all(*name).iter();
        values.all(|value| !blank(value.as_bytes().last()))
    })
}

fn verdict(answer: &Response<Vec<u8>>, case: &Case) -> Verdict {
    let header = |name| answer.headers().get(name);
    let preflight = case.headers().contains_key("access-control-request-method")
        && case.method() == http::Method::OPTIONS;
    if let Some(origin) = header("access-control-allow-origin") {
        assert_eq!(case.headers().get("origin"), Some(origin), "{}", case.id());
        assert_eq!(header("access-control-allow-credentials").unwrap(), "true");
        assert!(!preflight || answer.status() == 204, "{}: {}", case.id(), answer.status());
        return Verdict::Allow;
    }
    let names = answer.headers().keys().map(http::HeaderName::as_str);
    let cors: Vec<_> = names.filter(|name| name.starts_with("access-control-")).collect();
    assert_eq!(cors, [""; 0], "{}", case.id());
    if !case.headers().contains_key("origin") {
        return Verdict::NoCors;
    }
    // The server's own refusal of an oversized head never reaches a layer.
    let status = answer.status().as_u16();
    assert!(!preflight || matches!(status, 403 | 431), "{}: {status}", case.id());
    Verdict::Deny
}

#[tokio::test]
async fn agrees_with_the_running_service() {
    let house = House::open().await;
    let read = |name: &str| fs::read_to_string(format!("{CASES}{name}")).unwrap();
    let tables = ["cases.tsv", "more.tsv"].map(read);
    let mut driven = 0;
    let cases = tables.iter().flat_map(|table| corpus::parse(table)).map(Result::unwrap);
    for case in cases.filter(arrives) {
        let mut request = Request::builder().method(case.method()).uri("/healthz");
        request.headers_mut().unwrap().extend(case.headers().clone());
        let answer = house.send(request.body(String::new()).unwrap()).await;
        let got = verdict(&answer, &case);
        assert_eq!(Some(got), case.want(), "{}: {}", case.id(), case.reason());
        driven += 1;
    }
    assert!(driven > 185, "only {driven} cases were driven");
    house.close().await;
}
