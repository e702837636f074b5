//! Several limits, decided on at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use http::StatusCode;
use rempart_core::{ClientAddr, Live, ManualClock};
use rempart_rate_limit::{
    By, ConfigError, Decision, Limit, Limiter, Policy, PolicyBuilder, Rejection, Violated, WhenFull,
};

use crate::rig::{Rig, asking, send, text};

fn both(burst: &str, daily: &str) -> Policy {
    let policy = Policy::builder("api").limit(Limit::new("burst", burst));
    policy.limit(Limit::new("daily", daily)).build().unwrap()
}

#[tokio::test]
async fn serve_what_all_of_them_allow() {
    let rig = Rig::new(both("2 per second", "5 per day"));
    // After how many milliseconds, requests, served.
    for (after, sent, served) in [(0, 4, 2), (1_000, 4, 2), (1_000, 4, 1), (1_000, 4, 0)] {
        rig.advance(after);
        assert_eq!(rig.served("203.0.113.9", sent).await, served);
    }
    assert_eq!(rig.served("203.0.113.10", 1).await, 1);
}

/// Whichever stands first, and whether or not the last one is the longest.
#[tokio::test]
async fn tell_the_longest_of_the_waits() {
    for order in [["1 per hour", "1 per minute"], ["1 per minute", "1 per hour"]] {
        let [burst, daily] = order;
        let rig = Rig::new(both(burst, daily));
        rig.get("203.0.113.9").await;
        let (_, headers, _) = rig.get("203.0.113.9").await;
        assert_eq!(text(&headers, "retry-after"), Some("3600"), "{order:?}");
    }
}

#[tokio::test]
async fn charge_nothing_to_any_of_them_for_what_one_refuses() {
    let rig = Rig::new(both("1 per second", "3 per day"));
    assert_eq!(rig.served("203.0.113.9", 1_000).await, 1);
    for _ in 0..2 {
        rig.advance(1_000);
        assert_eq!(
            rig.served("203.0.113.9", 1_000).await,
            1,
            "the day's limit paid for no refusal"
        );
    }
    rig.advance(1_000);
    assert_eq!(rig.served("203.0.113.9", 1_000).await, 0);
}

#[tokio::test]
async fn are_all_told_of_and_those_that_refuse_are_named() {
    let rig = Rig::new(both("2 per second", "3 per day"));
    let (_, headers, _) = rig.get("203.0.113.9").await;
    let policies = r#""burst";q=2;w=1, "daily";q=3;w=86400"#;
    assert_eq!(text(&headers, "ratelimit-policy"), Some(policies));
    assert_eq!(text(&headers, "ratelimit"), Some(r#""burst";r=1;t=1, "daily";r=2;t=28800"#));
    rig.get("203.0.113.9").await;

    let violated = async |wait: &str, limits: &str, names: &[&str]| {
        let (status, headers, body) = rig.get("203.0.113.9").await;
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(text(&headers, "retry-after"), Some(wait));
        assert_eq!(text(&headers, "ratelimit-policy"), Some(policies));
        assert_eq!(text(&headers, "ratelimit"), Some(limits));
        let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(json["violated-policies"], serde_json::json!(names));
        assert_eq!(json["status"], 429);
    };
    violated("1", r#""burst";r=0;t=1, "daily";r=1;t=28800"#, &["burst"]).await;
    rig.advance(500);
    rig.get("203.0.113.9").await;
    violated("28800", r#""burst";r=0;t=1, "daily";r=0;t=28800"#, &["burst", "daily"]).await;
    rig.advance(1_000);
    violated("28799", r#""burst";r=2;t=0, "daily";r=0;t=28799"#, &["daily"]).await;
}

/// Seconds before a request, its status, and what the three old fields say.
type Told = (u64, u16, [&'static str; 3]);

#[tokio::test]
async fn are_told_of_in_the_old_fields_by_the_one_that_is_nearest_if_asked_to() {
    let two = Policy::builder("api")
        .limit(Limit::new("burst", "2 per second"))
        .limit(Limit::new("daily", "3 per day"));
    let one = Policy::builder("api").quota("1 per minute");
    let fields = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];
    #[rustfmt::skip]
    let rows: [(PolicyBuilder, &[Told]); 2] = [
        (two.clone(), &[
            (0, 200, ["2", "1", "1"]),
            (0, 200, ["2", "0", "1"]),
            (0, 429, ["2", "0", "1"]),
            (1, 200, ["3", "0", "28799"]),
            (1, 429, ["3", "0", "28798"]),
        ]),
        (one, &[(0, 200, ["1", "0", "60"]), (1, 429, ["1", "0", "59"])]),
    ];
    for (policy, requests) in rows {
        let rig = Rig::new(policy.legacy_fields().build().unwrap());
        for (nth, (after, status, want)) in requests.iter().enumerate() {
            rig.advance(after * 1_000);
            let (found, headers, _) = rig.get("203.0.113.9").await;
            let told = fields.map(|field| text(&headers, field).unwrap());
            assert_eq!((found.as_u16(), told), (*status, *want), "request {nth}");
        }
    }
    let (_, headers, _) = Rig::new(two.build().unwrap()).get("203.0.113.9").await;
    assert!(fields.iter().all(|field| !headers.contains_key(*field)), "nobody asked");
}

#[tokio::test]
async fn of_wider_and_wider_networks_hold_who_owns_them() {
    let policy = Policy::builder("api")
        .limit(Limit::new("host", "2 per hour").by(By::network(32, 64)))
        .limit(Limit::new("line", "4 per hour").by(By::network(32, 56)))
        .limit(Limit::new("site", "6 per hour").by(By::network(24, 48)));
    let rig = Rig::new(policy.build().unwrap());
    #[rustfmt::skip]
    let rows = [
        ("2001:db8:1:100::1",   2),
        ("2001:db8:1:101::1",   2),
        ("2001:db8:1:102::1",   0), // the /56 is used up
        ("2001:db8:1:200::1",   2),
        ("2001:db8:1:300::1",   0), // the /48 is used up
        ("2001:db8:2:300::1",   2),
        ("203.0.113.1",         2),
        ("203.0.113.2",         2),
        ("203.0.113.3",         2),
        ("203.0.113.4",         0), // the /24 is used up
        ("::ffff:203.0.114.1",  2),
    ];
    for (address, served) in rows {
        assert_eq!(rig.served(address, 3).await, served, "{address}");
    }
}

#[test]
fn say_never_when_one_of_them_never_can() {
    let limiter = Limiter::new(both("2 per second", "3 per day")).clock(ManualClock::default());
    let refused = |cost| match limiter.check_key("tenant", cost) {
        Decision::Refused(rejection) => rejection,
        Decision::Allowed(standing) => panic!("{standing:?}"),
    };
    let places = |violated: Violated| [violated.contains(0), violated.contains(1)];
    assert!(matches!(
        refused(3),
        Rejection::NeverPossible { violated } if places(violated) == [true, false]
    ));
    assert!(matches!(refused(4), Rejection::NeverPossible { violated } if violated.count() == 2));
    assert!(matches!(limiter.check_key("tenant", 2), Decision::Allowed(_)), "nothing was taken");
    assert!(matches!(
        refused(2),
        Rejection::Limited { violated, wait, .. }
            if places(violated) == [true, true] && wait == Duration::from_secs(28_800)
    ));
}

#[test]
fn a_peek_says_where_the_client_stands_and_takes_nothing() {
    let limiter = Limiter::new(both("2 per second", "3 per day")).clock(ManualClock::default());
    for _ in 0..100 {
        let peek = limiter.check_key("tenant", 0);
        assert!(matches!(peek, Decision::Allowed(standing) if standing.remaining() == 2));
    }
    assert!(matches!(limiter.check_key("tenant", 2), Decision::Allowed(_)));
    let peek = limiter.check_key("tenant", 0);
    assert!(matches!(peek, Decision::Allowed(standing) if standing.remaining() == 0));
}

#[test]
fn never_overshoot_under_threads_that_meet_in_every_order() {
    // Two policies with the same limits in opposite orders share the tables: threads that hold the
    // lines of one and wait for those of the other would wait for ever.
    // Of eight, since it takes a while to hold as many.
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let policy = |names: &mut dyn Iterator<Item = &&str>| {
        let limit =
            |name: &str| Limit::new(name, if name == "d" { "700 per day" } else { "1000 per day" });
        let policy = Policy::builder("api");
        names.fold(policy, |policy, name| policy.limit(limit(name))).build().unwrap()
    };
    let orders = [policy(&mut names.iter()), policy(&mut names.iter().rev())];
    let live = Live::new(orders[0].clone());
    let limiter = Limiter::new(live.clone()).clock(ManualClock::default());
    let admitted = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..2_000 {
                    let client = ClientAddr::new("203.0.113.9".parse().unwrap());
                    let allowed = matches!(limiter.check(client), Decision::Allowed(_));
                    admitted.fetch_add(usize::from(allowed), Ordering::Relaxed);
                }
            });
        }
        scope.spawn(|| {
            for nth in 0..4_000 {
                live.store(orders[nth % 2].clone());
            }
        });
    });
    assert_eq!(admitted.into_inner(), 700);
}

#[test]
fn keep_their_debts_by_name_when_the_policy_is_replaced() {
    let live = Live::new(both("2 per second", "3 per day"));
    let limiter = Limiter::new(live.clone()).clock(ManualClock::default());
    let served = |policy: Option<Policy>| {
        if let Some(policy) = policy {
            live.store(policy);
        }
        (0..10).filter(|_| matches!(limiter.check_key("t", 1), Decision::Allowed(_))).count()
    };
    assert_eq!(served(None), 2);
    let other_order = Policy::builder("api")
        .limit(Limit::new("daily", "3 per day"))
        .limit(Limit::new("burst", "2 per second"));
    assert_eq!(served(Some(other_order.build().unwrap())), 0);
    assert_eq!(
        served(Some(Policy::new("daily", "3 per day").unwrap())),
        1,
        "two of three are used"
    );
    assert_eq!(served(Some(both("9 per second", "3 per day"))), 0);
    assert_eq!(served(Some(Policy::new("other", "4 per day").unwrap())), 4);
}

#[test]
fn are_refused_with_every_fault_of_each_at_once() {
    let faults = Policy::builder("api")
        .limit(Limit::new("burst", "10 per m").capacity(0))
        .limit(Limit::new("No Name", "10 per min"))
        .limit(Limit::new("burst", "10 per min").by(By::network(33, 64)))
        .build()
        .unwrap_err();
    let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
    let starts = [
        "limit `burst`: quota: ",
        "limit `burst`: capacity: ",
        "name: ",
        "limit `burst`: by: ",
        "limit `burst`: there is another one",
    ];
    assert_eq!(faults.len(), starts.len(), "{faults:#?}");
    for (fault, start) in faults.iter().zip(starts) {
        assert!(fault.starts_with(start), "{fault}");
    }

    let limit = |name: &str| Limit::new(name, "10 per min");
    let same = Policy::builder("api").limit(limit("a")).limit(limit("a")).build().unwrap_err();
    assert!(matches!(same.iter().next(), Some(ConfigError::SameName { .. })), "{same}");
    let own = Policy::builder("api").quota("1 per s").limit(limit("api")).build().unwrap_err();
    assert!(matches!(own.iter().next(), Some(ConfigError::SameName { .. })), "{own}");

    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    let with = |names: &[&str]| {
        let limits = names.iter().map(|name| limit(name));
        limits.fold(Policy::builder("api"), PolicyBuilder::limit).build()
    };
    assert_eq!(with(&names[..8]).unwrap().limits().count(), Policy::MAX_LIMITS);
    assert_eq!(with(&names).unwrap_err(), ConfigError::TooManyLimits { limits: 9 }.into());
}

#[tokio::test]
async fn take_what_each_of_them_says_that_a_request_costs() {
    let rows = Limit::new("rows", "10 per hour").cost(|headers, _| {
        headers.get("x-cost").and_then(|cost| cost.to_str().ok()?.parse().ok()).unwrap_or(1)
    });
    let policy = Policy::builder("search").limit(rows).limit(Limit::new("calls", "4 per hour"));
    let rig = Rig::new(policy.build().unwrap());
    // Cost, status, what is left of each.
    let rows = [
        ("6", 200, r#""rows";r=4;t=360, "calls";r=3;t=900"#),
        ("6", 429, r#""rows";r=4;t=360, "calls";r=3;t=900"#),
        ("4", 200, r#""rows";r=0;t=360, "calls";r=2;t=900"#),
        ("0", 200, r#""rows";r=0;t=360, "calls";r=1;t=900"#),
        ("1", 429, r#""rows";r=0;t=360, "calls";r=1;t=900"#),
        ("0", 200, r#""rows";r=0;t=360, "calls";r=0;t=900"#),
        ("0", 429, r#""rows";r=0;t=360, "calls";r=0;t=900"#),
    ];
    for (row, (cost, status, left)) in rows.into_iter().enumerate() {
        let request = asking("203.0.113.9", http::Method::GET, &[("x-cost", cost)]);
        let (found, headers, _) = send(rig.service.clone(), request).await;
        assert_eq!(found.as_u16(), status, "row {row}");
        assert_eq!(text(&headers, "ratelimit"), Some(left), "row {row}");
    }
    let (status, headers, _) =
        send(rig.service, asking("203.0.113.10", http::Method::GET, &[("x-cost", "11")])).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(text(&headers, "retry-after"), None, "it can never be served");
}

#[test]
fn a_peek_takes_nobodys_slot() {
    // One line of fifteen, and all of them owe.
    let limit = Limit::new("api", "1 per day").capacity(1).when_full(WhenFull::Available);
    let policy = Policy::builder("api").limit(limit).build().unwrap();
    let limiter = Limiter::new(policy).clock(ManualClock::default());
    let allowed = |key: u32, cost| matches!(limiter.check_key(&key, cost), Decision::Allowed(_));
    assert!((0..15).all(|key| allowed(key, 1)));
    for stranger in 15..100 {
        allowed(stranger, 0);
    }
    assert_eq!(limiter.usage()[0].evicted, 0);
    assert!((0..15).all(|key| !allowed(key, 1)), "nobody is forgiven because somebody asked");
}
