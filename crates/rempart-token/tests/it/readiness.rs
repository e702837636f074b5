//! The service that was polled ready is the one that is called.

use std::task::{Context, Waker};

use http::{Request, Response, StatusCode};
use rempart_core::ManualClock;
use rempart_testing::strict;
use rempart_token::TokenLayer;
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceExt};

use crate::support::*;

fn layer() -> TokenLayer {
    TokenLayer::new(policy()).clock(ManualClock::at(NOW)).observer(())
}

fn bearing(token: &str) -> Request<()> {
    let mut request = Request::new(());
    *request.headers_mut() = headers(token);
    request
}

async fn answer(_: Request<()>) -> Response<()> {
    Response::new(())
}

#[tokio::test]
async fn calls_the_service_that_was_polled_ready() {
    // A strict service panics otherwise, also when its clone is the one that is called.
    let mut service = layer().layer(strict(answer));
    for _ in 0..3 {
        let response = service.ready().await.unwrap().call(bearing(&good())).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let response = service.ready().await.unwrap().call(bearing("x")).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn takes_one_permit_a_request_and_gives_it_back() {
    let mut service = layer().layer(ConcurrencyLimit::new(strict(answer), 1));
    for token in [good(), "x".to_owned()] {
        for _ in 0..3 {
            let future = service.ready().await.unwrap().call(bearing(&token));
            future.await.unwrap();
            // Refused or served, the permit is free again, though the connection may stay open.
            let mut another = service.clone();
            let mut context = Context::from_waker(Waker::noop());
            assert!(another.poll_ready(&mut context).is_ready());
        }
    }
    // Refused, and its answer not yet asked for.
    let refused = service.ready().await.unwrap().call(bearing("x"));
    let mut another = service.clone();
    let mut context = Context::from_waker(Waker::noop());
    assert!(another.poll_ready(&mut context).is_ready());
    drop(refused);
}

#[tokio::test]
async fn a_refusal_that_is_polled_again_is_given_again() {
    let mut service = layer().layer(strict(answer));
    let mut future = service.ready().await.unwrap().call(bearing("x"));
    for _ in 0..2 {
        let response = (&mut future).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
}

#[test]
fn the_parts_are_small_and_go_between_threads() {
    const fn good<T: Clone + Send + Sync + 'static>() {}
    good::<TokenLayer>();
    good::<rempart_token::Bearer<()>>();
    good::<rempart_token::Policy>();
    good::<rempart_token::Claims>();
    good::<rempart_token::Minter>();
    good::<rempart_token::Revocations>();
    assert_eq!(size_of::<TokenLayer>(), size_of::<usize>());
    assert_eq!(size_of::<rempart_token::Policy>(), size_of::<usize>());
    // A request that is served carries no room for an answer that it does not get.
    assert!(size_of::<rempart_token::ResponseFuture<()>>() <= 5 * size_of::<usize>());
}
