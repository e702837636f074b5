//! The service that was polled ready is the one that is called.

use std::convert::Infallible;

use http::{Request, Response, StatusCode};
use rempart_cors::CorsLayer;
use rempart_testing::strict;
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceExt};

use crate::talk::{CRM, drain_fortin, request};

fn preflight() -> Request<()> {
    request("OPTIONS", &[("origin", CRM), ("access-control-request-method", "PUT")])
}

#[tokio::test]
async fn one_permit_serves_requests_and_preflights_in_turn() {
    let inner = strict(|_| std::future::ready(Response::new(String::new())));
    let mut service = CorsLayer::new(drain_fortin()).layer(ConcurrencyLimit::new(inner, 1));
    for _ in 0..3 {
        let answer = service.ready().await.unwrap().call(preflight()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        let ask = request("PUT", &[("origin", CRM)]);
        let answer = service.ready().await.unwrap().call(ask).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
    }
    // A clone that answered a preflight gives the permit back when it is dropped.
    drop(service.clone().oneshot(preflight()).await.unwrap());
    service.ready().await.unwrap().call(request("GET", &[])).await.unwrap();
}

#[tokio::test]
async fn an_error_of_the_service_passes_as_it_is() {
    let failing = tower::service_fn(|_: Request<()>| async { Err::<Response<()>, _>("no") });
    let service = CorsLayer::new(drain_fortin()).layer(failing);
    assert_eq!(service.oneshot(request("GET", &[("origin", CRM)])).await.unwrap_err(), "no");
}

#[tokio::test]
async fn a_preflight_does_not_start_the_service() {
    let never = tower::service_fn(|_: Request<()>| async {
        panic!("called");
        #[allow(unreachable_code, reason = "it says the type")]
        Ok::<_, Infallible>(Response::new(String::new()))
    });
    let service = CorsLayer::new(drain_fortin()).layer(never);
    let response = service.oneshot(preflight()).await.unwrap();
    assert!(http_body::Body::is_end_stream(response.body()));
}
