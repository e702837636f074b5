use std::sync::{Arc, Mutex};

use http::StatusCode;
use rempart_core::{Event, EventKind, ManualClock, Observer, Outcome, Reason, Refused, RouteName};
use rempart_rate_limit::{Limit, Policy, PolicyBuilder, RateLimitLayer};
use rempart_testing::Capture;
use tower::{Layer, ServiceExt};

use crate::rig::{from, handler, policy, send};

type Seen = (EventKind, Outcome, Option<Reason>, String, Option<String>, Option<String>);

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Seen>>>);

impl Observer for Log {
    fn observe(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push((
            event.kind,
            event.outcome,
            event.reason,
            event.policy.as_str().to_owned(),
            event.client.map(|client| client.to_string()),
            event.route.map(str::to_owned),
        ));
    }
}

#[tokio::test]
async fn every_decision_is_told_with_its_exact_reason() {
    let log = Log::default();
    let layer = RateLimitLayer::new(policy("auth", "1 per minute"))
        .clock(ManualClock::default())
        .observer(log.clone());
    let service = layer.layer(handler());
    let mut request = from("203.0.113.9");
    request.extensions_mut().insert(RouteName::new("/auth/login"));
    for request in [request.clone(), request, http::Request::new(())] {
        send(service.clone(), request).await;
    }
    let seen = |outcome, reason, known: bool| {
        let (client, route) = (known.then_some("203.0.113.9"), known.then_some("/auth/login"));
        let (client, route) = (client.map(str::to_owned), route.map(str::to_owned));
        (EventKind::RateLimit, outcome, reason, "auth".to_owned(), client, route)
    };
    assert_eq!(
        *log.0.lock().unwrap(),
        [
            seen(Outcome::Allowed, None, true),
            seen(Outcome::Refused, Some(Reason::QuotaExceeded), true),
            seen(Outcome::Error, Some(Reason::NoClientAddress), false),
        ]
    );
}

#[tokio::test]
async fn preflights_that_pass_uncounted_are_no_event() {
    let log = Log::default();
    let policy = Policy::builder("api").quota("1 per minute").skip_preflights().build().unwrap();
    let service = RateLimitLayer::new(policy).observer(log.clone()).layer(handler());
    let headers = [("origin", "https://a.example"), ("access-control-request-method", "PUT")];
    send(service, crate::rig::asking("203.0.113.9", http::Method::OPTIONS, &headers)).await;
    assert_eq!(log.0.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn layers_outside_learn_who_refused() {
    let layer = RateLimitLayer::new(policy("auth", "1 per minute")).clock(ManualClock::default());
    let service = layer.layer(handler());
    for (request, want) in [
        (from("203.0.113.9"), None),
        (from("203.0.113.9"), Some(Reason::QuotaExceeded)),
        (http::Request::new(()), Some(Reason::NoClientAddress)),
    ] {
        let response = service.clone().oneshot(request).await.unwrap();
        let refused = response.extensions().get::<Refused>();
        assert_eq!(refused.map(|refused| refused.reason), want);
        assert_eq!(refused.is_some(), response.status() != StatusCode::OK);
    }
}

#[test]
fn the_log_has_a_line_for_each_refusal() {
    let (capture, layer) = (
        Capture::default(),
        RateLimitLayer::new(policy("auth", "1 per minute")).clock(ManualClock::default()),
    );
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    capture.within(|| {
        for request in [from("203.0.113.9"), from("203.0.113.9"), http::Request::new(())] {
            runtime.block_on(send(layer.layer(handler()), request));
        }
    });
    let text = capture.text();
    let line = |level: &str| text.lines().find(|line| line.contains(level)).unwrap_or_default();
    assert!(
        line("WARN").contains("rate_limit.") && line("WARN").contains("quota_exceeded"),
        "{text}"
    );
    assert!(line("WARN").contains("203.0.113.9"), "{text}");
    assert!(line("ERROR").contains("no_client_address"), "{text}");
    assert!(line("ERROR").contains("add ClientAddrLayer outside"), "it says what to do: {text}");
}

#[tokio::test]
async fn a_limit_on_trial_says_why_it_would_have_refused() {
    let quota = Limit::new("quota", "1 per hour").on_trial();
    let flights = Limit::concurrency("flights", 1).on_trial();
    let rows = [
        (vec![quota.clone()], Reason::QuotaExceeded),
        (vec![flights.clone()], Reason::ConcurrencyExceeded),
        (vec![flights, quota], Reason::ConcurrencyExceeded),
    ];
    for (limits, reason) in rows {
        let log = Log::default();
        let policy = limits.into_iter().fold(Policy::builder("api"), PolicyBuilder::limit);
        let layer = RateLimitLayer::new(policy.build().unwrap()).observer(log.clone());
        let service = layer.layer(handler());
        // Both are in flight until their bodies are dropped.
        let first = service.clone().oneshot(from("203.0.113.9")).await.unwrap();
        let second = service.oneshot(from("203.0.113.9")).await.unwrap();
        assert_eq!((first.status(), second.status()), (StatusCode::OK, StatusCode::OK));
        let told: Vec<_> = log.0.lock().unwrap().iter().map(|seen| (seen.1, seen.2)).collect();
        assert_eq!(told, [(Outcome::Allowed, None), (Outcome::Shadowed, Some(reason))]);
    }
}
