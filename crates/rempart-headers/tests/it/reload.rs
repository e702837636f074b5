use http::{HeaderMap, Request, Response};
use rempart_core::Live;
use rempart_headers::{FrameOptions, HeadersLayer, Policy};
use rempart_testing::strict;
use tower::{Layer, Service, ServiceExt};

#[tokio::test]
async fn a_policy_stored_while_requests_are_served_holds_for_the_next() {
    let before = Policy::builder("before").frame_options(FrameOptions::Deny).build().unwrap();
    let after = Policy::builder("after").frame_options(FrameOptions::SameOrigin).build().unwrap();
    let live = Live::new(before);
    let handler = strict(|_: Request<()>| async { Response::new(()) });
    let mut service = HeadersLayer::new(live.clone()).layer(handler);
    let under_way = service.ready().await.unwrap().call(Request::new(()));
    live.store(after);
    let framing = |headers: &HeaderMap| headers["x-frame-options"].clone();
    assert_eq!(framing(under_way.await.unwrap().headers()), "DENY");
    let next = service.ready().await.unwrap().call(Request::new(())).await.unwrap();
    assert_eq!(framing(next.headers()), "SAMEORIGIN");
}
