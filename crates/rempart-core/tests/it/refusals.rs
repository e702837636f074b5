//! Refusals: what the client reads, in its language; what the operator reads.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use rempart_core::{
    EventKind, Flavour, PolicyName, Problem, Reason, Refusal, Refused, Renderer, ResponseBody,
};

fn problem() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "signature", "A valid \"signature\" is required")
}

fn refusal(problem: &Problem) -> Refusal {
    let policy = PolicyName::new("vapi").unwrap();
    Refusal::new(problem, EventKind::Signature, Reason::Mismatch, policy)
        .header(WWW_AUTHENTICATE, HeaderValue::from_static("Signature"))
}

async fn body(response: Response<ResponseBody<Full<Bytes>>>) -> Bytes {
    response.into_body().collect().await.unwrap().to_bytes()
}

#[tokio::test]
async fn are_problem_details_over_http() {
    let problem = problem().with_list("violated-policies", ["api", "a\"b\\c\u{1}"]);
    let response = refusal(&problem).into_response(Flavour::Http, &Renderer::default());
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
    assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    assert_eq!(response.headers()[WWW_AUTHENTICATE], "Signature");
    let body = body(response).await;
    let want = r#"{"type":"about:blank","title":"A valid \"signature\" is required","status":401,"code":"signature","violated-policies":["api","a\"b\\c\u0001"]}"#;
    assert_eq!(body, want);
}

#[tokio::test]
async fn tell_the_operator_what_they_do_not_tell_the_client() {
    let response = refusal(&problem()).into_response(Flavour::Http, &Renderer::default());
    let refused = *response.extensions().get::<Refused>().unwrap();
    assert_eq!((refused.kind, refused.reason), (EventKind::Signature, Reason::Mismatch));
    assert_eq!(refused.policy.as_str(), "vapi");
    let headers = response.headers().clone();
    let shown = format!("{headers:?} {:?}", body(response).await);
    assert!(!shown.contains("mismatch") && !shown.contains("vapi"), "{shown}");
}

#[tokio::test]
async fn differ_in_nothing_between_causes() {
    let policy = PolicyName::new("vapi").unwrap();
    let mut seen = Vec::new();
    for &reason in Reason::ALL {
        let refusal = Refusal::new(&problem(), EventKind::Signature, reason, policy);
        let response = refusal.into_response::<Full<Bytes>>(Flavour::Http, &Renderer::default());
        seen.push((response.status(), response.headers().clone(), body(response).await));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn to_a_head_request_have_no_body() {
    let custom = Renderer::from_fn(|_, _| Response::new(Bytes::from_static(b"custom")));
    for renderer in [Renderer::default(), custom] {
        let response = refusal(&problem()).into_response(Flavour::Head, &renderer);
        assert_eq!(response.headers()[WWW_AUTHENTICATE], "Signature");
        assert_eq!(body(response).await, "");
    }
}

#[tokio::test]
async fn over_grpc_are_trailers_only() {
    #[rustfmt::skip]
    let rows = [
        (400, "3"), (401, "16"), (403, "7"), (404, "5"), (408, "4"), (409, "10"), (413, "8"),
        (415, "3"), (429, "8"), (500, "13"), (503, "14"), (418, "2"),
    ];
    let flavours = [
        (Flavour::Grpc, "application/grpc"),
        (Flavour::GrpcWeb, "application/grpc-web"),
        (Flavour::GrpcWebText, "application/grpc-web-text"),
    ];
    for (status, code) in rows {
        for (flavour, content_type) in flavours {
            let status = StatusCode::from_u16(status).unwrap();
            let problem = Problem::new(status, "code", "100 % of\nit");
            let policy = PolicyName::new("api").unwrap();
            let response = Refusal::new(&problem, EventKind::RateLimit, Reason::Other, policy)
                .header(RETRY_AFTER, HeaderValue::from_static("6"))
                .into_response(flavour, &Renderer::default());
            assert_eq!(response.status(), 200);
            assert_eq!(response.headers()["grpc-status"], code, "{status}");
            assert_eq!(response.headers()["grpc-message"], "100 %25 of%0Ait");
            assert_eq!(response.headers()[CONTENT_TYPE], content_type);
            assert_eq!(response.headers()[RETRY_AFTER], "6");
            assert_eq!(body(response).await, "");
        }
    }
}

#[test]
fn speak_the_language_of_the_request() {
    #[rustfmt::skip]
    let rows = [
        (Method::POST, "application/json",               Flavour::Http),
        (Method::HEAD, "application/json",               Flavour::Head),
        (Method::POST, "application/grpc",               Flavour::Grpc),
        (Method::POST, "Application/GRPC",               Flavour::Grpc),
        (Method::POST, "application/grpc+proto",         Flavour::Grpc),
        (Method::POST, "application/grpc; charset=x",    Flavour::Grpc),
        (Method::POST, "application/grpc-web",           Flavour::GrpcWeb),
        (Method::POST, "application/grpc-web+json",      Flavour::GrpcWeb),
        (Method::POST, "application/grpc-web-text",      Flavour::GrpcWebText),
        (Method::POST, "application/grpc-web-text+proto", Flavour::GrpcWebText),
        (Method::POST, "application/grpcx",              Flavour::Http),
        (Method::POST, "text/application/grpc",          Flavour::Http),
    ];
    for (method, content_type, want) in rows {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, content_type.parse().unwrap());
        assert_eq!(Flavour::of(&method, &headers), want, "{content_type}");
    }
    assert_eq!(Flavour::of(&Method::HEAD, &HeaderMap::new()), Flavour::Head);
}

#[tokio::test]
async fn can_be_rendered_by_a_closure_that_keeps_the_protocol_headers() {
    let renderer = Renderer::from_fn(|refusal, flavour| {
        let code = refusal.problem().map(Problem::code).unwrap();
        let mut response = Response::new(Bytes::from(format!("{code} {flavour:?}")));
        *response.status_mut() = refusal.status();
        response
    });
    let response = refusal(&problem()).into_response(Flavour::Http, &renderer);
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()[WWW_AUTHENTICATE], "Signature");
    assert!(response.extensions().get::<Refused>().is_some());
    assert_eq!(body(response).await, "signature Http");
}

#[tokio::test]
async fn can_be_bare() {
    let policy = PolicyName::new("cors").unwrap();
    let kind = EventKind::CorsPreflight;
    let refusal = Refusal::bare(StatusCode::FORBIDDEN, kind, Reason::OriginNotAllowed, policy);
    let response = refusal.into_response(Flavour::Http, &Renderer::default());
    assert_eq!(response.status(), 403);
    assert!(response.headers().is_empty());
    assert_eq!(body(response).await, "");
}
