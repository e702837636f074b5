//! Every case of `conformance/cors/`, by the decision alone and through the layer.

use http::{HeaderName, StatusCode, header};
use rempart_cors::corpus::{self, Case, Verdict};

use crate::talk::{Reply, drain_fortin, send};

pub(crate) fn cases() -> Vec<Case> {
    let first = include_str!("../../../../conformance/cors/cases.tsv");
    let more = include_str!("../../../../conformance/cors/more.tsv");
    let cases: Vec<Case> =
        [first, more].into_iter().flat_map(corpus::parse).map(Result::unwrap).collect();
    assert!(cases.len() >= 190, "{} cases", cases.len());
    cases
}

#[test]
fn are_decided_as_the_table_says() {
    let policy = drain_fortin();
    for case in cases() {
        assert_eq!(Some(case.decide(&policy)), case.want(), "{}: {}", case.id(), case.reason());
    }
}

#[tokio::test]
async fn are_answered_as_the_table_says() {
    let policy = drain_fortin();
    for case in cases() {
        let reply = send(&policy, case.request()).await;
        let label = format!("{}: {}: {:?}", case.id(), case.reason(), reply.headers);
        let names = reply.headers.get_all(header::VARY).iter();
        let vary = names.map(|line| line.to_str().unwrap()).collect::<Vec<_>>().join(", ");
        assert_eq!(vary.matches("Origin").count(), 1, "{label}");
        match case.want().unwrap() {
            Verdict::Allow => assert_is_shared(&case, &reply, &label),
            Verdict::Deny => {
                assert!(reply.cors_headers().is_empty(), "{label}");
                let want = if is_preflight(&case) { StatusCode::FORBIDDEN } else { StatusCode::OK };
                assert_eq!((reply.status, reply.reached), (want, !is_preflight(&case)), "{label}");
            }
            Verdict::NoCors => {
                assert!(reply.reached && reply.cors_headers().is_empty(), "{label}");
                assert_eq!(reply.headers.len(), 1, "{label}");
            }
        }
    }
}

fn assert_is_shared(case: &Case, reply: &Reply, label: &str) {
    assert_eq!(reply.headers.get(ACAO), case.headers().get(header::ORIGIN), "{label}");
    assert_eq!(reply.all("access-control-allow-credentials"), "true", "{label}");
    assert!(reply.status.is_success(), "{label}");
    assert_eq!(reply.reached, !is_preflight(case), "{label}");
    if is_preflight(case) {
        let method = case.headers()[header::ACCESS_CONTROL_REQUEST_METHOD].to_str().unwrap();
        let methods = reply.all("access-control-allow-methods");
        let granted = methods.split(", ").any(|allowed| allowed == method);
        assert!(granted || ["GET", "HEAD", "POST"].contains(&method), "{label}");
        let names = reply.all("access-control-allow-headers");
        for line in case.headers().get_all(header::ACCESS_CONTROL_REQUEST_HEADERS) {
            let asked = line.to_str().unwrap().split(',').map(str::trim);
            for name in asked.filter(|name| !name.is_empty()) {
                let is = |allowed: &str| allowed.eq_ignore_ascii_case(name);
                assert!(names.split(", ").any(is), "{label}");
            }
        }
    }
}

fn is_preflight(case: &Case) -> bool {
    let has = |name: HeaderName| case.headers().contains_key(name);
    case.method() == http::Method::OPTIONS
        && has(header::ORIGIN)
        && has(header::ACCESS_CONTROL_REQUEST_METHOD)
}

const ACAO: HeaderName = header::ACCESS_CONTROL_ALLOW_ORIGIN;
