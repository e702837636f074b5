use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::FakeRelativeClock;
use governor::middleware::StateInformationMiddleware;
use governor::{Quota, RateLimiter};
use http::{Method, StatusCode};
use rempart_rate_limit::{By, ConfigError, Counting, Limit, Policy, PrefixSet, RateLimitLayer};
use tower::Layer;

use crate::rig::{asking, from, handler, policy, send, text};

#[tokio::test]
async fn an_existing_governor_decides_behind_the_layer() {
    let clock = FakeRelativeClock::default();
    let quota = Quota::per_minute(2.try_into().unwrap());
    let governor = RateLimiter::dashmap_with_clock(quota, clock.clone())
        .with_middleware::<StateInformationMiddleware>();
    let layer =
        RateLimitLayer::governor(policy("api", "2 per minute"), Arc::new(governor)).unwrap();
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

fn governor() -> Arc<DefaultRateLimiter> {
    let quota = Quota::per_hour(2.try_into().unwrap());
    Arc::new(RateLimiter::dashmap(quota).with_middleware::<StateInformationMiddleware>())
}

type DefaultRateLimiter = RateLimiter<
    IpAddr,
    governor::state::keyed::DashMapStateStore<IpAddr>,
    governor::clock::DefaultClock,
    StateInformationMiddleware,
>;

#[tokio::test]
async fn lists_and_bans_hold_before_a_governor_is_asked() {
    let lists = PrefixSet::builder().allow("192.0.2.0/24").deny("198.51.100.0/24");
    let policy = Policy::builder("api")
        .quota("2 per hour")
        .lists(lists.build().unwrap())
        .bans("after 2 denials in 1 minute for 5 minutes up to 1 day".parse().unwrap())
        .skip_preflights();
    let layer = RateLimitLayer::governor(policy.build().unwrap(), governor()).unwrap();
    let service = layer.layer(handler());
    let status = async |request| send(service.clone(), request).await.0;
    for _ in 0..9 {
        assert_eq!(status(from("192.0.2.7")).await, StatusCode::OK);
        assert_eq!(status(from("198.51.100.7")).await, StatusCode::FORBIDDEN);
    }
    for want in [200, 200, 429, 429] {
        assert_eq!(status(from("203.0.113.9")).await, want);
    }
    let (_, headers, _) = send(service.clone(), from("203.0.113.9")).await;
    assert_eq!(text(&headers, "retry-after"), Some("300"), "banned");
    let preflight = |client| {
        let asks = [("origin", "https://a.example"), ("access-control-request-method", "PUT")];
        asking(client, Method::OPTIONS, &asks)
    };
    assert_eq!(status(preflight("203.0.113.9")).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(status(preflight("203.0.113.10")).await, StatusCode::OK);
}

#[test]
fn what_a_governor_cannot_count_is_refused() {
    let plain = || Limit::new("calls", "2 per hour");
    let policies = [
        Policy::builder("api").limit(plain()).limit(Limit::new("more", "9 per day")),
        Policy::builder("api").limit(plain().by(By::everyone())),
        Policy::builder("api").limit(plain().tier(7_u8, "9 per hour")),
        Policy::builder("api").limit(plain().cost(|_, _| 2)),
        Policy::builder("api").limit(plain().counting(Counting::Failures)),
        Policy::builder("api").limit(plain().on_trial()),
        Policy::builder("api").limit(Limit::strict_window("calls", "2 per hour")),
        Policy::builder("api").limit(Limit::concurrency("calls", 2)),
    ];
    for policy in policies {
        let faults = RateLimitLayer::governor(policy.build().unwrap(), governor()).unwrap_err();
        assert!(faults.iter().eq([&ConfigError::Governed]), "{faults}");
    }
}
