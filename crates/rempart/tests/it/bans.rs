//! What real layers refuse adds up to a ban, and the ban stands where the page says.

use std::time::Duration;

use http::{Request, Response};
use http_body_util::Full;
use rempart::core::{ManualClock, TracingObserver};
use rempart::monitor::{AnomalyDetector, BanLayer, Policy};
use rempart_testing::strict;
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::stacking::{PAGE, cors, forged, handler, headers, limit, signature, who};

#[tokio::test]
async fn forgeries_end_in_a_ban_that_a_page_can_read_and_that_ends_by_itself() {
    let clock = ManualClock::default();
    let policy = Policy::builder("stack").ban(Duration::from_secs(300)).build().unwrap();
    let detector = AnomalyDetector::new(policy).clock(clock.clone());
    let told = || (TracingObserver, detector.clone());
    let mut stack = ServiceBuilder::new()
        .layer(who())
        .layer(headers())
        .layer(cors())
        .layer(BanLayer::new(&detector).observer(told()))
        .layer(limit().observer(told()))
        .layer(signature().observer(told()))
        .service(strict(handler));
    let mut send = async |request: Request<Full<bytes::Bytes>>| {
        let response: Response<_> = stack.ready().await.unwrap().call(request).await.unwrap();
        (response.status().as_u16(), response.headers().clone())
    };
    // Five points each: two forgeries are ten, and the limit is not reached.
    assert_eq!(send(forged()).await.0, 401);
    assert_eq!(send(forged()).await.0, 401);
    let (status, headers) = send(forged()).await;
    assert_eq!((status, &headers["retry-after"]), (429, &"300".parse().unwrap()));
    assert_eq!(headers["access-control-allow-origin"], PAGE);
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert!(!headers.contains_key("ratelimit"), "the limit inside was not asked");
    assert_eq!(detector.busiest(1)[0].who.to_string(), "203.0.113.9/32");
    clock.advance(Duration::from_secs(300));
    let (status, headers) = send(forged()).await;
    assert!(headers.contains_key("ratelimit"), "{status}: the limit inside was asked again");
}
