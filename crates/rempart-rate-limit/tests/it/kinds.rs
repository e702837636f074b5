//! Limits of each kind, behind the layer.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use rempart_core::{ClientAddr, Live, ManualClock, Reason, Refused};
use rempart_rate_limit::{
    ConfigError, Decision, Limit, Limiter, Policy, RateError, RateLimitLayer,
};
use tower::{Layer, ServiceExt, service_fn};

use crate::rig::{Rig, from, text};

fn one(limit: Limit) -> Policy {
    Policy::builder("api").limit(limit).build().unwrap()
}

#[tokio::test]
async fn a_strict_window_never_holds_one_more_wherever_it_begins() {
    for (quota, limit) in [("10 per minute", 10), ("100 per minute", 100), ("5 per minute", 5)] {
        let rig = Rig::new(one(Limit::strict_window("window", quota)));
        // Where a bucket would give a burst and what comes back meanwhile: in every window of a
        // minute, tried each half second, there are as many as the quota says.
        let mut served = Vec::new();
        for half_second in 0..600_usize {
            for _ in 0..3 {
                served.extend(
                    (rig.get("203.0.113.9").await.0 == StatusCode::OK).then_some(half_second),
                );
            }
            rig.advance(500);
        }
        let most = (0..600)
            .map(|start| served.iter().filter(|at| (start..start + 120).contains(*at)).count());
        assert_eq!(most.max(), Some(limit), "{quota}");
        assert!(served.len() >= limit * 5, "{quota}: {} in five minutes", served.len());
    }
}

#[tokio::test]
async fn a_strict_window_tells_of_itself_as_any_limit_does() {
    let rig = Rig::new(one(Limit::strict_window("webhook", "2 per minute")));
    let (_, headers, _) = rig.get("203.0.113.9").await;
    assert_eq!(text(&headers, "ratelimit-policy"), Some(r#""webhook";q=2;w=60"#));
    assert_eq!(text(&headers, "ratelimit"), Some(r#""webhook";r=1;t=60"#));
    rig.advance(20_000);
    rig.get("203.0.113.9").await;
    let (status, headers, _) = rig.get("203.0.113.9").await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(text(&headers, "retry-after"), Some("40"));
    assert_eq!(text(&headers, "ratelimit"), Some(r#""webhook";r=0;t=40"#));
}

/// A body of which a frame comes each time it is asked.
struct Frames(usize);

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let left = self.0.checked_sub(1);
        Poll::Ready(left.map(|left| {
            self.0 = left;
            Ok(Frame::data(Bytes::from_static(b"frame")))
        }))
    }
}

#[tokio::test]
async fn a_request_is_in_flight_until_its_body_ends() {
    let policy = one(Limit::concurrency("flights", 2));
    let layer = RateLimitLayer::new(policy);
    let service = layer
        .layer(service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(Frames(3)))));
    let get = async |address| service.clone().oneshot(from(address)).await.unwrap();

    let (mut first, second) = (get("203.0.113.9").await, get("203.0.113.9").await);
    let policy = r#""flights";q=2;qu="concurrent-requests""#;
    assert_eq!(text(first.headers(), "ratelimit-policy"), Some(policy));
    assert_eq!(text(first.headers(), "ratelimit"), Some(r#""flights";r=1"#));
    let refused = get("203.0.113.9").await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(text(refused.headers(), "retry-after"), Some("1"));
    assert_eq!(text(refused.headers(), "ratelimit"), Some(r#""flights";r=0"#));
    let why = refused.extensions().get::<Refused>().unwrap().reason;
    assert_eq!(why, Reason::ConcurrencyExceeded);
    assert_eq!(get("203.0.113.10").await.status(), StatusCode::OK, "each client has its own");

    // A body is in flight to its last frame, and no longer.
    for _ in 0..3 {
        assert!(first.body_mut().frame().await.unwrap().is_ok());
        assert_eq!(get("203.0.113.9").await.status(), StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(first.body_mut().frame().await.is_none());
    let third = get("203.0.113.9").await;
    assert_eq!(third.status(), StatusCode::OK);
    assert_eq!(get("203.0.113.9").await.status(), StatusCode::TOO_MANY_REQUESTS);

    // One that nobody reads ends when it is dropped.
    drop((second, third));
    for _ in 0..100 {
        assert_eq!(get("203.0.113.9").await.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_request_that_nobody_waits_for_is_in_flight_no_more() {
    let layer = RateLimitLayer::new(one(Limit::concurrency("flights", 1)));
    let slow = layer.layer(service_fn(|_: Request<()>| {
        std::future::pending::<Result<Response<Frames>, Infallible>>()
    }));
    let mut cx = Context::from_waker(std::task::Waker::noop());
    for _ in 0..10 {
        let mut under_way = Box::pin(slow.clone().oneshot(from("203.0.113.9")));
        assert!(under_way.as_mut().poll(&mut cx).is_pending());
        let mut another = Box::pin(slow.clone().oneshot(from("203.0.113.9")));
        assert!(another.as_mut().poll(&mut cx).is_ready(), "refused");
    }
    // And so is one whose service failed.
    let failing = layer.layer(service_fn(async |_: Request<()>| {
        Err::<Response<Frames>, _>(std::io::Error::other("broken"))
    }));
    for _ in 0..10 {
        assert!(failing.clone().oneshot(from("203.0.113.9")).await.is_err());
    }
}

#[tokio::test]
async fn who_finds_no_room_in_flight_is_not_told_that_there_is_some() {
    // One line of twenty.
    let flights = Limit::concurrency("flights", 2).capacity(1);
    let beside = Limit::new("calls", "9 per hour");
    let alone = Policy::builder("api").limit(flights.clone()).legacy_fields();
    let both = Policy::builder("api").limit(flights).limit(beside);
    let rows = [(alone, r#""flights";r=0"#), (both, r#""flights";r=0, "calls";r=9;t=0"#)];
    for (policy, want) in rows {
        let service = RateLimitLayer::new(policy.build().unwrap()).clock(ManualClock::default());
        let service = service.layer(service_fn(async |_: Request<()>| {
            Ok::<_, Infallible>(Response::new(Frames(1)))
        }));
        let get = async |host: u8| {
            service.clone().oneshot(from(&format!("203.0.113.{host}"))).await.unwrap()
        };
        let mut held = Vec::new();
        for host in 0..20 {
            held.push(get(host).await);
        }
        let refused = get(20).await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(text(refused.headers(), "ratelimit"), Some(want));
        assert_eq!(text(refused.headers(), "retry-after"), Some("1"));
        let old = text(refused.headers(), "x-ratelimit-remaining");
        assert!(old.is_none_or(|left| left == "0"), "{old:?}");
        drop(held.pop());
        assert_eq!(get(20).await.status(), StatusCode::OK);
    }
}

#[test]
fn kinds_are_decided_together_and_a_refusal_of_one_charges_none() {
    let clock = ManualClock::default();
    let policy = Policy::builder("api")
        .limit(Limit::strict_window("window", "3 per minute"))
        .limit(Limit::concurrency("flights", 1))
        .limit(Limit::new("daily", "4 per day"));
    let limiter = Limiter::new(policy.build().unwrap()).clock(clock.clone());
    let remaining = || match limiter.check_key("t", 0) {
        Decision::Allowed(standing) => standing.remaining(),
        Decision::Refused(_) => 0,
    };
    let first = limiter.reserve_key("t", 1).unwrap();
    for _ in 0..100 {
        assert!(limiter.reserve_key("t", 1).is_err(), "one is in flight");
    }
    drop(first);
    assert_eq!(remaining(), 1, "of those in flight");
    for _ in 0..2 {
        drop(limiter.reserve_key("t", 1).unwrap());
    }
    assert!(limiter.reserve_key("t", 1).is_err(), "three in a minute");
    clock.advance(Duration::from_secs(60));
    let reserved = limiter.reserve_key("t", 1).unwrap();
    assert!(limiter.reserve_key("t", 1).is_err(), "four a day");
    reserved.give_back();
    assert!(limiter.reserve_key("t", 1).is_ok(), "given back to all");
}

#[test]
fn a_limit_that_becomes_of_another_kind_starts_anew_and_others_stay() {
    let live = Live::new(one(Limit::strict_window("x", "3 per minute")));
    let limiter = Limiter::new(live.clone()).clock(ManualClock::default());
    let client = ClientAddr::new("203.0.113.9".parse().unwrap());
    let served =
        || (0..10).filter(|_| matches!(limiter.check(client), Decision::Allowed(_))).count();
    assert_eq!(served(), 3);
    live.store(one(Limit::strict_window("x", "2 per hour")));
    assert_eq!(served(), 0, "the three of the last hour are remembered");
    live.store(one(Limit::strict_window("x", "5 per hour")));
    assert_eq!(served(), 2, "and by a longer log too");
    live.store(one(Limit::new("x", "2 per hour")));
    assert_eq!(served(), 2);
}

#[test]
fn a_rule_that_cannot_be_kept_is_a_fault() {
    let rows = [
        (Limit::strict_window("x", "129 per minute"), RateError::NoWindow),
        (Limit::strict_window("x", "10 per minute burst 20"), RateError::NoWindow),
        (Limit::concurrency("x", 0), RateError::ZeroLimit),
    ];
    for (limit, fault) in rows {
        let faults = Policy::builder("x").limit(limit).build().unwrap_err();
        assert_eq!(faults, ConfigError::Rate(fault).into());
    }
    let logs = Limit::strict_window("x", "128 per minute").capacity(1 << 26);
    let faults = Policy::builder("x").limit(logs).build().unwrap_err();
    assert!(matches!(faults.iter().next(), Some(ConfigError::Logs { .. })), "{faults}");
}

#[test]
fn a_window_that_cannot_grow_forgets_nobody() {
    // A table of so many logs of one admission fits; of 128, it would take more than any may.
    let (clients, key) = (2_000_000, "somebody");
    let live = Live::new(one(Limit::strict_window("x", "1 per minute").capacity(clients)));
    let limiter = Limiter::new(live.clone()).clock(ManualClock::default());
    assert!(matches!(limiter.check_key(key, 1), Decision::Allowed(_)));
    let most = || limiter.usage()[0].remembered;
    assert_eq!(most(), Some(1));
    live.store(one(Limit::strict_window("x", "128 per minute")));
    assert!(matches!(limiter.check_key(key, 1), Decision::Refused(_)), "it was admitted");
    assert!(matches!(limiter.check_key("else", 2), Decision::Refused(_)), "it remembers one");
    assert!(matches!(limiter.check_key("else", 1), Decision::Allowed(_)));
    assert_eq!(most(), Some(1), "and says so");
    live.store(one(Limit::strict_window("x", "2 per minute")));
    assert!(matches!(limiter.check_key(key, 1), Decision::Allowed(_)), "so far it can grow");
    assert_eq!(most(), Some(2));
}

#[test]
fn a_policy_that_comes_back_finds_what_was_admitted_meanwhile() {
    let (few, many) = (Limit::strict_window("x", "3 per minute"), "5 per minute");
    let (few, many) = (one(few), one(Limit::strict_window("x", many)));
    let live = Live::new(few.clone());
    let limiter = Limiter::new(live.clone()).clock(ManualClock::default());
    let client = ClientAddr::new("203.0.113.9".parse().unwrap());
    let served = |policy: &Policy| {
        live.store(policy.clone());
        (0..10).filter(|_| matches!(limiter.check(client), Decision::Allowed(_))).count()
    };
    assert_eq!(served(&many), 5);
    for _ in 0..3 {
        assert_eq!((served(&few), served(&many)), (0, 0));
    }
}

#[test]
fn an_operator_sees_how_many_clients_count() {
    let clock = ManualClock::default();
    let limit = Limit::strict_window("guesses", "5 per minute");
    let limiter = Limiter::new(one(limit)).clock(clock.clone());
    let occupied = || limiter.usage().first().map(|usage| usage.occupied);
    for (nth, client) in ["203.0.113.9", "203.0.113.10", "203.0.113.9"].into_iter().enumerate() {
        let decision = limiter.check(ClientAddr::new(client.parse().unwrap()));
        assert!(matches!(decision, Decision::Allowed(_)));
        assert_eq!(occupied(), Some([1, 2, 2][nth]));
    }
    clock.advance(Duration::from_secs(60));
    assert_eq!(occupied(), Some(0), "what has left the window counts no more");
}
