//! Shared limits behind the layer, where nobody listens.

use std::future::ready as now;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use http::{Method, Request, Response, StatusCode};
use rempart_core::{ClientAddr, PolicyName, Reason, Refused};
use rempart_rate_limit::shared::{
    OnStoreError, RuleError, SharedLimiter, SharedPolicy, SharingError,
};
use rempart_rate_limit::{By, Counting, Decision, Limit, Policy, Rejection, Store, WhenFull};
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceExt, service_fn};

use super::layers::{
    CLIENT, Handled, Log, api, by_path, layer, nobody_listens, shared, status, to,
};
use super::rig::until;
use crate::rig::{asking, from, handler, send, text};

#[derive(Clone, PartialEq)]
struct Pro;

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
async fn a_newcomer_to_a_full_share_takes_over_a_debt() {
    // Fifteen slots in all, for each of which an hour is owed.
    let nobody_listens = || nobody_listens().share(Store::with_capacity(1).unwrap());
    let store = nobody_listens().build().unwrap();
    let policy = api().limit(Limit::new("calls", "1 per hour").when_full(WhenFull::Strict));
    let service = layer(policy, &store).layer(handler());
    for host in 1..=15 {
        assert_eq!(status(&service, from(&format!("203.0.113.{host}"))).await, 200);
    }
    for _ in 0..100 {
        assert_eq!(status(&service, from("203.0.113.99")).await, 429);
    }
    // Where strangers shall get through, as many again do, and no more.
    let store = nobody_listens().build().unwrap();
    let policy = api().limit(Limit::new("calls", "1 per hour").when_full(WhenFull::Available));
    let service = layer(policy, &store).layer(handler());
    let mut served = 0;
    for host in 1..=200 {
        served += usize::from(status(&service, from(&format!("203.0.113.{host}"))).await == 200);
    }
    assert_eq!(served, 30);
}

#[tokio::test]
async fn two_limits_that_meet_in_a_full_line_of_a_share_are_charged_both_or_none() {
    // A line of fifteen, in which one slot is free: each of two limits finds it, and one gets it.
    let store = nobody_listens().share(Store::with_capacity(1).unwrap()).build().unwrap();
    let filling = layer(Policy::builder("filling").quota("1 per hour"), &store).layer(handler());
    for host in 1..=14 {
        assert_eq!(status(&filling, from(&format!("203.0.113.{host}"))).await, 200);
    }
    let both = || {
        let first = Limit::new("first", "1 per hour").when_full(WhenFull::Strict);
        let second = Limit::new("second", "1 per hour").when_full(WhenFull::Strict);
        api().limit(first).limit(second)
    };
    let service = layer(both(), &store).layer(handler());
    assert_eq!(status(&service, from(CLIENT)).await, 429);
    // What the first was charged with was given back: the slot is free for somebody else.
    assert_eq!(status(&filling, from("203.0.113.15")).await, 200);
    assert_eq!(status(&filling, from("203.0.113.16")).await, 429);
}

#[tokio::test]
async fn shares_of_two_policies_count_apart_whatever_the_names_of_their_limits() {
    let store = nobody_listens().build().unwrap();
    let api = layer(api().limit(Limit::new("hour", "3 per hour")), &store).layer(handler());
    let login = layer(Policy::builder("login").limit(Limit::new("hour", "2 per hour")), &store)
        .layer(handler());
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(status(&api, from(CLIENT)).await);
        statuses.push(status(&login, from(CLIENT)).await);
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429, 429, 429]);
}

#[tokio::test]
async fn a_share_forgives_nothing_in_a_tier_of_a_shorter_period() {
    let store = nobody_listens().build().unwrap();
    let limit = Limit::new("calls", "5 per hour").tier(Pro, "100 per minute");
    let service = layer(api().limit(limit), &store).layer(handler());
    let mut pro = from(CLIENT);
    pro.extensions_mut().insert(Pro);
    for want in [200, 200, 200, 200, 200, 429] {
        assert_eq!(status(&service, from(CLIENT)).await, want);
    }
    assert_eq!(status(&service, pro).await, 429);
    assert_eq!(status(&service, from(CLIENT)).await, 429);
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
