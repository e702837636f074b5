//! The policies that most services have.

use std::convert::Infallible;
use std::future::ready;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use rempart_core::ManualClock;
use rempart_rate_limit::{Policy, PolicyBuilder, RateLimitLayer};
use tower::{Layer, service_fn};

use crate::rig::{from, send};

/// How many of so many requests from each of these clients reach the handler, which answers so.
async fn served(policy: PolicyBuilder, status: u16, clients: &[&str], requests: usize) -> usize {
    let handler = service_fn(move |_: Request<()>| {
        let response = Response::builder().status(status).body(Full::<Bytes>::default());
        ready(Ok::<_, Infallible>(response.unwrap()))
    });
    let layer = RateLimitLayer::new(policy.build().unwrap()).clock(ManualClock::default());
    let service = layer.layer(handler);
    let mut served = 0;
    for _ in 0..requests {
        for client in clients {
            let (answered, ..) = send(service.clone(), from(client)).await;
            served += usize::from(answered.as_u16() == status);
        }
    }
    served
}

const ONE: &[&str] = &["203.0.113.9"];

/// Of one line: 25 networks of a /56.
fn line() -> Vec<String> {
    (0..25).map(|nth| format!("2001:db8:0:{nth:x}::1")).collect()
}

#[tokio::test]
async fn a_login_slows_down_those_who_guess_and_nobody_else() {
    let login = || Policy::login("login", "5 per minute", "60 per hour");
    assert_eq!(served(login(), 200, ONE, 100).await, 100);
    assert_eq!(served(login(), 401, ONE, 100).await, 5);
    let line = line();
    let line: Vec<_> = line.iter().map(String::as_str).collect();
    assert_eq!(served(login(), 401, &line, 10).await, 60, "of a line, and not 125");
    let neighbours = ["203.0.113.9", "203.0.113.10"];
    assert_eq!(served(login(), 401, &neighbours, 100).await, 10, "nobody pays for a neighbour");
}

#[tokio::test]
async fn a_login_bans_those_who_go_on() {
    let layer =
        RateLimitLayer::new(Policy::login("login", "5 per minute", "60 per hour").build().unwrap());
    let limiter = layer.limiter().unwrap().clone().clock(ManualClock::default());
    let client = rempart_core::ClientAddr::new(ONE[0].parse().unwrap());
    let refused = service_fn(|_: Request<()>| {
        let response = Response::builder().status(401).body(Full::<Bytes>::default());
        ready(Ok::<_, Infallible>(response.unwrap()))
    });
    let service = RateLimitLayer::sharing(&limiter).layer(refused);
    for nth in 0..25 {
        assert_eq!(limiter.banned(client), None, "{nth}");
        send(service.clone(), from(ONE[0])).await;
    }
    assert_eq!(limiter.banned(client).map(|wait| wait.as_secs()), Some(300));
}

#[tokio::test]
async fn a_webhook_has_room_for_its_senders_and_little_for_forgeries() {
    let webhook = || Policy::webhook("webhook", "60 per minute", "100 per minute");
    assert_eq!(served(webhook(), 200, ONE, 100).await, 60);
    assert_eq!(served(webhook(), 401, ONE, 100).await, 10);
    assert_eq!(served(webhook(), 200, &["203.0.113.9", "203.0.113.10"], 100).await, 100);
}

#[tokio::test]
async fn a_public_interface_has_a_burst_and_a_day() {
    let api = |day| Policy::public_api("api", "10 per second burst 20", day);
    assert_eq!(served(api("1000 per day"), 200, ONE, 100).await, 20);
    assert_eq!(served(api("7 per day"), 500, ONE, 100).await, 7);
}

#[test]
fn what_is_wrong_with_a_quota_is_a_fault_as_ever() {
    let faults = |policy: PolicyBuilder| policy.build().unwrap_err().len();
    assert_eq!(faults(Policy::login("Login", "5 per m", "60 per hour")), 2);
    assert_eq!(faults(Policy::webhook("x", "5 per m", "")), 2);
    assert_eq!(faults(Policy::public_api("x", "0 per day", "x")), 2);
}
