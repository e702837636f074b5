use std::collections::BTreeSet;

use http::{Method, StatusCode};
use rempart_rate_limit::{Announce, Limit, Policy, PolicyBuilder};
use rempart_testing::strict;

use crate::rig::{Rig, asking, from, policy, send, text};

#[tokio::test]
async fn refuses_the_request_past_each_quota_of_the_policy() {
    // Quota, requests of one client at once, served, seconds until the next.
    let rows = [
        ("10 requests per minute", 11, 10, "6"),
        ("100 requests per minute", 101, 100, "1"),
        ("5 requests per minute", 6, 5, "12"),
    ];
    for (quota, sent, served, retry_after) in rows {
        let rig = Rig::new(policy("limit", quota));
        assert_eq!(rig.served("203.0.113.9", sent).await, served, "{quota}");
        let (status, headers, _) = rig.get("203.0.113.9").await;
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "{quota}");
        assert_eq!(text(&headers, "retry-after"), Some(retry_after), "{quota}");
    }
}

#[tokio::test]
async fn serves_whoever_waits_as_long_as_it_was_told() {
    for quota in ["10 per minute", "100 per minute", "7 per minute", "3 per s", "1 per 90 s"] {
        let rig = Rig::new(policy("limit", quota));
        while rig.get("203.0.113.9").await.0 == StatusCode::OK {}
        let (_, headers, _) = rig.get("203.0.113.9").await;
        let seconds: u64 = text(&headers, "retry-after").unwrap().parse().unwrap();
        assert!(seconds >= 1, "{quota}: a wait of less than a second is no zero");
        rig.advance(seconds * 1_000);
        assert_eq!(rig.get("203.0.113.9").await.0, StatusCode::OK, "{quota}");
    }
}

#[tokio::test]
async fn limits_each_client_by_itself() {
    let rig = Rig::new(policy("limit", "2 per minute"));
    // Address, served of two requests: rows of one group share a quota.
    let rows = [
        ("203.0.113.9", 2),
        ("203.0.113.10", 2),
        ("::ffff:203.0.113.9", 0),
        ("2001:db8:1:2::1", 2),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", 0),
        ("2001:db8:1:3::1", 2),
        ("::1", 2),
        ("0.0.0.0", 2),
        ("::", 0),
    ];
    for (address, served) in rows {
        assert_eq!(rig.served(address, 2).await, served, "{address}");
    }
}

#[tokio::test]
async fn names_the_policy_and_the_problem_and_nothing_else() {
    let rig = Rig::new(policy("auth", "5 requests per minute"));
    rig.served("203.0.113.9", 5).await;
    let (status, headers, body) = rig.get("203.0.113.9").await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    let mut names: Vec<&str> = headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["cache-control", "content-type", "ratelimit", "ratelimit-policy", "retry-after"]
    );
    assert_eq!(text(&headers, "cache-control"), Some("no-store"));
    assert_eq!(text(&headers, "content-type"), Some("application/problem+json"));
    let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let want = serde_json::json!({
        "type": "https://iana.org/assignments/http-problem-types#quota-exceeded",
        "title": "Too many requests",
        "status": 429,
        "code": "rate-limit",
        "violated-policies": ["auth"],
    });
    assert_eq!(json, want);
}

#[tokio::test]
async fn answers_in_the_clients_language() {
    let rig = Rig::new(policy("api", "1 per 10 s"));
    rig.served("203.0.113.9", 1).await;
    rig.advance(500);
    let refused =
        |method, headers: &[_]| send(rig.service.clone(), asking("203.0.113.9", method, headers));

    let (status, headers, body) = refused(Method::HEAD, &[]).await;
    assert_eq!((status, body.len()), (StatusCode::TOO_MANY_REQUESTS, 0));
    assert_eq!(text(&headers, "retry-after"), Some("10"));
    assert_eq!(text(&headers, "grpc-retry-pushback-ms"), None);

    for content_type in ["application/grpc", "application/grpc+proto", "application/grpc-web"] {
        let (status, headers, body) =
            refused(Method::POST, &[("content-type", content_type)]).await;
        assert_eq!((status, body.len()), (StatusCode::OK, 0), "{content_type}");
        assert_eq!(text(&headers, "grpc-status"), Some("8"), "RESOURCE_EXHAUSTED");
        assert_eq!(text(&headers, "grpc-retry-pushback-ms"), Some("9500"), "{content_type}");
    }
}

#[tokio::test]
async fn answers_500_when_nobody_knows_the_client() {
    let rig = Rig::new(policy("api", "1 per minute"));
    for _ in 0..3 {
        let (status, headers, body) = send(rig.service.clone(), http::Request::new(())).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(text(&headers, "retry-after"), None);
        assert!(!String::from_utf8_lossy(&body).contains("ClientAddr"), "that is for the operator");
    }
}

#[tokio::test]
async fn shares_one_quota_among_unknown_clients_only_when_told_to() {
    let policy = Policy::builder("api").quota("2 per minute").dangerously_shared_when_unknown();
    let rig = Rig::new(policy.build().unwrap());
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(send(rig.service.clone(), http::Request::new(())).await.0.as_u16());
    }
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!(rig.served("203.0.113.9", 3).await, 2, "those that are known keep their own");
}

#[tokio::test]
async fn charges_nothing_for_what_it_refuses() {
    let rig = Rig::new(policy("api", "10 per minute"));
    assert_eq!(rig.served("203.0.113.9", 1_000).await, 10);
    rig.advance(6_000);
    assert_eq!(rig.served("203.0.113.9", 1_000).await, 1);
}

#[tokio::test]
async fn lets_real_preflights_pass_only_when_told_to() {
    let skipping = Policy::builder("api").quota("1 per minute").skip_preflights();
    let (origin, asks) =
        (("origin", "https://a.example"), ("access-control-request-method", "PUT"));
    #[rustfmt::skip]
    let rows: [(Policy, Method, &[_], usize); 6] = [
        (skipping.clone().build().unwrap(), Method::OPTIONS, &[origin, asks], 3),
        (skipping.clone().build().unwrap(), Method::OPTIONS, &[origin],       1),
        (skipping.clone().build().unwrap(), Method::OPTIONS, &[asks],         1),
        (skipping.clone().build().unwrap(), Method::OPTIONS, &[],             1),
        (skipping.build().unwrap(),         Method::GET,     &[origin, asks], 1),
        (policy("api", "1 per minute"),     Method::OPTIONS, &[origin, asks], 1),
    ];
    for (row, (policy, method, headers, want)) in rows.into_iter().enumerate() {
        let rig = Rig::new(policy);
        let mut served = 0;
        for _ in 0..3 {
            let request = asking("203.0.113.9", method.clone(), headers);
            served += usize::from(send(rig.service.clone(), request).await.0 == StatusCode::OK);
        }
        assert_eq!(served, want, "row {row}");
    }
}

#[tokio::test]
async fn who_has_less_than_a_fifth_left_is_near_the_limit() {
    let near = |limits: &[Limit]| {
        let policy = Policy::builder("api").announce(Announce::NearLimit);
        let policy = limits.iter().cloned().fold(policy, PolicyBuilder::limit);
        policy.build().unwrap()
    };
    let (api, daily) = (Limit::new("api", "10 per hour"), Limit::new("daily", "1000 per day"));
    let window = Limit::strict_window("api", "10 per hour");
    let flights = Limit::concurrency("flights", 5);
    // Which of ten requests are told: those after which fewer than two of ten are left.
    let last_two = [false, false, false, false, false, false, false, false, true, true];
    let rows = [
        (vec![api.clone()], last_two),
        (vec![window], last_two),
        (vec![api.clone(), daily.clone()], last_two),
        (vec![daily], [false; 10]),
        (vec![api, flights], last_two),
    ];
    for (limits, want) in rows {
        let rig = Rig::new(near(&limits));
        for (nth, want) in want.into_iter().enumerate() {
            let (status, headers, _) = rig.get("203.0.113.9").await;
            assert_eq!(status, StatusCode::OK);
            for name in ["ratelimit", "ratelimit-policy"] {
                assert_eq!(headers.contains_key(name), want, "{limits:?}: request {nth}: {name}");
            }
        }
    }
}

#[tokio::test]
async fn with_jitter_the_times_to_wait_are_spread_over_a_tenth() {
    let policy = Policy::builder("api").quota("1 per 100s").jitter().build().unwrap();
    let rig = Rig::new(policy);
    assert_eq!(rig.get("203.0.113.9").await.0, StatusCode::OK);
    let mut told = BTreeSet::new();
    for _ in 0..200 {
        let (status, headers, _) = rig.get("203.0.113.9").await;
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(headers["ratelimit"], r#""api";r=0;t=100"#);
        told.insert(headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap());
    }
    let mut pushed_back = BTreeSet::new();
    for _ in 0..50 {
        let grpc = asking("203.0.113.9", Method::POST, &[("content-type", "application/grpc")]);
        let (_, headers, _) = send(rig.service.clone(), grpc).await;
        let told = &headers["grpc-retry-pushback-ms"];
        pushed_back.insert(told.to_str().unwrap().parse::<u64>().unwrap());
    }
    assert!(pushed_back.iter().all(|told| (100_000..=110_000).contains(told)), "{pushed_back:?}");
    assert!(pushed_back.len() > 20, "{pushed_back:?}");
    // One of the eleven is missing once in seventeen million runs.
    assert_eq!(told, (100..=110).collect(), "{told:?}");
}

#[tokio::test]
async fn tells_of_the_quota_as_often_as_told_to() {
    // Announce, on the served response, on the refused one.
    let rows = [
        (Announce::Always, true, true),
        (Announce::WhenRefused, false, true),
        (Announce::NearLimit, true, true),
        (Announce::Never, false, false),
    ];
    for (announce, served, refused) in rows {
        let policy = Policy::builder("api").quota("1 per minute").announce(announce).build();
        let rig = Rig::new(policy.unwrap());
        for want in [served, refused] {
            let (status, headers, _) = rig.get("203.0.113.9").await;
            for name in ["ratelimit", "ratelimit-policy"] {
                assert_eq!(headers.contains_key(name), want, "{announce:?} {status} {name}");
            }
            let late = status == StatusCode::TOO_MANY_REQUESTS;
            assert_eq!(headers.contains_key("retry-after"), late, "{announce:?} {status}");
        }
    }
}

#[tokio::test]
async fn passes_the_response_of_the_service_on() {
    use http_body_util::Full;
    use tower::Layer;

    let handler = strict(|_: http::Request<()>| async {
        let response = http::Response::builder().status(404).header("x-own", "1");
        response.body(Full::from("none")).unwrap()
    });
    let layer = rempart_rate_limit::RateLimitLayer::new(policy("api", "100 per minute"));
    let (status, headers, body) = send(layer.layer(handler), from("203.0.113.9")).await;
    assert_eq!((status, &*body), (StatusCode::NOT_FOUND, &b"none"[..]));
    assert_eq!((text(&headers, "x-own"), headers.len()), (Some("1"), 3));
}

#[tokio::test]
async fn counts_an_upgrade_to_a_web_socket_as_any_request() {
    let rig = Rig::new(policy("api", "2 per minute"));
    let upgrade = || {
        let headers = [("connection", "upgrade"), ("upgrade", "websocket")];
        asking("203.0.113.9", Method::GET, &headers)
    };
    // RFC 8441: over HTTP/2 it is a CONNECT with a protocol, which hyper puts into an extension.
    let connect = || asking("203.0.113.9", Method::CONNECT, &[]);
    let mut statuses = Vec::new();
    for request in [upgrade(), connect(), upgrade(), connect()] {
        statuses.push(send(rig.service.clone(), request).await.0.as_u16());
    }
    assert_eq!(statuses, [200, 200, 429, 429]);
}
