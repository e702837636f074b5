//! Who is served or refused before any limit is asked.

use std::time::Duration;

use http::{Method, Request, StatusCode};
use rempart_core::{ClientAddr, Live, ManualClock};
use rempart_rate_limit::{BanRule, By, Decision, Limit, Limiter, Policy, PrefixSet, Rejection};

use crate::rig::{Rig, asking, send, text};

fn listed(
    list: impl Fn(rempart_rate_limit::PrefixSetBuilder) -> rempart_rate_limit::PrefixSetBuilder,
) -> Policy {
    let lists = list(PrefixSet::builder()).build().unwrap();
    Policy::builder("api").quota("2 per hour").lists(lists).build().unwrap()
}

fn banning(rule: &str) -> Policy {
    Policy::builder("login").quota("2 per minute").bans(rule.parse().unwrap()).build().unwrap()
}

fn client() -> ClientAddr {
    ClientAddr::new("203.0.113.9".parse().unwrap())
}

#[tokio::test]
async fn listed_addresses_are_let_through_uncounted_or_refused_outright() {
    let rig =
        Rig::new(listed(|set| set.allow("10.0.0.0/8").deny("203.0.113.0/24").allow("203.0.113.7")));
    #[rustfmt::skip]
    let rows = [
        ("10.1.2.3",            9),
        ("::ffff:10.1.2.3",     9),
        ("203.0.113.9",         0),
        ("::ffff:203.0.113.9",  0),
        ("203.0.113.7",         9), // the longest prefix
        ("198.51.100.1",        2),
        ("2001:db8::1",         2),
    ];
    for (address, served) in rows {
        assert_eq!(rig.served(address, 9).await, served, "{address}");
    }
    let (status, headers, _) = rig.get("203.0.113.9").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(text(&headers, "retry-after"), None, "it is not served later either");
    let (_, headers, _) = rig.get("10.1.2.3").await;
    assert_eq!(text(&headers, "ratelimit"), None, "it has no limit");
}

#[tokio::test]
async fn who_is_refused_again_and_again_is_banned_for_longer_each_time() {
    let rig = Rig::new(banning("after 3 denials in 1 minute for 5 minutes up to 1 hour"));
    assert_eq!(rig.served("203.0.113.9", 2).await, 2);
    for _ in 0..3 {
        let (status, headers, _) = rig.get("203.0.113.9").await;
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(text(&headers, "retry-after"), Some("30"), "not banned yet");
    }
    let (status, headers, body) = rig.get("203.0.113.9").await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(text(&headers, "retry-after"), Some("300"));
    let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let problem = "https://iana.org/assignments/http-problem-types#abnormal-usage-detected";
    assert_eq!(json["type"], problem);
    assert_eq!(rig.served("203.0.113.10", 2).await, 2, "nobody else is");

    rig.advance(299_000);
    assert_eq!(rig.served("203.0.113.9", 9).await, 0, "and asking does not make it longer");
    rig.advance(1_000);
    assert_eq!(rig.served("203.0.113.9", 5).await, 2);
    let (_, headers, _) = rig.get("203.0.113.9").await;
    assert_eq!(text(&headers, "retry-after"), Some("600"), "twice as long");
}

#[tokio::test]
async fn nobody_is_banned_for_what_others_did() {
    /// A verified identity that several clients have.
    #[derive(Clone, Hash)]
    struct Tenant;

    let rule: BanRule = "after 3 denials in 1 minute for 5 minutes".parse().unwrap();
    let shared = |by: &By| Limit::new("shared", "1 per hour").by(by.clone());
    let client = || Limit::new("client", "100 per hour");
    // By whom it counts, and whether that is one client and nobody else.
    let rows = [
        (By::client(), true),
        (By::network(32, 64), true),
        (By::network(32, 128), true),
        (By::client().and(&By::route()), true),
        (By::header("x-name".parse().unwrap()), true),
        (By::cookie("name"), true),
        (By::extension::<Tenant>().and(&By::client()), true),
        (By::everyone(), false),
        (By::route(), false),
        (By::extension::<Tenant>(), false),
        (By::network(31, 64), false),
        (By::network(32, 63), false),
        (By::network(24, 48).and(&By::route()), false),
    ];
    for (by, is_own) in rows {
        let policy = Policy::builder("api").limit(client()).limit(shared(&by)).bans(rule);
        let rig = Rig::new(policy.build().unwrap());
        let mut last = None;
        for _ in 0..9 {
            let mut request = asking("203.0.113.9", Method::GET, &[]);
            request.extensions_mut().insert(Tenant);
            last = Some(send(rig.service.clone(), request).await.1);
        }
        let last = last.unwrap();
        let wait = text(&last, "retry-after");
        assert_eq!(wait, Some(if is_own { "300" } else { "3600" }), "{by:?}");
    }
    // A client's own excess counts, whatever else it exceeds.
    let policy = Policy::builder("api").limit(Limit::new("client", "1 per hour"));
    let policy = policy.limit(shared(&By::everyone())).bans(rule);
    let rig = Rig::new(policy.build().unwrap());
    assert_eq!(rig.served("203.0.113.9", 4).await, 1);
    assert_eq!(text(&rig.get("203.0.113.9").await.1, "retry-after"), Some("300"));
}

#[tokio::test]
async fn nobody_is_banned_for_a_table_that_others_have_filled() {
    let rule: BanRule = "after 3 denials in 1 minute for 5 minutes".parse().unwrap();
    // Tables of a line each, in which there is no room for one more, and none of them gives way.
    let rows = [
        (Limit::new("x", "1 per hour").capacity(10), 15, "3600"),
        (Limit::strict_window("x", "1 per hour").capacity(10), 16, "3600"),
    ];
    for (limit, slots, wait) in rows {
        let rig = Rig::new(Policy::builder("api").limit(limit).bans(rule).build().unwrap());
        for host in 0..slots {
            assert_eq!(rig.served(&format!("203.0.113.{host}"), 1).await, 1);
        }
        assert_eq!(rig.served("198.51.100.1", 9).await, 0, "it inherits what another one owes");
        assert_eq!(text(&rig.get("198.51.100.1").await.1, "retry-after"), Some(wait));
        assert_eq!(rig.served("203.0.113.1", 4).await, 0);
        assert_eq!(text(&rig.get("203.0.113.1").await.1, "retry-after"), Some("300"));
    }
    let flights = Limit::concurrency("x", 1).capacity(1);
    let policy = Policy::builder("api").limit(flights).bans(rule).build().unwrap();
    let limiter = Limiter::new(policy).clock(ManualClock::default());
    let _held: Vec<_> = (0..20).map(|n| limiter.reserve_key(&n, 1).unwrap()).collect();
    for _ in 0..9 {
        assert!(matches!(limiter.check(client()), Decision::Refused(Rejection::Busy { .. })));
    }
}

#[test]
fn an_operator_bans_and_pardons() {
    let clock = ManualClock::default();
    let limiter = Limiter::new(banning("after 3 denials in 1 minute for 5 minutes up to 1 hour"));
    let limiter = limiter.clock(clock.clone());
    assert_eq!(limiter.banned(client()), None);
    assert!(limiter.ban(client(), Duration::from_secs(60)));
    assert_eq!(limiter.banned(client()), Some(Duration::from_secs(60)));
    let refused = Decision::Refused(Rejection::Banned { wait: Duration::from_secs(60) });
    assert_eq!(limiter.check(client()), refused);
    assert!(limiter.unban(client()));
    assert!(matches!(limiter.check(client()), Decision::Allowed(_)));
    assert!(!limiter.unban(client()), "there is none any more");

    let without = Limiter::new(Policy::new("api", "2 per minute").unwrap());
    assert!(!without.ban(client(), Duration::from_secs(60)), "nobody would mind it");
}

#[test]
fn bans_outlive_a_reload_and_end_with_the_rule() {
    let rule: BanRule = "after 1 denial in 1 minute for 5 minutes".parse().unwrap();
    let policy = |quota: &str, rule: Option<BanRule>| {
        let policy = Policy::builder("login").limit(Limit::new("guesses", quota));
        rule.into_iter().fold(policy, rempart_rate_limit::PolicyBuilder::bans).build().unwrap()
    };
    let live = Live::new(policy("1 per minute", Some(rule)));
    let limiter = Limiter::new(live.clone()).clock(ManualClock::default());
    for _ in 0..2 {
        let _ = limiter.check(client());
    }
    assert!(limiter.banned(client()).is_some());
    live.store(policy("9 per minute", Some(rule)));
    assert!(limiter.banned(client()).is_some());
    live.store(policy("9 per minute", None));
    assert_eq!(limiter.banned(client()), None);
    let decision = limiter.check(client());
    assert!(matches!(decision, Decision::Refused(Rejection::Limited { .. })), "its debt stays");
}

#[tokio::test]
async fn a_preflight_is_not_counted_but_opens_no_gate() {
    let lists = PrefixSet::builder().deny("203.0.113.0/24").build().unwrap();
    let policy = Policy::builder("api").quota("1 per hour").skip_preflights().lists(lists);
    let rule = "after 1 denial in 1 minute for 5 minutes".parse().unwrap();
    let rig = Rig::new(policy.bans(rule).build().unwrap());
    let preflight = async |address| {
        let headers = [("origin", "https://a.example"), ("access-control-request-method", "PUT")];
        let request = asking(address, Method::OPTIONS, &headers);
        send(rig.service.clone(), request).await.0
    };
    assert_eq!(preflight("203.0.113.9").await, StatusCode::FORBIDDEN);
    for _ in 0..9 {
        assert_eq!(preflight("198.51.100.1").await, StatusCode::OK);
    }
    assert_eq!(rig.served("198.51.100.1", 2).await, 1);
    assert_eq!(preflight("198.51.100.1").await, StatusCode::TOO_MANY_REQUESTS, "it is banned");
}

#[tokio::test]
async fn who_is_on_no_list_because_nobody_knows_it_is_not_let_through() {
    let lists = || PrefixSet::builder().deny("203.0.113.0/24").build().unwrap();
    let rule = || "after 1 denial in 1 minute for 5 minutes".parse().unwrap();
    // No limit asks who it is, but the gates do.
    let policy = || Policy::builder("api").quota("9 per hour").by(By::everyone());
    let rows = [
        (policy(), StatusCode::OK),
        (policy().lists(lists()), StatusCode::INTERNAL_SERVER_ERROR),
        (policy().bans(rule()), StatusCode::INTERNAL_SERVER_ERROR),
        (policy().lists(lists()).dangerously_shared_when_unknown(), StatusCode::OK),
    ];
    for (policy, status) in rows {
        let rig = Rig::new(policy.build().unwrap());
        assert_eq!(send(rig.service, Request::new(())).await.0, status);
    }
}
