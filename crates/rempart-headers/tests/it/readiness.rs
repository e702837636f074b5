//! What was polled ready is what is called.

use std::convert::Infallible;

use http::{Request, Response};
use rempart_headers::{HeadersLayer, Policy};
use rempart_testing::strict;
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceExt, service_fn};

#[tokio::test]
async fn calls_the_service_that_was_polled_ready() {
    let handler = strict(|_: Request<()>| async { Response::new(()) });
    let mut service = HeadersLayer::new(Policy::page("site").build().unwrap()).layer(handler);
    for _ in 0..3 {
        service.ready().await.unwrap().call(Request::new(())).await.unwrap();
    }
}

#[tokio::test]
async fn works_where_there_is_one_permit() {
    let handler = service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(())) });
    let handler = ConcurrencyLimit::new(handler, 1);
    let mut service = HeadersLayer::new(Policy::page("site").build().unwrap()).layer(handler);
    for _ in 0..3 {
        service.ready().await.unwrap().call(Request::new(())).await.unwrap();
    }
}
