//! A policy that is replaced while requests are decided: each answer is of one policy, whole.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use http::{HeaderMap, Request, Response, StatusCode};
use rempart_core::Live;
use rempart_cors::{CorsLayer, Policy};
use tower::{Layer, Service, service_fn};

use crate::talk::{EVIL, request};

const BOTH: &str = "https://both.example";
const ACRM: &str = "access-control-request-method";
const ACRH: &str = "access-control-request-headers";

/// Two policies with nothing in common but one origin; of that, each grants something else.
fn policies() -> [Policy; 2] {
    let first = Policy::credentialed("first")
        .origins([BOTH, "https://first.example"])
        .methods(["PUT"])
        .request_headers(["x-first", "x-both"])
        .expose_headers(["x-first"])
        .max_age(Duration::from_secs(1))
        .share_timing();
    let second = Policy::anonymous("second")
        .origins([BOTH, "https://second.example"])
        .methods(["PUT", "PATCH"])
        .request_headers(["x-second", "x-both"])
        .expose_headers(["x-second", "x-more"])
        .max_age(Duration::from_secs(2));
    [first.build().unwrap(), second.build().unwrap()]
}

fn requests() -> Vec<Request<()>> {
    [
        ("GET", &[("origin", BOTH)][..]),
        ("POST", &[("origin", "https://first.example")]),
        ("GET", &[("origin", "https://second.example")]),
        ("GET", &[("origin", EVIL)]),
        ("GET", &[]),
        ("OPTIONS", &[("origin", BOTH), (ACRM, "PUT"), (ACRH, "x-both")]),
        ("OPTIONS", &[("origin", BOTH), (ACRM, "PATCH")]),
        ("OPTIONS", &[("origin", BOTH), (ACRM, "PUT"), (ACRH, "x-first")]),
        ("OPTIONS", &[("origin", "https://first.example"), (ACRM, "PUT")]),
    ]
    .map(|(method, headers)| request(method, headers))
    .to_vec()
}

/// What a client sees.
type Seen = (StatusCode, HeaderMap);

/// Answers requests by a policy that may be replaced while the service works.
fn answering(layer: &CorsLayer) -> impl FnMut(Request<()>) -> Seen + use<> {
    let mut service = layer.layer(service_fn(|_| async {
        tokio::task::yield_now().await;
        Ok::<_, std::convert::Infallible>(Response::new(String::new()))
    }));
    move |request| {
        let mut context = Context::from_waker(Waker::noop());
        assert!(service.poll_ready(&mut context).is_ready());
        let mut answer = pin!(service.call(request));
        loop {
            if let Poll::Ready(answer) = answer.as_mut().poll(&mut context) {
                let (parts, _) = answer.unwrap().into_parts();
                return (parts.status, parts.headers);
            }
        }
    }
}

#[test]
fn an_answer_is_of_one_policy_whole_however_often_it_is_replaced() {
    is_never_torn(20_000);
}

#[test]
#[ignore = "needs ten seconds"]
fn an_answer_is_of_one_policy_whole_though_it_is_replaced_a_million_times() {
    is_never_torn(1_000_000);
}

/// Asks on two threads while a third one replaces the policy so many times.
fn is_never_torn(swaps: usize) {
    let policies = policies();
    let quiet = |policy: Policy| CorsLayer::new(policy).observer(Silence);
    let [mut first, mut second] = policies.clone().map(|policy| answering(&quiet(policy)));
    let expected: Vec<[Seen; 2]> =
        requests().into_iter().map(|asked| [first(asked.clone()), second(asked)]).collect();
    let live = Live::new(policies[0].clone());
    let layer = CorsLayer::new(live.clone()).observer(Silence);
    let (done, met) = (AtomicBool::new(false), AtomicUsize::new(0));
    let ask = || {
        let mut answer = answering(&layer);
        let mut seen = [0_usize; 2];
        let has_met = |seen: [usize; 2]| seen.iter().all(|times| *times >= 100);
        while !done.load(Ordering::Relaxed) {
            let before = has_met(seen);
            for (request, expected) in requests().into_iter().zip(&expected) {
                let got = answer(request);
                let of = expected.iter().position(|expected| *expected == got);
                assert!(of.is_some(), "torn: {got:?}, and neither of {expected:?}");
                if expected[0] != expected[1] {
                    seen[of.unwrap()] += 1;
                }
            }
            met.fetch_add(usize::from(!before && has_met(seen)), Ordering::Relaxed);
        }
    };
    thread::scope(|scope| {
        let threads = [scope.spawn(ask), scope.spawn(ask)];
        let mut nth = 0;
        // On a busy machine the two may come to their first request late.
        while nth < swaps || met.load(Ordering::Relaxed) < threads.len() {
            live.store(policies[(nth + 1) % 2].clone());
            nth += 1;
            assert!(threads.iter().all(|thread| !thread.is_finished()), "a thread has failed");
        }
        done.store(true, Ordering::Relaxed);
    });
}

struct Silence;

impl rempart_core::Observer for Silence {
    fn observe(&self, _: &rempart_core::Event<'_>) {}
}
