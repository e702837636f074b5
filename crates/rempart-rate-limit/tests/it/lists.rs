//! The header fields, read back by an implementation of structured fields that is not ours.

use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use rempart_core::ManualClock;
use rempart_rate_limit::RateLimitLayer;
use rempart_testing::{Capture, strict};
use sfv::{BareItem, List, ListEntry, Parser};
use tower::Layer;

use crate::rig::{Rig, from, handler, policy, send, text};

/// The members of a list: each a name, and whole numbers by their keys.
fn members(list: &str) -> Vec<(String, Vec<(String, i64)>)> {
    let list: List = Parser::new(list).parse().unwrap();
    let member = |entry: &ListEntry| {
        let ListEntry::Item(item) = entry else { panic!("an inner list") };
        let BareItem::String(name) = &item.bare_item else { panic!("no string") };
        let parameters = item.params.iter().map(|(key, value)| {
            let BareItem::Integer(number) = value else { panic!("no integer") };
            (key.as_str().to_owned(), i64::from(*number))
        });
        (name.as_str().to_owned(), parameters.collect())
    };
    list.iter().map(member).collect()
}

fn named(name: &str, parameters: &[(&str, i64)]) -> (String, Vec<(String, i64)>) {
    let owned = parameters.iter().map(|(key, number)| ((*key).to_owned(), *number));
    (name.to_owned(), owned.collect())
}

#[tokio::test]
async fn say_the_quota_and_what_is_left_of_it() {
    // Quota, its size, its window; what is left after one request, and seconds until one more.
    let rows = [
        ("10 requests per minute", 10, 60, 9, 6),
        ("100 requests per minute", 100, 60, 99, 1),
        ("5 per 2s burst 20", 20, 8, 19, 1),
        ("10 per 100 ms", 10, 1, 9, 1),
        ("1 per day", 1, 86_400, 0, 86_400),
        ("1 per 100 ms burst 4294967295", 4_294_967_295, 429_496_730, 4_294_967_294, 1),
    ];
    for (quota, q, w, r, t) in rows {
        let rig = Rig::new(policy("api", quota));
        let (_, headers, _) = rig.get("203.0.113.9").await;
        let policy = members(text(&headers, "ratelimit-policy").unwrap());
        assert_eq!(policy, [named("api", &[("q", q), ("w", w)])], "{quota}");
        let limit = members(text(&headers, "ratelimit").unwrap());
        assert_eq!(limit, [named("api", &[("r", r), ("t", t)])], "{quota}");
    }
}

#[tokio::test]
async fn count_down_to_nothing_and_agree_with_retry_after() {
    let rig = Rig::new(policy("api", "3 per minute"));
    let mut left = Vec::new();
    for _ in 0..4 {
        let (status, headers, _) = rig.get("203.0.113.9").await;
        let limit = members(text(&headers, "ratelimit").unwrap());
        let (_, parameters) = &limit[0];
        left.push((status.as_u16(), parameters[0].1));
        if let Some(retry_after) = text(&headers, "retry-after") {
            assert!(retry_after.parse::<i64>().unwrap() >= parameters[1].1);
        }
    }
    assert_eq!(left, [(200, 2), (200, 1), (200, 0), (429, 0)]);
}

#[tokio::test]
async fn merge_those_of_several_policies_in_a_stack() {
    let clock = ManualClock::default();
    let layer = |name, quota| RateLimitLayer::new(policy(name, quota)).clock(clock.clone());
    let burst = layer("burst", "2 per second");
    let daily = layer("daily", "3 per day");
    let service = daily.layer(burst.layer(handler()));
    let mut sent = Vec::new();
    for _ in 0..4 {
        let (status, headers, body) = send(service.clone(), from("203.0.113.9")).await;
        assert_eq!(headers.get_all("ratelimit").iter().count(), 1, "one line");
        let limit = members(text(&headers, "ratelimit").unwrap());
        let policies = members(text(&headers, "ratelimit-policy").unwrap());
        let names: Vec<_> = policies.iter().map(|(name, _)| name.as_str()).collect();
        let left: Vec<_> = limit.iter().map(|(name, of)| format!("{name} {}", of[0].1)).collect();
        sent.push((status.as_u16(), names.join(" "), left.join(", ")));
        let violated = String::from_utf8_lossy(&body).contains("\"violated-policies\":[\"burst\"]");
        assert_eq!(violated, sent.len() == 3);
    }
    let row = |status, names: &str, left: &str| (status, names.to_owned(), left.to_owned());
    assert_eq!(
        sent,
        [
            row(200, "burst daily", "burst 1, daily 2"),
            row(200, "burst daily", "burst 0, daily 1"),
            row(429, "burst daily", "burst 0, daily 0"),
            row(429, "daily", "daily 0"),
        ]
    );
}

#[tokio::test]
async fn keep_what_a_handler_said() {
    // The lines that the handler sends, the lines that go out.
    let long = format!("\"{}\";r=1", "x".repeat(9_000));
    let ours = "\"api\";r=9;t=6";
    let rows: [(Vec<&str>, Vec<String>); 5] = [
        (vec![], vec![ours.to_owned()]),
        (vec!["\"own\";r=1;t=1"], vec![format!("\"own\";r=1;t=1, {ours}")]),
        (vec!["\"a\";r=1", "\"b\";r=2"], vec![format!("\"a\";r=1, \"b\";r=2, {ours}")]),
        (vec![""], vec![ours.to_owned()]),
        // Too long for one line: nothing is lost, and nothing grows without end.
        (vec![&long], vec![long.clone(), ours.to_owned()]),
    ];
    for (own, want) in rows {
        let own: Vec<_> = own.iter().map(|line| HeaderValue::from_str(line).unwrap()).collect();
        let service = strict(move |_| {
            let mut response = Response::new(Full::from(""));
            for line in &own {
                response.headers_mut().append("ratelimit", line.clone());
            }
            std::future::ready(response)
        });
        let layer = RateLimitLayer::new(policy("api", "10 per minute"));
        let (status, headers, _) =
            send(layer.clock(ManualClock::default()).layer(service), from("203.0.113.9")).await;
        assert_eq!(status, StatusCode::OK);
        let sent: Vec<_> =
            headers.get_all("ratelimit").iter().map(|v| v.to_str().unwrap()).collect();
        assert_eq!(sent, want);
    }
}

/// Sends what both let through.
async fn pass(outside: RateLimitLayer, inside: RateLimitLayer) {
    let service = outside.layer(inside.layer(handler()));
    for _ in 0..3 {
        let (status, ..) = send(service.clone(), from("203.0.113.9")).await;
        assert_eq!(status, 200);
    }
}

#[test]
fn say_once_that_a_layer_counts_a_request_twice() {
    let (capture, twice) = (Capture::default(), RateLimitLayer::new(policy("api", "90 per day")));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let lines = || capture.text().lines().filter(|line| line.contains("counted_twice")).count();
    let run = |outside: &RateLimitLayer, inside: &RateLimitLayer| {
        capture.within(|| runtime.block_on(pass(outside.clone(), inside.clone())));
        lines()
    };
    // Of two classes of routes, one inside the other, each is counted once.
    assert_eq!(run(&RateLimitLayer::new(policy("all", "9 per day")), &twice), 0);
    assert_eq!(run(&RateLimitLayer::new(policy("api", "8 per day")), &twice), 0);
    assert_eq!(run(&twice, &twice), 1);
    assert!(capture.text().contains("api"), "{}", capture.text());
}
