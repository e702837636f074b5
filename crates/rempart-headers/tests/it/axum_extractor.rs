use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::get;
use http::{Request, StatusCode};
use rempart_headers::{HeadersLayer, Nonce, Policy};
use rempart_testing::Capture;
use tower::ServiceExt;

async fn page(nonce: Nonce) -> String {
    format!("<script nonce={nonce}></script>")
}

#[tokio::test]
async fn a_handler_takes_the_nonce_as_an_argument() {
    let layer = HeadersLayer::new(Policy::page("site").build().unwrap());
    let app = Router::new().route("/", get(page)).layer(layer);
    let response = app.oneshot(Request::new(Body::empty())).await.unwrap();
    let csp = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let body = to_bytes(response.into_body(), 1024).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let nonce = body.trim_start_matches("<script nonce=").trim_end_matches("></script>");
    assert!(nonce.len() == 24 && csp.contains(&format!("'nonce-{nonce}'")), "{csp} {body}");
}

#[test]
fn without_a_policy_that_has_one_the_answer_is_500_and_says_nothing() {
    let layer = HeadersLayer::new(Policy::api("api").build().unwrap());
    let app = Router::new().route("/", get(page)).layer(layer);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let capture = Capture::default();
    capture.within(|| {
        runtime.block_on(async {
            let response = app.oneshot(Request::new(Body::empty())).await.unwrap();
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            assert!(to_bytes(response.into_body(), 1024).await.unwrap().is_empty());
        });
    });
    assert!(capture.text().contains("add `HeadersLayer`"));
}
