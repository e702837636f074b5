//! Other quotas for some, and one debt whatever the tier.

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Full;
use proptest::prelude::*;
use rempart_core::{Live, ManualClock};
use rempart_rate_limit::{
    Announce, ConfigError, Counting, Limit, Policy, QuotaFault, RateError, RateLimitLayer,
};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::rig::{Rig, from, handler, send, text};

#[derive(Clone, PartialEq)]
enum Plan {
    Free,
    Pro,
    Enterprise,
}

/// A value of another type.
#[derive(Clone, PartialEq)]
struct Staff;

const CLIENT: &str = "203.0.113.9";

fn on(plan: Plan) -> Request<()> {
    let mut request = from(CLIENT);
    request.extensions_mut().insert(plan);
    request
}

fn rig(limit: Limit) -> Rig {
    Rig::new(Policy::builder("api").limit(limit).legacy_fields().build().unwrap())
}

fn tiered() -> Limit {
    Limit::new("calls", "2 per minute")
        .tier(Plan::Pro, "10 per minute")
        .tier(Plan::Enterprise, "100 per minute")
        .tier(Staff, "1000 per minute")
}

async fn ask(rig: &Rig, request: Request<()>) -> (StatusCode, HeaderMap) {
    let (status, headers, _) = send(rig.service.clone(), request).await;
    (status, headers)
}

async fn served(rig: &Rig, plan: Plan, requests: usize) -> usize {
    let mut served = 0;
    for _ in 0..requests {
        served += usize::from(ask(rig, on(plan.clone())).await.0 == StatusCode::OK);
    }
    served
}

#[tokio::test]
async fn each_is_served_by_the_quota_of_its_tier() {
    for (plan, most) in
        [(None, 2), (Some(Plan::Free), 2), (Some(Plan::Pro), 10), (Some(Plan::Enterprise), 100)]
    {
        let rig = rig(tiered());
        let mut served = 0;
        for _ in 0..200 {
            let request = plan.clone().map_or_else(|| from(CLIENT), on);
            served += usize::from(ask(&rig, request).await.0 == StatusCode::OK);
        }
        assert_eq!(served, most);
    }
}

/// Whether a request has been served.
#[derive(Clone)]
struct Done(Arc<AtomicBool>);

#[tokio::test]
async fn a_tier_of_a_shorter_period_forgives_nothing_of_the_others_debt() {
    let rig = rig(Limit::new("calls", "100 per hour").tier(Plan::Pro, "1000 per minute"));
    assert_eq!(served(&rig, Plan::Free, 101).await, 100);
    // An hour is owed, of which this tier allows a minute.
    let (status, headers) = ask(&rig, on(Plan::Pro)).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(text(&headers, "retry-after"), Some("3541"), "59 minutes, and one request");
    assert_eq!(text(&headers, "ratelimit"), Some(r#""calls";r=0;t=3541"#));
    assert_eq!(served(&rig, Plan::Free, 100).await, 0, "nothing of it was forgiven");
    rig.advance(3_540_000);
    assert_eq!(served(&rig, Plan::Pro, 1).await, 0);
    rig.advance(60);
    assert_eq!(served(&rig, Plan::Pro, 2).await, 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// One debt, in milliseconds: a tier admits what fits its own burst beside all that is owed.
    #[test]
    fn tiers_decide_as_one_debt_does(
        steps in prop::collection::vec((0_u64..40, 0_usize..3), 1..120),
    ) {
        // Interval and burst: their longest debts are a second, two, and a quarter.
        let tiers = [(100, 10), (500, 4), (50, 5)];
        let limit = Limit::new("calls", "10 per second")
            .tier(Plan::Pro, "2 per second burst 4")
            .tier(Plan::Enterprise, "20 per second burst 5");
        let rig = rig(limit);
        let plans = [Plan::Free, Plan::Pro, Plan::Enterprise];
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (mut now, mut until) = (0_u64, 0_u64);
        for (pause, tier) in steps {
            rig.advance(pause * 10);
            now += pause * 10;
            let (interval, burst) = tiers[tier];
            let debt = until.saturating_sub(now) + interval;
            let want = debt <= interval * burst;
            if want {
                until = now + debt;
            }
            let (status, _) = runtime.block_on(ask(&rig, on(plans[tier].clone())));
            prop_assert_eq!(status == StatusCode::OK, want, "at {}, tier {}", now, tier);
        }
    }
}

#[test]
fn what_a_tier_is_charged_with_is_given_back_to_all() {
    let limit = Limit::new("calls", "10 per hour").tier(Plan::Pro, "10 per minute");
    let policy = Policy::builder("api").limit(limit.counting(Counting::Failures)).build().unwrap();
    let inner = service_fn(|request: Request<()>| {
        let done = request.extensions().get::<Done>().cloned();
        poll_fn(move |_| match &done {
            Some(Done(done)) if !done.load(Ordering::Relaxed) => Poll::Pending,
            _ => Poll::Ready(Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))),
        })
    });
    let mut service = RateLimitLayer::new(policy).clock(ManualClock::default()).layer(inner);
    let mut cx = Context::from_waker(Waker::noop());
    let done = Done(Arc::default());
    let mut slow: Vec<_> = (0..10)
        .map(|_| {
            let mut request = from(CLIENT);
            request.extensions_mut().insert(done.clone());
            let mut waiting = Box::pin(service.call(request));
            assert!(waiting.as_mut().poll(&mut cx).is_pending());
            waiting
        })
        .collect();
    let mut status = || match Box::pin(service.call(on(Plan::Pro))).as_mut().poll(&mut cx) {
        Poll::Ready(answer) => answer.unwrap().status().as_u16(),
        Poll::Pending => 0,
    };
    assert_eq!(status(), 429, "an hour is owed, of which this tier holds a minute");
    done.0.store(true, Ordering::Relaxed);
    let first = slow.pop().unwrap().as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(first.is_ready());
    assert_eq!(status(), 429, "nine others are charged still");
    for mut waiting in slow {
        assert!(waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    }
    assert_eq!(status(), 200);
}

#[tokio::test]
async fn the_first_tier_that_a_request_is_in_holds() {
    let mut request = on(Plan::Pro);
    request.extensions_mut().insert(Staff);
    let (_, headers) = ask(&rig(tiered()), request).await;
    assert_eq!(text(&headers, "ratelimit-policy"), Some(r#""calls";q=10;w=60"#));
}

#[tokio::test]
async fn a_client_is_told_of_its_own_tier() {
    let table = [
        (Plan::Free, r#""calls";q=2;w=60"#, r#""calls";r=1;t=30"#, "2", "1"),
        (Plan::Pro, r#""calls";q=10;w=60"#, r#""calls";r=9;t=6"#, "10", "9"),
        (Plan::Enterprise, r#""calls";q=100;w=60"#, r#""calls";r=99;t=1"#, "100", "99"),
    ];
    for (plan, policy, limit, at_once, remaining) in table {
        let (_, headers) = ask(&rig(tiered()), on(plan)).await;
        assert_eq!(text(&headers, "ratelimit-policy"), Some(policy));
        assert_eq!(text(&headers, "ratelimit"), Some(limit));
        assert_eq!(text(&headers, "x-ratelimit-limit"), Some(at_once));
        assert_eq!(text(&headers, "x-ratelimit-remaining"), Some(remaining));
    }
}

#[tokio::test]
async fn a_refusal_tells_of_the_tier_too() {
    let rig = rig(tiered());
    assert_eq!(served(&rig, Plan::Pro, 10).await, 10);
    let (status, headers) = ask(&rig, on(Plan::Pro)).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(text(&headers, "retry-after"), Some("6"));
    assert_eq!(text(&headers, "ratelimit-policy"), Some(r#""calls";q=10;w=60"#));
}

#[tokio::test]
async fn who_changes_the_tier_keeps_the_debt() {
    let rig = rig(tiered());
    assert_eq!(served(&rig, Plan::Free, 3).await, 2);
    // A whole minute is owed: in the faster tier, the next request is due after six seconds.
    assert_eq!(served(&rig, Plan::Pro, 5).await, 0);
    rig.advance(6_000);
    assert_eq!(served(&rig, Plan::Pro, 5).await, 1);
    // And who goes back finds no fresh quota either.
    assert_eq!(served(&rig, Plan::Free, 5).await, 0);
    for _ in 0..1_000 {
        assert_eq!(served(&rig, Plan::Free, 1).await + served(&rig, Plan::Pro, 1).await, 0);
    }
}

#[tokio::test]
async fn a_strict_window_remembers_as_much_as_its_largest_tier_needs() {
    let limit = Limit::strict_window("calls", "5 per minute").tier(Plan::Pro, "10 per minute");
    let rig = rig(limit);
    assert_eq!(served(&rig, Plan::Free, 9).await, 5);
    assert_eq!(served(&rig, Plan::Pro, 9).await, 5);
    assert_eq!(served(&rig, Plan::Free, 9).await, 0);
    rig.advance(59_900);
    assert_eq!(served(&rig, Plan::Pro, 9).await, 0);
    rig.advance(200);
    assert_eq!(served(&rig, Plan::Pro, 20).await, 10);
}

#[tokio::test]
async fn a_limit_of_concurrency_has_tiers_of_its_kind() {
    let limit = Limit::concurrency("at-once", 1).tier_at_once(Plan::Pro, 3);
    let layer = RateLimitLayer::new(Policy::builder("api").limit(limit).build().unwrap());
    let service = layer.layer(handler());
    let mut bodies = Vec::new();
    for (plan, status) in [
        (Plan::Free, 200),
        (Plan::Free, 429),
        (Plan::Pro, 200),
        (Plan::Pro, 200),
        (Plan::Pro, 429),
        (Plan::Free, 429),
    ] {
        let response = service.clone().oneshot(on(plan)).await.unwrap();
        assert_eq!(response.status().as_u16(), status);
        bodies.push(response);
    }
}

#[tokio::test]
async fn tiers_that_come_by_a_reload_keep_what_was_counted() {
    let window = || Limit::strict_window("calls", "5 per minute");
    let policy = |limit| Policy::builder("api").limit(limit).build().unwrap();
    let live = Live::new(policy(window()));
    let service = RateLimitLayer::new(live.clone()).layer(handler());
    let ask = async |plan| service.clone().oneshot(on(plan)).await.unwrap().status().as_u16();
    for _ in 0..5 {
        assert_eq!(ask(Plan::Pro).await, 200);
    }
    live.store(policy(window().tier(Plan::Pro, "8 per minute")));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(ask(Plan::Pro).await);
    }
    assert_eq!(statuses, [200, 200, 200, 429]);
}

#[tokio::test]
async fn what_is_given_back_is_what_the_tier_took() {
    let limit = tiered().counting(Counting::Failures);
    let layer = RateLimitLayer::new(Policy::builder("api").limit(limit).build().unwrap());
    let service = layer.clock(ManualClock::default()).layer(service_fn(|request: Request<()>| {
        let failed = request.uri().path() == "/fails";
        let status = if failed { StatusCode::NOT_FOUND } else { StatusCode::OK };
        let response = Response::builder().status(status).body(Full::<Bytes>::default());
        std::future::ready(Ok::<_, Infallible>(response.unwrap()))
    }));
    for (path, remaining) in [("/fails", 9), ("/", 8), ("/fails", 8), ("/", 7), ("/fails", 7)] {
        let mut request = on(Plan::Pro);
        *request.uri_mut() = path.parse().unwrap();
        let (_, headers, _) = send(service.clone(), request).await;
        let told = text(&headers, "ratelimit").unwrap();
        assert!(told.starts_with(&format!(r#""calls";r={remaining};"#)), "{path}: {told}");
    }
}

#[test]
fn every_fault_of_a_tier_is_reported() {
    let limit = Limit::new("calls", "2 per minute")
        .tier(Plan::Pro, "10 per m")
        .tier(Plan::Pro, "0 per minute")
        .tier_at_once(Plan::Enterprise, 3);
    let many =
        (0..17).fold(Limit::concurrency("at-once", 1), |limit, nth| limit.tier_at_once(nth, nth));
    let faults = Policy::builder("api").limit(limit).limit(many).build().unwrap_err();
    let of = |name: &str, fault: &ConfigError| {
        let ConfigError::Limit { limit, fault } = fault else { panic!("{fault}") };
        assert_eq!(limit.as_str(), name);
        ConfigError::clone(fault)
    };
    let tier = |tier, fault| ConfigError::Tier { tier, fault: Box::new(fault) };
    let faults: Vec<_> = faults.into_iter().collect();
    let (calls, at_once) = faults.split_at(4);
    let calls: Vec<_> = calls.iter().map(|fault| of("calls", fault)).collect();
    let ConfigError::Tier { tier: 1, fault: quota } = &calls[0] else { panic!("{}", calls[0]) };
    let ConfigError::Quota { error, .. } = &**quota else { panic!("{quota}") };
    assert_eq!(error.fault(), QuotaFault::AmbiguousUnit);
    assert_eq!(calls[1], tier(2, ConfigError::SameTier));
    assert!(matches!(&calls[2], ConfigError::Tier { tier: 2, .. }));
    assert_eq!(calls[3], tier(3, ConfigError::TierOfAnotherKind));
    let at_once: Vec<_> = at_once.iter().map(|fault| of("at-once", fault)).collect();
    let zero = tier(1, ConfigError::Rate(RateError::ZeroLimit));
    assert_eq!(at_once, [ConfigError::TooManyTiers { tiers: 17 }, zero]);
}

#[tokio::test]
async fn who_is_near_the_limit_is_so_by_its_tier() {
    // Who has less than a fifth left is told: of ten after the ninth, of a hundred not yet.
    for (plan, told_from) in [(Plan::Pro, 9), (Plan::Enterprise, 82)] {
        let policy = Policy::builder("api").limit(tiered()).announce(Announce::NearLimit);
        let rig = Rig::new(policy.build().unwrap());
        for nth in 1..=10 {
            let (status, headers) = ask(&rig, on(plan.clone())).await;
            assert_eq!(status, StatusCode::OK);
            assert_eq!(headers.contains_key("ratelimit"), nth >= told_from, "request {nth}");
        }
    }
}
