//! Under axum.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use rempart_core::ManualClock;
use rempart_testing::Capture;
use rempart_token::{Claims, TokenLayer};
use tower::ServiceExt;

use crate::support::*;

async fn who(claims: Claims) -> String {
    claims.subject().unwrap_or("nobody").to_owned()
}

fn router() -> Router {
    Router::new().route("/who", get(who))
}

fn request(token: &str) -> Request<Body> {
    let mut request = Request::get("/who").body(Body::empty()).unwrap();
    *request.headers_mut() = headers(token);
    request
}

#[tokio::test]
async fn a_handler_takes_the_claims_as_an_argument() {
    let layer = TokenLayer::new(policy()).clock(ManualClock::at(NOW));
    let app = router().layer(layer);
    let response = app.clone().oneshot(request(&good())).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "ada");
    let response = app.oneshot(request("x")).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

#[test]
fn without_the_layer_the_handler_is_never_reached() {
    let capture = Capture::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    capture.within(|| {
        runtime.block_on(async {
            let response = router().oneshot(request(&good())).await.unwrap();
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            assert!(response.into_body().collect().await.unwrap().to_bytes().is_empty());
        });
    });
    let text = capture.text();
    assert!(text.contains("no_claims") && text.contains("add TokenLayer"), "{text}");
}
