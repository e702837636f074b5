//! The service that was polled ready is the one that is called.

use std::convert::Infallible;
use std::future::Ready;
use std::task::{Context, Waker};

use http::{Request, Response, StatusCode};
use rempart_core::{EventKind, Reason, Refused};
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
    // A connection that stays open after a preflight holds nothing: another one is served.
    let mut open = service.clone();
    open.ready().await.unwrap().call(preflight()).await.unwrap();
    let mut context = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut context).is_ready(), "the permit came back with the answer");
    service.call(request("GET", &[])).await.unwrap();
    drop(open);
}

#[tokio::test]
async fn an_error_of_the_service_passes_as_it_is() {
    let failing = tower::service_fn(|_: Request<()>| async { Err::<Response<()>, _>("no") });
    let service = CorsLayer::new(drain_fortin()).layer(failing);
    assert_eq!(service.oneshot(request("GET", &[("origin", CRM)])).await.unwrap_err(), "no");
}

#[tokio::test]
async fn a_preflight_does_not_start_the_service() {
    let never =
        tower::service_fn(|_: Request<()>| -> Ready<Result<Response<String>, Infallible>> {
            panic!("called")
        });
    let service = CorsLayer::new(drain_fortin()).layer(never);
    let response = service.oneshot(preflight()).await.unwrap();
    assert!(http_body::Body::is_end_stream(response.body()));
}

#[tokio::test]
async fn a_refused_preflight_tells_layers_outside_why() {
    let inner = strict(|_| std::future::ready(Response::new(String::new())));
    let service = CorsLayer::new(drain_fortin()).layer(inner);
    let method = ("access-control-request-method", "PUT");
    let stranger = request("OPTIONS", &[("origin", "https://evil.example"), method]);
    let answer = service.clone().oneshot(stranger).await.unwrap();
    let refused = answer.extensions().get::<Refused>().unwrap();
    assert_eq!(refused.kind, EventKind::CorsPreflight);
    assert_eq!(refused.reason, Reason::OriginNotAllowed);
    assert_eq!(answer.headers().keys().collect::<Vec<_>>(), ["vary"]);
    let answer = service.oneshot(preflight()).await.unwrap();
    assert!(answer.extensions().get::<Refused>().is_none());
}
