//! Whose requests are counted together.

use std::hash::{Hash, Hasher};

use http::header::HeaderName;
use http::{Request, StatusCode};
use rempart_core::{Reason, Refused, RouteName};
use rempart_rate_limit::{By, ConfigError, Counting, Limit, Policy, PolicyBuilder, RateLimitLayer};
use tower::{Layer, ServiceExt};

use crate::rig::{Rig, asking, from, handler, send};

#[derive(Clone, Hash)]
struct Tenant(&'static str);

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

fn rig(by: By) -> Rig {
    let wide = Limit::new("wide", "1000 per hour");
    let policy = Policy::builder("api").limit(Limit::new("own", "1 per hour").by(by)).limit(wide);
    Rig::new(policy.build().unwrap())
}

async fn statuses(rig: &Rig, requests: impl IntoIterator<Item = Request<()>>) -> Vec<u16> {
    let mut statuses = Vec::new();
    for request in requests {
        statuses.push(send(rig.service.clone(), request).await.0.as_u16());
    }
    statuses
}

fn of(tenant: &'static str, route: Option<&'static str>, address: &str) -> Request<()> {
    let mut request = from(address);
    request.extensions_mut().insert(Tenant(tenant));
    if let Some(route) = route {
        request.extensions_mut().insert(RouteName::new(route));
    }
    request
}

#[tokio::test]
async fn a_verified_identity_is_counted_wherever_it_comes_from() {
    let rig = rig(By::extension::<Tenant>());
    let requests =
        [of("a", None, "203.0.113.9"), of("a", None, "203.0.113.10"), of("b", None, "203.0.113.9")];
    assert_eq!(statuses(&rig, requests).await, [200, 429, 200]);
}

#[tokio::test]
async fn an_identity_that_nobody_verified_is_a_fault_of_the_stack() {
    let policy = Policy::builder("api").quota("9 per hour").by(By::extension::<Tenant>());
    let layer = RateLimitLayer::new(policy.build().unwrap());
    let response = layer.layer(handler()).oneshot(from("203.0.113.9")).await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let refused = response.extensions().get::<Refused>().unwrap();
    assert_eq!(refused.reason, Reason::NoIdentity);
}

#[tokio::test]
async fn parts_are_joined_so_that_none_is_taken_for_another() {
    let rig = rig(By::extension::<Tenant>().and(&By::route()));
    let address = "203.0.113.9";
    let requests = [
        of("ab", Some("c"), address),
        of("a", Some("bc"), address),
        of("abc", Some(""), address),
        of("abc", None, address),
        of("ab", Some("c"), address),
        of("abc", None, address),
    ];
    assert_eq!(statuses(&rig, requests).await, [200, 200, 200, 200, 429, 429]);
}

#[tokio::test]
async fn a_route_is_what_was_declared_and_no_path() {
    let rig = rig(By::client().and(&By::route()));
    let at = |path: &str, route| {
        let mut request = of("a", Some(route), "203.0.113.9");
        *request.uri_mut() = path.parse().unwrap();
        request
    };
    let requests =
        [at("/calls/1", "/calls/{id}"), at("/CALLS/2/", "/calls/{id}"), at("/leads", "/leads")];
    assert_eq!(statuses(&rig, requests).await, [200, 429, 200]);
}

#[tokio::test]
async fn nobody_uses_up_the_quota_of_a_name_that_is_not_verified() {
    let sent = |address, keys: &[&str], cookie: &str| {
        let keys = keys.iter().map(|key| ("x-api-key", *key));
        let headers: Vec<_> = keys.chain([("cookie", cookie)]).collect();
        asking(address, http::Method::GET, &headers)
    };
    for by in [By::header(API_KEY), By::cookie("session")] {
        let rig = rig(by);
        let requests = [
            sent("203.0.113.9", &["victim"], "x=1; session=victim"),
            sent("203.0.113.9", &["victim"], "session=victim"),
            sent("203.0.113.10", &["victim"], "session=victim"),
        ];
        assert_eq!(statuses(&rig, requests).await, [200, 429, 200]);
    }
    // Two lines are not one line of both.
    let rig = rig(By::header(API_KEY));
    let requests = [
        sent("203.0.113.9", &["a", "b"], ""),
        sent("203.0.113.9", &["ab"], ""),
        sent("203.0.113.9", &["a,b"], ""),
        sent("203.0.113.9", &["b", "a"], ""),
        sent("203.0.113.9", &[], ""),
        sent("203.0.113.9", &[""], ""),
        sent("203.0.113.9", &["a", "b"], ""),
    ];
    assert_eq!(statuses(&rig, requests).await, [200, 200, 200, 200, 200, 200, 429]);
}

#[tokio::test]
async fn names_that_a_client_makes_up_do_not_evade_the_limit_beside_them() {
    let policy = Policy::builder("api")
        .limit(Limit::new("key", "1 per hour").by(By::header(API_KEY)))
        .limit(Limit::new("client", "5 per hour"));
    let rig = Rig::new(policy.build().unwrap());
    let made_up = (0..100).map(|nth| {
        asking("203.0.113.9", http::Method::GET, &[("x-api-key", nth.to_string().as_str())])
    });
    let served = statuses(&rig, made_up).await.into_iter().filter(|status| *status == 200).count();
    assert_eq!(served, 5);
}

#[test]
fn a_policy_that_can_be_evaded_is_none() {
    use Counting::{Failures, Requests, Successes};
    let named = |name| Limit::new(name, "9 per hour");
    let key = || named("key").by(By::header(API_KEY));
    let flights = |name| Limit::concurrency(name, 9);
    // Limits that are there together, and whether names that are made up get past them.
    let rows = [
        (vec![key()], true),
        (vec![key(), named("cookie").by(By::cookie("session"))], true),
        (vec![key(), named("trial").on_trial()], true),
        (vec![key(), named("client")], false),
        (vec![key(), named("all").by(By::everyone())], false),
        // So many at once, one after another.
        (vec![key(), flights("flights")], true),
        (vec![flights("keys").by(By::header(API_KEY)), flights("flights")], false),
        (vec![flights("keys").by(By::header(API_KEY)), named("client")], false),
        // It gives back what the other one charges for.
        (vec![key(), named("client").counting(Successes)], true),
        (vec![key().counting(Failures), named("client").counting(Successes)], true),
        (vec![key().counting(Failures), named("client").counting(Failures)], false),
        (vec![key().counting(Failures), named("client").counting(Requests)], false),
        // Who has a /64 has all addresses of it.
        (vec![named("host").by(By::network(32, 128))], true),
        (vec![named("host").by(By::network(32, 65))], true),
        (vec![named("host").by(By::network(32, 64))], false),
        (vec![named("host").by(By::network(32, 128)), named("client")], false),
        (vec![key(), named("host").by(By::network(32, 128))], true),
        // A limit with another fault is there all the same.
        (vec![key(), Limit::new("client", "9 per h0ur")], false),
    ];
    for (nth, (limits, evaded)) in rows.into_iter().enumerate() {
        let policy = limits.into_iter().fold(Policy::builder("api"), PolicyBuilder::limit);
        let faults = policy.build().err();
        let is_evaded = |fault: &ConfigError| matches!(fault, ConfigError::Evaded { .. });
        let found = faults.is_some_and(|faults| faults.iter().any(is_evaded));
        assert_eq!(found, evaded, "row {nth}");
    }
}

#[derive(Clone)]
struct Raw<const NTH: u8>(&'static str);

/// Without an end that tells where it ends, which nothing asks of a hash.
impl<const NTH: u8> Hash for Raw<NTH> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.0.as_bytes());
    }
}

#[tokio::test]
async fn identities_are_told_apart_however_they_are_hashed() {
    let rig = rig(By::extension::<Raw<0>>().and(&By::extension::<Raw<1>>()));
    let of = |one, other| {
        let mut request = from("203.0.113.9");
        request.extensions_mut().insert(Raw::<0>(one));
        request.extensions_mut().insert(Raw::<1>(other));
        request
    };
    let requests = [of("a", "bec"), of("aeb", "c"), of("a", "bec")];
    assert_eq!(statuses(&rig, requests).await, [200, 200, 429]);
}

#[tokio::test]
async fn everyone_together_is_one_bucket() {
    let policy = Policy::builder("api").quota("3 per hour").by(By::everyone()).build().unwrap();
    let rig = Rig::new(policy);
    let mut served = 0;
    for host in 0..10 {
        served += rig.served(&format!("203.0.113.{host}"), 1).await;
    }
    assert_eq!(served, 3);
    // It does not ask who it is.
    assert_eq!(send(rig.service, Request::new(())).await.0, StatusCode::TOO_MANY_REQUESTS);
}
