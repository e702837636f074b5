//! Keys by tenant: looked up once for all who wait, after the head and before the body.

mod forgotten;
mod replays;
mod stack;
mod threads;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Full;
use rempart_core::{Live, ManualClock, Reason, RequestBody};
use rempart_signature::{
    ConfigError, Head, Policy, Rejection, ResolveError, Scheme, SignatureLayer, TenantId, Tenants,
    verify,
};
use rempart_testing::{Script, Step, strict};
use tower::{Layer, ServiceExt};

use self::stack::{
    REFUSED, Stack, Task, UNAVAILABLE, accepted, of, policy, poll, request, ring_of, source, task,
};
use crate::support::{BODY, NOW, OTHER_SECRET, SECRET, post, signed, signed_with};

#[tokio::test]
async fn each_tenant_has_keys_of_its_own() {
    let stack = Stack::new(Tenants::sync(source(), |tenant: &TenantId| {
        Ok(match tenant.as_str() {
            "acme" => Some(ring_of(SECRET)),
            "globex" => Some(ring_of(OTHER_SECRET)),
            _ => None,
        })
    }));
    #[rustfmt::skip]
    let rows = [
        ("acme",   SECRET,       accepted("acme"),   None),
        ("globex", OTHER_SECRET, accepted("globex"), None),
        ("acme",   OTHER_SECRET, REFUSED,            Some(Reason::Mismatch)),
        ("globex", SECRET,       REFUSED,            Some(Reason::Mismatch)),
        ("nobody", SECRET,       REFUSED,            Some(Reason::UnknownKey)),
    ];
    // The second time from what is kept.
    for _ in 0..2 {
        for (tenant, secret, want, reason) in rows.clone() {
            assert_eq!(stack.call(request(tenant, secret)).await, want, "{tenant}");
            assert_eq!(stack.reason(), reason, "{tenant}");
        }
    }
}

#[tokio::test]
async fn who_names_no_tenant_is_refused_before_anybody_is_asked() {
    let (stack, directory) = Stack::waiting();
    let unnamed = signed(&Scheme::github(), BODY);
    let mut twice = of("acme", unnamed.clone());
    twice.append("x-tenant", "acme".parse().unwrap());
    #[rustfmt::skip]
    let rows = [
        (unnamed.clone(),                    Reason::Missing),
        (of("two words", unnamed.clone()),   Reason::Malformed),
        (twice,                              Reason::Duplicated),
        // The head comes first: an unsigned request has nobody asked for its tenant.
        (of("acme", HeaderMap::new()),       Reason::Missing),
    ];
    for (headers, reason) in rows {
        let body = Script::new().data(BODY);
        let polls = body.polls();
        assert_eq!(stack.call(post(headers, body)).await, REFUSED);
        assert_eq!(stack.reason(), Some(reason));
        assert_eq!(polls.load(Ordering::SeqCst), 0);
    }
    assert_eq!(directory.asked(), 0);
}

#[tokio::test]
async fn no_byte_of_a_body_is_read_before_the_keys_are_there() {
    let (stack, directory) = Stack::waiting();
    let request = request("acme", SECRET);
    let polls = request.body().polls();
    let mut call = stack.call(request);
    assert_eq!(poll(&mut call), None);
    assert_eq!((directory.asked(), polls.load(Ordering::SeqCst)), (1, 0));
    directory.answer("acme", Ok(Some(ring_of(SECRET))));
    assert_eq!(call.await, accepted("acme"));
}

#[tokio::test]
async fn all_who_wait_for_a_tenant_share_one_look_up() {
    let (stack, directory) = Stack::waiting();
    let mut calls: Vec<_> = (0..100).map(|_| stack.call(request("acme", SECRET))).collect();
    assert!(calls.iter_mut().all(|call| poll(call).is_none()));
    assert_eq!(directory.asked(), 1);
    directory.answer("acme", Ok(Some(ring_of(SECRET))));
    for call in calls {
        assert_eq!(call.await, accepted("acme"));
    }
    // And whoever comes later, until the time is over.
    assert_eq!(stack.call(request("acme", SECRET)).await, accepted("acme"));
    assert_eq!(directory.asked(), 1);
    stack.clock.advance(Tenants::TIME_TO_LIVE);
    assert_eq!(poll(&mut stack.call(request("acme", SECRET))), None);
    assert_eq!(directory.asked(), 2);
}

#[tokio::test]
async fn who_goes_takes_nothing_from_those_who_stay() {
    // Whoever of three goes, and in whatever order, the others have their answer.
    for gone in 0..3 {
        let (stack, directory) = Stack::waiting();
        let mut calls: Vec<_> = (0..3).map(|_| task(stack.call(request("acme", SECRET)))).collect();
        for call in &mut calls {
            assert!(call.poll_once().is_none());
        }
        drop(calls.remove(gone));
        assert_eq!(directory.dropped(), 0);
        directory.answer("acme", Ok(Some(ring_of(SECRET))));
        // Each of them was woken: none waits for a poll of one who is gone.
        assert!(calls.iter().all(Task::is_woken), "{gone}");
        for mut call in calls {
            assert_eq!(call.poll_once(), Some(accepted("acme")));
        }
        assert_eq!(directory.asked(), 1);
    }
}

#[tokio::test]
async fn when_the_last_one_goes_the_look_up_goes_too() {
    let (stack, directory) = Stack::waiting();
    let mut calls: Vec<_> = (0..3).map(|_| stack.call(request("acme", SECRET))).collect();
    assert!(calls.iter_mut().all(|call| poll(call).is_none()));
    drop(calls);
    assert_eq!((directory.asked(), directory.dropped()), (1, 1));
    // The next one begins anew.
    let mut call = stack.call(request("acme", SECRET));
    assert_eq!(poll(&mut call), None);
    directory.answer("acme", Ok(Some(ring_of(SECRET))));
    assert_eq!(call.await, accepted("acme"));
    assert_eq!(directory.asked(), 2);
}

#[tokio::test]
async fn at_most_64_look_ups_are_under_way() {
    let (stack, directory) = Stack::waiting();
    let name = |nth: usize| format!("t{nth}");
    let mut calls: Vec<_> =
        (0..Tenants::MAX_LOOKUPS).map(|nth| stack.call(request(&name(nth), SECRET))).collect();
    assert!(calls.iter_mut().all(|call| poll(call).is_none()));
    let late = request("late", SECRET);
    let polls = late.body().polls();
    assert_eq!(stack.call(late).await, UNAVAILABLE);
    assert_eq!(stack.reason(), Some(Reason::KeysUnavailable));
    assert_eq!(polls.load(Ordering::SeqCst), 0);
    // Who waits for one of the 64 is no 65th.
    let mut same = stack.call(request("t0", SECRET));
    assert_eq!(poll(&mut same), None);
    assert_eq!(directory.asked(), 64);
    // One that is over makes room.
    directory.answer("t0", Ok(None));
    assert_eq!(same.await, REFUSED);
    assert_eq!(poll(&mut stack.call(request("late", SECRET))), None);
    assert_eq!(directory.asked(), 65);
}

#[tokio::test]
async fn that_there_is_no_such_tenant_is_kept_for_30_seconds() {
    let (stack, directory) = Stack::waiting();
    let mut call = stack.call(request("nobody", SECRET));
    assert_eq!(poll(&mut call), None);
    directory.answer("nobody", Ok(None));
    assert_eq!(call.await, REFUSED);
    assert_eq!(stack.reason(), Some(Reason::UnknownKey));
    stack.clock.advance(Duration::from_millis(29_999));
    assert_eq!(stack.call(request("nobody", SECRET)).await, REFUSED);
    assert_eq!(directory.asked(), 1);
    stack.clock.advance(Duration::from_millis(1));
    let mut call = stack.call(request("nobody", SECRET));
    assert_eq!(poll(&mut call), None);
    directory.answer("nobody", Ok(Some(ring_of(SECRET))));
    assert_eq!(call.await, accepted("nobody"));
}

#[tokio::test]
async fn who_makes_names_up_pushes_no_tenant_out() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let tenants = Tenants::sync(source(), move |tenant: &TenantId| {
        let known = tenant.as_str() == "acme";
        count.fetch_add(usize::from(known), Ordering::SeqCst);
        Ok(known.then(|| ring_of(SECRET)))
    });
    let stack = Stack::new(tenants.capacity(8));
    assert_eq!(stack.call(request("acme", SECRET)).await, accepted("acme"));
    for nth in 0..100 {
        assert_eq!(stack.call(request(&format!("made-up-{nth}"), SECRET)).await, REFUSED);
    }
    assert_eq!(stack.call(request("acme", SECRET)).await, accepted("acme"));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_cannot_be_looked_up_is_503_and_asked_again() {
    let unfit = ring_of("short");
    for (answer, what) in [(Err(ResolveError), "an error"), (Ok(Some(unfit)), "unfit keys")] {
        let (stack, directory) = Stack::waiting();
        let mut call = stack.call(request("acme", SECRET));
        assert_eq!(poll(&mut call), None);
        directory.answer("acme", answer);
        assert_eq!(call.await, UNAVAILABLE, "{what}");
        assert_eq!(stack.reason(), Some(Reason::KeysUnavailable));
        assert_eq!(poll(&mut stack.call(request("acme", SECRET))), None);
        assert_eq!(directory.asked(), 2);
    }
}

#[tokio::test]
async fn a_look_up_has_its_time() {
    let (stack, directory) = Stack::waiting();
    let mut first = task(stack.call(request("acme", SECRET)));
    assert!(first.poll_once().is_none());
    stack.clock.advance(Duration::from_secs(4));
    // Who joins late does not prolong it.
    let mut second = task(stack.call(request("acme", SECRET)));
    assert!(second.poll_once().is_none());
    stack.clock.advance(Duration::from_secs(1));
    assert!(first.is_woken() && second.is_woken());
    assert_eq!(first.poll_once(), Some(UNAVAILABLE));
    assert_eq!(second.poll_once(), Some(UNAVAILABLE));
    assert_eq!(directory.dropped(), 1);
}

#[tokio::test]
async fn a_resolver_that_panics_leaves_nobody_waiting() {
    let stack = Stack::new(Tenants::new(source(), |_: TenantId| {
        let mut polls = 0;
        std::future::poll_fn(move |_| {
            polls += 1;
            assert!(polls < 3, "made to fail");
            Poll::Pending
        })
    }));
    let mut first = stack.call(request("acme", SECRET));
    let mut second = stack.call(request("acme", SECRET));
    assert_eq!((poll(&mut first), poll(&mut second)), (None, None));
    let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| poll(&mut first)));
    assert!(failed.is_err());
    assert_eq!(second.await, UNAVAILABLE);
}

#[tokio::test]
async fn keys_that_are_forgotten_are_trusted_no_more() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let stack = Stack::new(Tenants::sync(source(), move |_: &TenantId| {
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        Ok(Some(ring_of(if first { SECRET } else { OTHER_SECRET })))
    }));
    assert_eq!(stack.call(request("acme", SECRET)).await, accepted("acme"));
    // Not even by a request whose body is on its way.
    let headers = of("acme", signed_with(&Scheme::github(), SECRET, BODY));
    let mut slow = stack.call(post(headers, Script::new().then(Step::Pending).data(BODY)));
    assert_eq!(poll(&mut slow), None);
    stack.policy.forget_tenant("acme");
    assert_eq!(slow.await, REFUSED);
    assert_eq!(stack.reason(), Some(Reason::RevokedKey));
    assert_eq!(stack.call(request("acme", SECRET)).await, REFUSED);
    assert_eq!(stack.call(request("acme", OTHER_SECRET)).await, accepted("acme"));
    stack.policy.forget_tenants();
    assert_eq!(stack.call(request("acme", OTHER_SECRET)).await, accepted("acme"));
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn what_was_forgotten_while_it_was_looked_up_is_not_kept() {
    let (stack, directory) = Stack::waiting();
    let mut call = stack.call(request("acme", SECRET));
    assert_eq!(poll(&mut call), None);
    stack.policy.forget_tenant("acme");
    directory.answer("acme", Ok(Some(ring_of(SECRET))));
    assert_eq!(call.await, UNAVAILABLE);
    assert_eq!(poll(&mut stack.call(request("acme", SECRET))), None);
    assert_eq!(directory.asked(), 2);
}

#[tokio::test]
async fn a_policy_that_is_replaced_takes_its_tenants_along() {
    let clock = ManualClock::at(NOW);
    let with = |secret: &'static str| {
        let tenants = Tenants::sync(source(), move |_: &TenantId| Ok(Some(ring_of(secret))));
        policy(tenants, &clock)
    };
    let live = Live::new(with(SECRET));
    let layer = SignatureLayer::new(live.clone()).clock(clock.clone()).observer(());
    let answer =
        |_: Request<RequestBody<Script>>| async { Response::new(Full::<Bytes>::default()) };
    let service = layer.layer(strict(answer));
    let send = |secret| service.clone().oneshot(request("acme", secret));
    assert_eq!(send(SECRET).await.unwrap().status(), StatusCode::OK);
    live.store(with(OTHER_SECRET));
    assert_eq!(send(SECRET).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(send(OTHER_SECRET).await.unwrap().status(), StatusCode::OK);
}

#[test]
fn a_policy_has_keys_or_tenants() {
    let tenants = || Tenants::sync(source(), |_: &TenantId| Ok(None));
    let clock = ManualClock::at(NOW);
    let builder = || Policy::builder("test").scheme(Scheme::github()).timer(clock.clone());
    let both = builder().keys(ring_of(SECRET)).tenants(tenants()).build().unwrap_err();
    assert!(both.iter().eq(&[ConfigError::KeysAndTenants]), "{both}");
    let zero = tenants().capacity(0).time_out(Duration::ZERO);
    let zero = builder().tenants(zero).build().unwrap_err();
    let want = [ConfigError::TenantCapacity { capacity: 0 }, ConfigError::TenantTimeZero];
    assert!(zero.iter().eq(&want), "{zero}");
    let timeless = Policy::builder("test").scheme(Scheme::github()).tenants(tenants());
    let timeless = timeless.dangerously_without_read_deadline().build().unwrap_err();
    assert!(timeless.iter().eq(&[ConfigError::TenantsWithoutTimer]), "{timeless}");
    let policy = builder().tenants(tenants()).build().unwrap();
    let keys = policy.with_keys(ring_of(SECRET)).unwrap_err();
    assert!(keys.iter().eq(&[ConfigError::KeysAndTenants]), "{keys}");
}

#[test]
fn without_a_layer_nobody_is_looked_up_and_nothing_accepted() {
    let clock = ManualClock::at(NOW);
    let policy = policy(Tenants::sync(source(), |_: &TenantId| Ok(Some(ring_of(SECRET)))), &clock);
    let headers = of("acme", signed(&Scheme::github(), BODY));
    let uri = http::Uri::from_static("/hooks");
    let head = Head::new(&http::Method::POST, &uri, &headers);
    assert_eq!(verify(&policy, &head, BODY, NOW), Err(Rejection::UnknownKey));
}
