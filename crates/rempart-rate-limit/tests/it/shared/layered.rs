//! Shared limits behind the layer. Those who need no server ask where nobody listens.

use std::convert::Infallible;
use std::future::{Ready, ready as now};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use rempart_core::{
    ClientAddr, Event, Live, Observer, Outcome, PolicyName, Reason, Refused, RouteName,
};
use rempart_rate_limit::shared::{
    Builder, OnStoreError, RuleError, SharedLimiter, SharedPolicy, SharedRateLimit,
    SharedRateLimitLayer, SharedStore, SharingError, connect,
};
use rempart_rate_limit::{
    By, Counting, Decision, Limit, Policy, PolicyBuilder, PrefixSet, Rejection,
};
use rempart_testing::RedisServer;
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceExt, service_fn};

use super::rig::{SECRET, Timed, builder, ready, until};
use crate::rig::{asking, from, handler, send, text};

const CLIENT: &str = "203.0.113.9";

type Handled = Result<Response<Full<Bytes>>, Infallible>;
type Told = (Outcome, Option<Reason>);

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Told>>>);

impl Observer for Log {
    fn observe(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push((event.outcome, event.reason));
    }
}

fn nobody_listens() -> Builder {
    SharedStore::builder(connect("redis://127.0.0.1:1").unwrap()).secret(SECRET).instances(1)
}

fn shared(policy: PolicyBuilder, store: &SharedStore) -> SharedPolicy {
    SharedPolicy::new(policy.build().unwrap(), store).unwrap()
}

fn layer(policy: PolicyBuilder, store: &SharedStore) -> SharedRateLimitLayer {
    SharedRateLimitLayer::new(shared(policy, store))
}

fn api() -> PolicyBuilder {
    Policy::builder("api")
}

/// Answers with the status that the path says.
#[expect(clippy::needless_pass_by_value, reason = "a service takes its request")]
fn by_path(request: Request<()>) -> Ready<Handled> {
    let status: u16 = request.uri().path()[1..].parse().unwrap_or(200);
    now(Ok(Response::builder().status(status).body(Full::default()).unwrap()))
}

fn to(path: &str) -> Request<()> {
    let mut request = from(CLIENT);
    *request.uri_mut() = path.parse().unwrap();
    request
}

async fn status<S>(service: &SharedRateLimit<S>, request: Request<()>) -> u16
where
    S: Service<Request<()>, Response = Response<Full<Bytes>>, Error = Infallible> + Clone,
{
    send(service.clone(), request).await.0.as_u16()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server"]
async fn two_instances_admit_together_what_one_would() {
    let server = RedisServer::start();
    let mut tasks = Vec::new();
    let patient = || builder(&server).deadline(Duration::from_secs(10)).instances(2);
    let stores = [ready(patient()).await, ready(patient()).await];
    let limits = api()
        .limit(Limit::strict_window("guesses", "30 per hour"))
        .limit(Limit::new("network", "90 per hour").by(By::network(24, 48)));
    for task in 0..16 {
        let service = layer(limits.clone(), &stores[task % 2]).layer(handler());
        tasks.push(tokio::spawn(async move {
            let mut admitted = 0;
            for _ in 0..20 {
                admitted += usize::from(status(&service, from(CLIENT)).await == 200);
            }
            admitted
        }));
    }
    let mut admitted = 0;
    for task in tasks {
        admitted += task.await.unwrap();
    }
    assert_eq!(admitted, 30);
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_client_is_told_as_by_limits_of_one_instance() {
    let server = RedisServer::start();
    let store = ready(builder(&server)).await;
    let limits = api()
        .limit(Limit::new("burst", "2 per minute"))
        .limit(Limit::strict_window("daily", "9 per day"));
    let service = layer(limits, &store).layer(handler());
    let told = [r#""burst";r=1;t=30, "daily";r=8;t=86400"#, r#""burst";r=0;t=30, "daily";r=7;t="#];
    for told in told {
        let (status, headers, _) = send(service.clone(), from(CLIENT)).await;
        assert_eq!(status, StatusCode::OK);
        let policy = r#""burst";q=2;w=60, "daily";q=9;w=86400"#;
        assert_eq!(text(&headers, "ratelimit-policy"), Some(policy));
        let limit = text(&headers, "ratelimit").unwrap();
        assert!(limit.starts_with(told), "{limit}");
    }
    let (status, headers, body) = send(service, from(CLIENT)).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert!(["29", "30"].contains(&text(&headers, "retry-after").unwrap()));
    assert!(text(&headers, "ratelimit").unwrap().starts_with(r#""burst";r=0;t="#));
    let body = String::from_utf8(body.to_vec()).unwrap();
    assert!(body.contains(r#""violated-policies":["burst"]"#), "{body}");
}

#[derive(Clone, Hash)]
struct Tenant(u32, &'static str);

#[derive(Clone, PartialEq)]
struct Pro;

#[tokio::test]
#[ignore = "needs redis-server"]
async fn instances_make_the_same_key_of_the_same_parts() {
    let server = RedisServer::start();
    let by = [
        By::client(),
        By::network(24, 48),
        By::extension::<Tenant>(),
        By::extension::<Tenant>().and(&By::route()),
        By::everyone(),
    ];
    for (nth, by) in by.into_iter().enumerate() {
        let limits = Policy::builder(&format!("api-{nth}")).quota("1 per hour").by(by);
        let mut statuses = Vec::new();
        for tenant in [Tenant(7, "a"), Tenant(7, "a"), Tenant(7, "b")] {
            let mut request = from(CLIENT);
            request.extensions_mut().insert(tenant);
            // Each is another instance.
            let service = layer(limits.clone(), &ready(builder(&server)).await).layer(handler());
            statuses.push(status(&service, request).await);
        }
        let last = if [2, 3].contains(&nth) { 200 } else { 429 };
        assert_eq!(statuses, [200, 429, last], "{nth}");
    }
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn parts_are_joined_so_that_none_is_taken_for_another() {
    let server = RedisServer::start();
    let own = Limit::new("own", "1 per hour").by(By::header(http::header::FROM).and(&By::route()));
    let limits = api().limit(own).limit(Limit::new("all", "99 per hour"));
    let service = layer(limits, &ready(builder(&server)).await).layer(handler());
    let mut statuses = Vec::new();
    for (lines, route) in [
        (&["ab", "c"][..], None),
        (&["a", "bc"], None),
        (&["abc"], None),
        (&["ab"], Some("c")),
        (&["a"], Some("bc")),
        (&["abc"], Some("")),
        (&["ab", "c"], None),
        (&["abc"], Some("")),
    ] {
        let lines: Vec<_> = lines.iter().map(|line| ("from", *line)).collect();
        let mut request = asking(CLIENT, Method::GET, &lines);
        if let Some(route) = route {
            request.extensions_mut().insert(RouteName::new(route));
        }
        statuses.push(status(&service, request).await);
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 429, 429]);
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn tiers_and_reloads_keep_the_debt() {
    let server = RedisServer::start();
    let store = ready(builder(&server)).await;
    let limits =
        |tier: &str| api().limit(Limit::strict_window("calls", "2 per hour").tier(Pro, tier));
    let live = Live::new(shared(limits("3 per hour"), &store));
    let service = SharedRateLimitLayer::new(live.clone()).layer(handler());
    let pro = || {
        let mut request = from(CLIENT);
        request.extensions_mut().insert(Pro);
        request
    };
    let mut statuses = Vec::new();
    for request in [from(CLIENT), from(CLIENT), from(CLIENT), pro(), pro()] {
        statuses.push(status(&service, request).await);
    }
    assert_eq!(statuses, [200, 200, 429, 200, 429]);
    live.store(shared(limits("4 per hour"), &store));
    assert_eq!([status(&service, pro()).await, status(&service, pro()).await], [200, 429]);
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn what_does_not_count_is_given_back_to_the_server() {
    let server = RedisServer::start();
    let store = ready(builder(&server)).await;
    let limits = api()
        .limit(Limit::strict_window("failures", "2 per hour").counting(Counting::Failures))
        .limit(Limit::new("all", "6 per hour"));
    let service = layer(limits, &store).layer(service_fn(by_path));
    // Nobody waits for what is given back: once it has been, there is room for two again.
    for served in 1..=4 {
        until(async || status(&service, to("/200")).await == 200).await;
        let all = r#""all";r="#;
        let (_, headers, _) = send(service.clone(), to("/200")).await;
        let told = text(&headers, "ratelimit").unwrap();
        assert!(told.contains(all), "{served}: {told}");
        if told.contains(r#""all";r=0"#) {
            break;
        }
    }
    let another = || {
        let mut request = to("/404");
        request.extensions_mut().insert(ClientAddr::new("203.0.113.10".parse().unwrap()));
        request
    };
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(status(&service, another()).await);
    }
    assert_eq!(statuses, [404, 404, 429]);
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_limit_on_trial_says_what_it_would_do_and_is_charged_for_no_more() {
    let server = RedisServer::start();
    let timed = Timed::new(&server);
    let store = ready(timed.builder()).await;
    let log = Log::default();
    let limits = |trial: Limit| api().limit(Limit::new("all", "100 per hour")).limit(trial);
    let trial = || Limit::strict_window("trial", "1 per hour");
    let service = layer(limits(trial().on_trial()), &store).observer(log.clone()).layer(handler());
    for _ in 0..3 {
        let (status, headers, _) = send(service.clone(), from(CLIENT)).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(text(&headers, "ratelimit-policy"), Some(r#""all";q=100;w=3600"#));
        timed.set(timed.now.load(Ordering::Relaxed) + 1_200_000_000);
    }
    let exceeded = (Outcome::Shadowed, Some(Reason::QuotaExceeded));
    assert_eq!(*log.0.lock().unwrap(), [(Outcome::Allowed, None), exceeded, exceeded]);
    // What it did not allow was not charged: an hour after the first request, there is room.
    let service = layer(limits(trial()), &store).layer(handler());
    assert_eq!(status(&service, from(CLIENT)).await, 200);
    assert_eq!(status(&service, from(CLIENT)).await, 429);
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn who_is_on_a_list_or_banned_costs_no_round_trip() {
    let server = RedisServer::start();
    let timed = Timed::new(&server);
    let store = ready(timed.builder()).await;
    let lists = PrefixSet::builder().allow("192.0.2.0/24").deny("198.51.100.0/24");
    let limits = api()
        .quota("1 per hour")
        .lists(lists.build().unwrap())
        .bans("after 2 denials in 1 minute for 5 minutes up to 1 day".parse().unwrap())
        .skip_preflights();
    let layer = layer(limits, &store);
    let service = layer.layer(handler());
    let before = timed.sent();
    for _ in 0..3 {
        assert_eq!(status(&service, from("192.0.2.1")).await, 200);
        assert_eq!(status(&service, from("198.51.100.1")).await, 403);
    }
    let preflight = |address| {
        let headers = [("origin", "https://a.example"), ("access-control-request-method", "PUT")];
        asking(address, Method::OPTIONS, &headers)
    };
    assert_eq!(status(&service, preflight(CLIENT)).await, 200);
    assert_eq!(status(&service, preflight("198.51.100.1")).await, 403);
    assert_eq!(timed.sent(), before);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(status(&service, from(CLIENT)).await);
    }
    assert_eq!(statuses, [200, 429, 429, 429]);
    let banned = layer.limiter().banned(ClientAddr::new(CLIENT.parse().unwrap()));
    assert!(banned.is_some_and(|left| left <= Duration::from_secs(300)));
    assert_eq!(status(&service, preflight(CLIENT)).await, 429);
    assert!(layer.limiter().unban(ClientAddr::new(CLIENT.parse().unwrap())));
    assert_eq!(status(&service, preflight(CLIENT)).await, 200);
}

#[tokio::test]
async fn a_store_that_cannot_be_asked_is_nobodys_429() {
    let table = [
        (OnStoreError::Closed, [503, 503, 503], Some(Reason::BackendUnavailable)),
        (OnStoreError::DangerouslyOpen, [200, 200, 200], None),
        // By its share of the quota, which is the half.
        (OnStoreError::Local, [200, 429, 429], Some(Reason::QuotaExceeded)),
    ];
    for (on_store_error, statuses, reason) in table {
        let store = nobody_listens().instances(2).on_store_error(on_store_error).build().unwrap();
        let bans = "after 2 denials in 1 minute for 5 minutes up to 1 day".parse().unwrap();
        let service = layer(api().quota("2 per hour").bans(bans), &store).layer(handler());
        for want in statuses {
            let response = service.clone().oneshot(from(CLIENT)).await.unwrap();
            assert_eq!(response.status().as_u16(), want);
            let refused = response.extensions().get::<Refused>().map(|refused| refused.reason);
            assert_eq!(refused, reason.filter(|_| want != 200));
            if want == 503 {
                assert_eq!(text(response.headers(), "retry-after"), Some("1"));
                assert_eq!(text(response.headers(), "ratelimit"), None);
            }
        }
        let limiter = SharedLimiter::new(shared(api().quota("2 per hour").bans(bans), &store));
        let decision = limiter.check(ClientAddr::new(CLIENT.parse().unwrap())).await;
        match on_store_error {
            OnStoreError::Closed => {
                assert_eq!(decision, Decision::Refused(Rejection::Unavailable));
            }
            OnStoreError::DangerouslyOpen => assert!(matches!(decision, Decision::Allowed(_))),
            _ => assert!(matches!(decision, Decision::Refused(Rejection::Limited { .. }))),
        }
    }
}

#[tokio::test]
async fn an_unavailable_store_is_told_in_the_drafts_words() {
    let store = nobody_listens().on_store_error(OnStoreError::Closed).build().unwrap();
    let service = layer(api().quota("2 per hour"), &store).layer(handler());
    let (status, headers, body) = send(service.clone(), from(CLIENT)).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(text(&headers, "cache-control"), Some("no-store"));
    let body = String::from_utf8(body.to_vec()).unwrap();
    let kind = "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity";
    assert!(body.contains(kind), "{body}");
    let grpc = asking(CLIENT, Method::POST, &[("content-type", "application/grpc")]);
    let (status, headers, _) = send(service, grpc).await;
    assert_eq!((status, text(&headers, "grpc-status")), (StatusCode::OK, Some("14")));
    assert_eq!(text(&headers, "grpc-retry-pushback-ms"), Some("1000"));
}

#[tokio::test]
async fn a_request_of_nobody_is_a_fault_of_the_stack() {
    let store = nobody_listens().build().unwrap();
    let service = layer(api().quota("2 per hour"), &store).layer(handler());
    assert_eq!(status(&service, Request::new(())).await, 500);
    let sharing = api().quota("1 per hour").dangerously_shared_when_unknown();
    let service = layer(sharing, &store).layer(handler());
    assert_eq!(status(&service, Request::new(())).await, 200);
    assert_eq!(status(&service, Request::new(())).await, 429);
    assert_eq!(status(&service, from("0.0.0.0")).await, 200);
}

#[tokio::test]
async fn what_is_given_back_is_given_to_the_share_of_an_instance_that_is_alone() {
    let store = nobody_listens().build().unwrap();
    let failures = Limit::new("failures", "2 per hour").counting(Counting::Failures);
    let service = layer(api().limit(failures), &store).layer(service_fn(by_path));
    for _ in 0..9 {
        until(async || status(&service, to("/200")).await == 200).await;
    }
    until(async || status(&service, to("/404")).await == 404).await;
    until(async || status(&service, to("/404")).await == 404).await;
    for _ in 0..9 {
        assert_eq!(status(&service, to("/200")).await, 429);
    }
}

#[tokio::test]
async fn a_request_that_is_given_up_never_reaches_the_service() {
    let store = nobody_listens().build().unwrap();
    let called = Arc::new(Mutex::new(0));
    let counting = Arc::clone(&called);
    let service = layer(api().quota("9 per hour"), &store).layer(service_fn(move |_| {
        *counting.lock().unwrap() += 1;
        now(Handled::Ok(Response::default()))
    }));
    let mut cx = Context::from_waker(Waker::noop());
    let mut asking = Box::pin(service.clone().oneshot(from(CLIENT)));
    assert!(asking.as_mut().poll(&mut cx).is_pending());
    drop(asking);
    assert_eq!(*called.lock().unwrap(), 0);
    assert_eq!(status(&service, from(CLIENT)).await, 200);
    assert_eq!(*called.lock().unwrap(), 1);
}

#[tokio::test]
async fn frees_what_the_service_reserved_for_a_request_that_is_refused() {
    let store = nobody_listens().build().unwrap();
    let mut refused =
        layer(api().quota("1 per hour"), &store).layer(ConcurrencyLimit::new(handler(), 1));
    let mut other = refused.clone();
    for want in [200, 429] {
        let ready = refused.ready().await.unwrap();
        assert_eq!(ready.call(from(CLIENT)).await.unwrap().status().as_u16(), want);
    }
    // `refused` lives on, as a connection that stays open does, and the one permit is free.
    let mut cx = Context::from_waker(Waker::noop());
    let ready = Service::<Request<()>>::poll_ready(&mut other, &mut cx);
    assert!(matches!(ready, Poll::Ready(Ok(()))));
}

#[tokio::test]
async fn every_reason_why_a_policy_cannot_be_shared_is_reported() {
    let name = |name| PolicyName::new(name).unwrap();
    let store = nobody_listens().cluster().build().unwrap();
    let policy = api()
        .limit(Limit::concurrency("at-once", 4).tier_at_once(Pro, 8))
        .limit(Limit::new("slow", "1 per 53000d").by(By::network(24, 48)))
        .limit(Limit::new("calls", "9 per hour").tier(Pro, "1 per 53000d"))
        .build()
        .unwrap();
    let faults: Vec<_> = SharedPolicy::new(policy, &store).unwrap_err().into_iter().collect();
    let fault = RuleError::TooLong;
    assert_eq!(
        faults,
        [
            SharingError::Concurrency { limit: name("at-once") },
            SharingError::Rule { limit: name("slow"), fault },
            SharingError::Rule { limit: name("calls"), fault },
            SharingError::KeysOnCluster { limit: name("slow") },
        ]
    );
    let together = api().limit(Limit::new("a", "9 per hour")).limit(Limit::new("b", "99 per day"));
    assert!(SharedPolicy::new(together.build().unwrap(), &store).is_ok());
}

#[tokio::test]
async fn the_share_of_a_limit_on_trial_stands_in_nobodys_way() {
    let log = Log::default();
    // Of the second, this instance could never admit a request alone.
    let rows = Limit::new("rows", "9 per hour").cost(|_, _| 5).on_trial();
    for (instances, seen) in
        [(1, [None, Some(Reason::QuotaExceeded)]), (9, [Some(Reason::NeverPossible); 2])]
    {
        let store = nobody_listens().instances(instances).build().unwrap();
        let limits = api().quota("100 per hour").limit(rows.clone());
        let service = layer(limits, &store).observer(log.clone()).layer(handler());
        for reason in seen {
            assert_eq!(status(&service, from(CLIENT)).await, 200);
            assert_eq!(log.0.lock().unwrap().pop().unwrap().1, reason);
        }
    }
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_layer_whose_server_is_lost_and_comes_back_serves_all_the_time() {
    let mut server = RedisServer::start();
    let store = ready(builder(&server).instances(2)).await;
    let service = layer(api().quota("1000 per hour burst 1000"), &store).layer(handler());
    assert_eq!(status(&service, from(CLIENT)).await, 200);
    server.kill();
    for _ in 0..50 {
        assert_eq!(status(&service, from(CLIENT)).await, 200);
    }
    assert!(!store.is_available());
    server.restart();
    until(async || {
        assert_eq!(status(&service, from(CLIENT)).await, 200);
        store.is_available()
    })
    .await;
}
