//! The layer that turns away whom the detector bans.

mod networks;

use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use rempart_core::{
    Event, EventKind, Live, Observer, Outcome, Reason, Refused, Renderer, RouteName,
};
use rempart_monitor::{AnomalyDetector, Ban, BanLayer, Policy, PolicyBuilder};
use rempart_testing::{Capture, Strict, strict};
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceExt};

use crate::detector::{Rig, about, address, watch};

const BAN: Duration = Duration::from_secs(300);
const ATTACKER: &str = "203.0.113.9";

type Handler = fn(Request<()>) -> Ready<Response<Full<Bytes>>>;

/// It panics if it is called without having been made ready.
fn handler() -> Strict<Handler> {
    strict(|_| ready(Response::new(Full::from("served"))))
}

fn banning() -> PolicyBuilder {
    watch().ban(BAN)
}

fn from(client: &str) -> Request<()> {
    let mut request = Request::new(());
    request.extensions_mut().insert(address(client));
    request
}

async fn answer(
    service: &Ban<Strict<Handler>>,
    request: Request<()>,
) -> (StatusCode, HeaderMap, Bytes) {
    let response = service.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    (head.status, head.headers, body.collect().await.unwrap().to_bytes())
}

fn attack(rig: &Rig) {
    for _ in 0..4 {
        rig.bad_token(ATTACKER);
    }
}

#[tokio::test]
async fn turns_away_with_429_until_the_ban_is_over() {
    let rig = Rig::new(banning());
    let service = BanLayer::new(&rig.detector).layer(handler());
    assert_eq!(answer(&service, from(ATTACKER)).await.0, StatusCode::OK);
    attack(&rig);
    assert_eq!(rig.heard.words()[0].0, Outcome::Refused);
    let (status, headers, body) = answer(&service, from(ATTACKER)).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(headers["retry-after"], "300");
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["content-type"], "application/problem+json");
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&problem["status"], &problem["code"]), (&429.into(), &"client-ban".into()));
    assert_eq!(answer(&service, from("203.0.113.8")).await.0, StatusCode::OK, "the neighbour");
    for (milliseconds, retry_after) in [(1, "300"), (999, "299"), (298_999, "1")] {
        rig.advance(milliseconds);
        assert_eq!(answer(&service, from(ATTACKER)).await.1["retry-after"], retry_after);
    }
    rig.advance(1);
    assert_eq!(answer(&service, from(ATTACKER)).await.0, StatusCode::OK);
}

#[tokio::test]
async fn what_is_turned_away_does_not_prolong_the_ban() {
    let rig = Rig::new(banning());
    let observed = BanLayer::new(&rig.detector).observer(rig.detector.clone());
    let service = observed.layer(handler());
    attack(&rig);
    for _ in 0..30 {
        rig.advance(10_000);
        answer(&service, from(ATTACKER)).await;
    }
    assert_eq!(answer(&service, from(ATTACKER)).await.0, StatusCode::OK);
    assert_eq!(rig.heard.count(), 1);
}

#[test]
fn what_a_layer_outside_of_the_ban_refuses_does_not_prolong_it() {
    let rig = Rig::new(watch().ban(Duration::from_secs(60)).ban_networks());
    attack(&rig);
    for left in [45, 30, 15] {
        rig.advance(15_000);
        let reason = Some(Reason::OriginNotAllowed);
        rig.see(EventKind::CorsActual, Outcome::Refused, reason, ATTACKER);
        assert_eq!(rig.detector.banned(address(ATTACKER)), Some(Duration::from_secs(left)));
    }
    rig.advance(15_000);
    assert_eq!(rig.detector.banned(address(ATTACKER)), None);
    assert_eq!(rig.heard.count(), 1);
    // It is over, and with the very next offence the next begins.
    rig.point(ATTACKER);
    assert_eq!(rig.detector.banned(address(ATTACKER)), Some(Duration::from_secs(60)));
    assert_eq!(rig.heard.count(), 2);
}

#[tokio::test]
async fn after_a_ban_one_offence_brings_the_next_until_the_score_has_leaked_away() {
    let rig = Rig::new(banning());
    attack(&rig);
    rig.advance(300_000);
    assert_eq!(rig.detector.banned(address(ATTACKER)), None);
    about(rig.score(ATTACKER), 10.0);
    rig.advance(1_000);
    rig.bad_token(ATTACKER);
    assert_eq!(rig.detector.banned(address(ATTACKER)), Some(BAN));
    assert_eq!(rig.heard.count(), 2, "each ban is told of");
    rig.advance(400_000);
    about(rig.score(ATTACKER), 0.0);
    rig.bad_token(ATTACKER);
    assert_eq!(rig.detector.banned(address(ATTACKER)), None);
}

#[tokio::test]
async fn a_ban_shorter_than_the_pause_is_told_of_too() {
    let rig = Rig::new(watch().ban(Duration::from_secs(5)));
    attack(&rig);
    for bans in 1..5 {
        assert_eq!(rig.heard.count(), bans);
        // Offences during the ban: requests that were under way.
        rig.advance(2_000);
        rig.bad_token(ATTACKER);
        assert_eq!(rig.detector.banned(address(ATTACKER)), Some(Duration::from_secs(3)));
        assert_eq!(rig.heard.count(), bans);
        rig.advance(3_001);
        rig.bad_token(ATTACKER);
    }
}

#[tokio::test]
async fn speaks_the_language_of_the_client() {
    let rig = Rig::new(banning());
    let service = BanLayer::new(&rig.detector).layer(handler());
    attack(&rig);
    rig.advance(500);
    let mut head = from(ATTACKER);
    *head.method_mut() = Method::HEAD;
    let (status, headers, body) = answer(&service, head).await;
    assert_eq!((status, body.len()), (StatusCode::TOO_MANY_REQUESTS, 0));
    assert!(!headers.contains_key("grpc-retry-pushback-ms"));
    let mut grpc = from(ATTACKER);
    grpc.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
    let (status, headers, body) = answer(&service, grpc).await;
    assert_eq!((status, body.len()), (StatusCode::OK, 0));
    assert_eq!(headers["grpc-status"], "8");
    assert_eq!(headers["grpc-retry-pushback-ms"], "299500");
    assert_eq!(headers["retry-after"], "300");
}

#[tokio::test]
async fn a_closure_may_render_the_refusal() {
    let rig = Rig::new(banning());
    let renderer = Renderer::from_fn(|refusal, _| {
        let mut response = Response::new(Bytes::from("away"));
        *response.status_mut() = refusal.status();
        response
    });
    let service = BanLayer::new(&rig.detector).renderer(renderer).layer(handler());
    attack(&rig);
    let (status, headers, body) = answer(&service, from(ATTACKER)).await;
    assert_eq!((status, &body[..]), (StatusCode::TOO_MANY_REQUESTS, &b"away"[..]));
    assert_eq!(headers["retry-after"], "300");
}

#[tokio::test]
async fn a_request_of_nobody_is_the_services_fault_unless_the_policy_lets_it_pass() {
    let rows = [
        (banning(), StatusCode::INTERNAL_SERVER_ERROR),
        (banning().dangerously_pass_unknown(), StatusCode::OK),
        (watch(), StatusCode::OK),
    ];
    for (policy, want) in rows {
        let rig = Rig::new(policy);
        let service = BanLayer::new(&rig.detector).layer(handler());
        let (status, headers, _) = answer(&service, Request::new(())).await;
        assert_eq!(status, want);
        assert!(!headers.contains_key("retry-after"));
    }
}

#[tokio::test]
async fn turns_nobody_away_while_the_policy_only_watches() {
    let live = Live::new(watch().build().unwrap());
    let rig = Rig::of(AnomalyDetector::new(live.clone()));
    let service = BanLayer::new(&rig.detector).layer(handler());
    attack(&rig);
    assert_eq!(answer(&service, from(ATTACKER)).await.0, StatusCode::OK);
    live.store(banning().build().unwrap());
    assert_eq!(answer(&service, from(ATTACKER)).await.0, StatusCode::TOO_MANY_REQUESTS);
    live.store(watch().build().unwrap());
    assert_eq!(answer(&service, from(ATTACKER)).await.0, StatusCode::OK);
}

#[tokio::test]
async fn what_is_turned_away_still_counts_as_a_request() {
    let rig = Rig::new(banning());
    let service = BanLayer::new(&rig.detector).layer(handler());
    attack(&rig);
    for _ in 0..46 {
        answer(&service, from(ATTACKER)).await;
    }
    about(rig.standing(ATTACKER).rate, 5.0);
    about(rig.detector.busiest_networks(1)[0].rate, 5.0);
    // Those that are served are counted by the limit inside.
    for _ in 0..46 {
        answer(&service, from("192.0.2.1")).await;
    }
    about(rig.standing("192.0.2.1").rate, 0.0);
}

type Seen = (EventKind, Outcome, Option<Reason>, Option<String>, Option<String>);

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Seen>>>);

impl Observer for Log {
    fn observe(&self, event: &Event<'_>) {
        assert_eq!(event.policy.as_str(), "clients");
        self.0.lock().unwrap().push((
            event.kind,
            event.outcome,
            event.reason,
            event.client.map(|client| client.to_string()),
            event.route.map(str::to_owned),
        ));
    }
}

#[tokio::test]
async fn every_request_turned_away_is_told_and_none_that_is_served() {
    let (rig, log) = (Rig::new(banning()), Log::default());
    let service = BanLayer::new(&rig.detector).observer(log.clone()).layer(handler());
    attack(&rig);
    let mut request = from(ATTACKER);
    request.extensions_mut().insert(RouteName::new("/api/leads"));
    for request in [from("192.0.2.1"), request, Request::new(())] {
        answer(&service, request).await;
    }
    let seen = |outcome, reason, client: Option<&str>, route: Option<&str>| {
        let (client, route) = (client.map(str::to_owned), route.map(str::to_owned));
        (EventKind::ClientAnomaly, outcome, Some(reason), client, route)
    };
    assert_eq!(
        *log.0.lock().unwrap(),
        [
            seen(Outcome::Refused, Reason::Banned, Some(ATTACKER), Some("/api/leads")),
            seen(Outcome::Error, Reason::NoClientAddress, None, None),
        ]
    );
    assert_eq!(rig.heard.count(), 1, "the detector's own word");
}

#[tokio::test]
async fn layers_outside_learn_who_refused() {
    let rig = Rig::new(banning());
    let service = BanLayer::new(&rig.detector).layer(handler());
    attack(&rig);
    for (request, want) in [
        (from(ATTACKER), Some(Reason::Banned)),
        (from("192.0.2.1"), None),
        (Request::new(()), Some(Reason::NoClientAddress)),
    ] {
        let response = service.clone().oneshot(request).await.unwrap();
        let refused = response.extensions().get::<Refused>();
        assert_eq!(refused.map(|refused| refused.reason), want);
        assert!(refused.is_none_or(|refused| refused.kind == EventKind::ClientAnomaly));
    }
}

#[test]
fn the_log_says_what_to_add_where_nobody_knows_the_client() {
    let rig = Rig::new(banning());
    let (capture, service) = (Capture::default(), BanLayer::new(&rig.detector).layer(handler()));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    attack(&rig);
    capture.within(|| {
        for request in [from(ATTACKER), Request::new(())] {
            runtime.block_on(answer(&service, request));
        }
    });
    let text = capture.text();
    let line = |level: &str| text.lines().find(|line| line.contains(level)).unwrap_or_default();
    assert!(line("WARN").contains("client.anomalous") && line("WARN").contains("banned"), "{text}");
    assert!(line("ERROR").contains("add ClientAddrLayer outside"), "{text}");
}

#[tokio::test]
async fn calls_the_service_that_was_made_ready() {
    let rig = Rig::new(banning());
    let mut service = BanLayer::new(&rig.detector).layer(ConcurrencyLimit::new(handler(), 1));
    for bad in [false, true, true] {
        if bad {
            attack(&rig);
        }
        let want = if bad { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::OK };
        let ready = service.ready().await.unwrap();
        assert_eq!(ready.call(from(ATTACKER)).await.unwrap().status(), want);
    }
}

#[tokio::test]
async fn frees_what_the_service_reserved_for_a_request_that_is_turned_away() {
    let rig = Rig::new(banning());
    let mut banned = BanLayer::new(&rig.detector).layer(ConcurrencyLimit::new(handler(), 1));
    let mut other = banned.clone();
    attack(&rig);
    let ready = banned.ready().await.unwrap();
    assert_eq!(ready.call(from(ATTACKER)).await.unwrap().status(), 429);
    // `banned` lives on, as a connection that stays open does, and the one permit is free.
    let mut cx = Context::from_waker(Waker::noop());
    let ready = Service::<Request<()>>::poll_ready(&mut other, &mut cx);
    assert!(matches!(ready, Poll::Ready(Ok(()))));
    assert_eq!(other.call(from("192.0.2.1")).await.unwrap().status(), 200);
    rig.advance(300_000);
    assert_eq!(banned.ready().await.unwrap().call(from(ATTACKER)).await.unwrap().status(), 200);
}

#[tokio::test]
async fn refuses_again_when_it_is_polled_again() {
    let rig = Rig::new(banning());
    let mut service = BanLayer::new(&rig.detector).layer(handler());
    attack(&rig);
    let mut future = service.ready().await.unwrap().call(from(ATTACKER));
    assert!(format!("{future:?}").contains("Banned"));
    for _ in 0..2 {
        let response = Pin::new(&mut future).await.unwrap();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    }
}

#[test]
fn a_stack_can_be_written_down_and_shared() {
    fn copies<T: Clone + Send + Sync + 'static>() -> usize {
        size_of::<T>()
    }
    assert_eq!(copies::<AnomalyDetector>(), size_of::<usize>());
    assert_eq!(copies::<BanLayer>(), size_of::<usize>());
    assert_eq!(copies::<Ban<()>>(), size_of::<usize>());
    assert_eq!(copies::<Policy>(), size_of::<usize>());
}

#[test]
fn show_nobody_who_is_remembered() {
    let rig = Rig::new(banning());
    attack(&rig);
    let layer = BanLayer::new(&rig.detector);
    let service = layer.layer(());
    let shown = format!("{:?}{layer:?}{layer:#?}{service:?}", rig.detector);
    assert!(shown.contains("AnomalyDetector") && shown.contains("places: 92160"), "{shown}");
    assert!(!shown.contains("203.0") && !shown.contains(&0xcb00_7109_u32.to_string()), "{shown}");
}
