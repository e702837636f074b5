//! Shared limits behind the layer, on a server.

use std::sync::atomic::Ordering;
use std::time::Duration;

use http::{Method, StatusCode};
use redis::AsyncCommands;
use rempart_core::{ClientAddr, Live, Outcome, Reason, RouteName};
use rempart_rate_limit::shared::{SharedRateLimitLayer, connect};
use rempart_rate_limit::{By, Counting, Limit, Policy, PrefixSet};
use rempart_testing::RedisServer;
use tower::{Layer, service_fn};

use super::layers::{CLIENT, Log, api, by_path, layer, shared, status, to};
use super::rig::{Timed, builder, ready, until};
use crate::rig::{asking, from, handler, send, text};

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
async fn limits_of_two_policies_count_apart_whatever_their_names() {
    let server = RedisServer::start();
    let store = ready(builder(&server)).await;
    let api = layer(api().limit(Limit::new("hour", "3 per hour")), &store).layer(handler());
    let login = Policy::builder("login").limit(Limit::strict_window("hour", "2 per hour"));
    let login = layer(login, &store).layer(handler());
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(status(&api, from(CLIENT)).await);
        statuses.push(status(&login, from(CLIENT)).await);
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429, 429, 429]);
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_tier_of_a_shorter_period_forgives_nothing_that_others_count() {
    let server = RedisServer::start();
    let pro = || {
        let mut request = from(CLIENT);
        request.extensions_mut().insert(Pro);
        request
    };
    // Admissions of an hour ago count in one tier alone; a debt of an hour is owed in both.
    let strict = Limit::strict_window("calls", "5 per hour").tier(Pro, "5 per minute");
    let debts = Limit::new("calls", "5 per hour").tier(Pro, "100 per minute");
    for (prefix, limit, of_pro) in [("log", strict, 200), ("debt", debts, 429)] {
        let timed = Timed::new(&server);
        let store = ready(timed.builder().prefix(prefix).deny_for(Duration::ZERO)).await;
        let service = layer(api().limit(limit), &store).layer(handler());
        for want in [200, 200, 200, 200, 200, 429] {
            assert_eq!(status(&service, from(CLIENT)).await, want);
        }
        timed.set(timed.now.load(Ordering::Relaxed) + 61_000_000);
        assert_eq!([status(&service, pro()).await, status(&service, pro()).await], [of_pro; 2]);
        let mut line = connect(&server.url()).unwrap();
        let keys: Vec<String> = line.keys(format!("{prefix}:*}}:api:*")).await.unwrap();
        let milliseconds: u64 = line.pttl(&keys[0]).await.unwrap();
        assert!(keys.len() == 1 && milliseconds > 3_500_000, "{keys:?}: {milliseconds}");
        assert_eq!(status(&service, from(CLIENT)).await, 429, "and nothing of it is forgiven");
    }
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
