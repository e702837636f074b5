use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::StatusCode;
use rempart_core::ManualClock;
use rempart_rate_limit::RateLimitLayer;
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceExt};

use crate::rig::{from, handler, policy};

#[tokio::test]
async fn calls_the_service_that_was_made_ready() {
    // The handler panics if it is not.
    let layer = RateLimitLayer::new(policy("api", "1 per minute")).clock(ManualClock::default());
    let mut service = layer.layer(ConcurrencyLimit::new(handler(), 1));
    for want in [StatusCode::OK, StatusCode::TOO_MANY_REQUESTS, StatusCode::TOO_MANY_REQUESTS] {
        let ready = service.ready().await.unwrap();
        assert_eq!(ready.call(from("203.0.113.9")).await.unwrap().status(), want);
    }
}

#[tokio::test]
async fn frees_what_the_service_reserved_for_a_request_that_is_refused() {
    let clock = ManualClock::default();
    let layer = RateLimitLayer::new(policy("api", "1 per minute")).clock(clock.clone());
    let mut refused = layer.layer(ConcurrencyLimit::new(handler(), 1));
    let mut other = refused.clone();
    for want in [StatusCode::OK, StatusCode::TOO_MANY_REQUESTS] {
        let ready = refused.ready().await.unwrap();
        assert_eq!(ready.call(from("203.0.113.9")).await.unwrap().status(), want);
    }
    // `refused` lives on, as a connection that stays open does, and the one permit is free.
    let mut cx = Context::from_waker(Waker::noop());
    let ready = Service::<http::Request<()>>::poll_ready(&mut other, &mut cx);
    assert!(matches!(ready, Poll::Ready(Ok(()))));
    let response = other.call(from("203.0.113.10")).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    clock.advance(Duration::from_secs(60));
    assert_eq!(
        refused.ready().await.unwrap().call(from("203.0.113.9")).await.unwrap().status(),
        200
    );
}

#[tokio::test]
async fn refuses_again_when_it_is_polled_again() {
    let layer = RateLimitLayer::new(policy("api", "1 per minute")).clock(ManualClock::default());
    let mut service = layer.layer(handler());
    service.ready().await.unwrap().call(from("203.0.113.9")).await.unwrap();
    let mut future = service.ready().await.unwrap().call(from("203.0.113.9"));
    for _ in 0..2 {
        let response = std::pin::Pin::new(&mut future).await.unwrap();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    }
}
