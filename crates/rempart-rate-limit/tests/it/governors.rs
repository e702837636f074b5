use std::sync::Arc;
use std::time::Duration;

use governor::clock::FakeRelativeClock;
use governor::middleware::StateInformationMiddleware;
use governor::{Quota, RateLimiter};
use rempart_rate_limit::RateLimitLayer;
use tower::Layer;

use crate::rig::{from, handler, policy, send, text};

#[tokio::test]
async fn an_existing_governor_decides_behind_the_layer() {
    let clock = FakeRelativeClock::default();
    let quota = Quota::per_minute(2.try_into().unwrap());
    let governor = RateLimiter::dashmap_with_clock(quota, clock.clone())
        .with_middleware::<StateInformationMiddleware>();
    let layer = RateLimitLayer::governor(policy("api", "2 per minute"), Arc::new(governor));
    assert!(layer.limiter().is_none());
    let service = layer.layer(handler());
    let ask = async |request| {
        let (status, headers, _) = send(service.clone(), request).await;
        let limit = text(&headers, "ratelimit").unwrap_or_default().to_owned();
        (status.as_u16(), limit, text(&headers, "retry-after").map(str::to_owned))
    };
    let row = |status, limit: &str, retry: Option<&str>| {
        (status, limit.to_owned(), retry.map(str::to_owned))
    };
    assert_eq!(ask(from("2001:db8::1")).await, row(200, "\"api\";r=1;t=30", None));
    assert_eq!(ask(from("2001:db8::2")).await, row(200, "\"api\";r=0;t=30", None));
    assert_eq!(ask(from("2001:db8::3")).await, row(429, "\"api\";r=0;t=30", Some("30")));
    assert_eq!(ask(from("203.0.113.9")).await.0, 200);
    assert_eq!(ask(http::Request::new(())).await, row(500, "", None));
    clock.advance(Duration::from_secs(30));
    assert_eq!(ask(from("2001:db8::4")).await.0, 200);
}
