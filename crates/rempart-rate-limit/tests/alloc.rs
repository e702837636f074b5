//! What a request allocates, exactly.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails in these ways has failed, as it should"
)]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::Ipv4Addr;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Full;
use rempart_core::ClientAddr;
use rempart_rate_limit::{
    Announce, Bans, Gcra, InFlight, Policy, PrefixSet, Quota, RateLimit, RateLimitLayer, Store,
    StrictWindow, WhenFull, WindowStore,
};
use rempart_testing::alloc::{Counting, assert_counting, count};
use tower::{Layer, Service};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Answers with what the request brought along, and allocates nothing.
#[derive(Clone)]
struct Inner;

impl Service<Request<HeaderMap>> for Inner {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<HeaderMap>) -> Self::Future {
        let mut response = Response::new(Full::from("served"));
        *response.headers_mut() = request.into_body();
        ready(Ok(response))
    }
}

/// The status that a request is answered with, and what it allocates. The service's response has
/// these headers.
fn answered(service: &mut RateLimit<Inner>, headers: HeaderMap) -> (StatusCode, u64) {
    let mut request = Request::new(headers);
    request.extensions_mut().insert(ClientAddr::new("203.0.113.9".parse().unwrap()));
    let mut cx = Context::from_waker(Waker::noop());
    let (response, counts) = count(|| {
        assert!(service.poll_ready(&mut cx).is_ready());
        let future = pin!(service.call(request));
        let Poll::Ready(Ok(response)) = future.poll(&mut cx) else { panic!("not ready") };
        response
    });
    (response.status(), counts.allocations)
}

/// What most handlers send: a header or two, and room for more.
fn roomy() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "text/plain".parse().unwrap());
    headers
}

/// The status of the n-th request, and what it allocated.
fn allocations(
    quota: &str,
    announce: Announce,
    nth: usize,
    headers: fn() -> HeaderMap,
) -> (StatusCode, u64) {
    assert_counting();
    let policy = Policy::builder("api").quota(quota).announce(announce);
    let mut service = RateLimitLayer::new(policy.build().unwrap()).layer(Inner);
    (0..nth).fold((StatusCode::OK, 0), |_, _| answered(&mut service, headers()))
}

#[test]
fn counts_of_several_limits_are_those_of_the_readme() {
    use rempart_rate_limit::{Counting, Limit};

    assert_counting();
    let two = |announce, other| {
        let policy = Policy::builder("api").limit(Limit::new("burst", "10 per second"));
        policy.limit(other).announce(announce).build().unwrap()
    };
    let daily = || Limit::strict_window("daily", "100 per day");
    let flights = || Limit::concurrency("flights", 9);
    let tiered = || daily().tier("pro", "99 per day");
    #[rustfmt::skip]
    let rows = [
        (Announce::WhenRefused, daily(),                              0),
        (Announce::NearLimit,   daily(),                              0),
        (Announce::Always,      daily(),                              3),
        (Announce::WhenRefused, tiered(),                             0),
        (Announce::Always,      tiered(),                             5),
        (Announce::WhenRefused, daily().counting(Counting::Failures), 2),
        (Announce::Always,      daily().counting(Counting::Failures), 4),
        (Announce::WhenRefused, flights(),                            4),
        (Announce::Always,      flights(),                            6),
    ];
    for (row, (announce, other, want)) in rows.into_iter().enumerate() {
        let mut service = RateLimitLayer::new(two(announce, other)).layer(Inner);
        for nth in 0..5 {
            let got = answered(&mut service, roomy());
            assert_eq!(got, (StatusCode::OK, want), "row {row}, request {nth}");
        }
    }
}

/// The quota, which responses tell, which request, headers of the service's response, status,
/// allocations.
type Row = (&'static str, Announce, usize, fn() -> HeaderMap, u16, u64);

#[test]
fn counts_are_those_of_the_readme() {
    let none = HeaderMap::new;
    // What it says of the one is rendered with the policy, of the other for most clients.
    let (few, many) = ("100 per minute", "100 per hour");
    #[rustfmt::skip]
    let rows: [Row; 14] = [
        (many, Announce::WhenRefused, 100, roomy, 200, 0),
        (many, Announce::Never,       100, roomy, 200, 0),
        (many, Announce::NearLimit,   80,  roomy, 200, 0),
        (many, Announce::NearLimit,   81,  roomy, 200, 1),
        (many, Announce::Always,      1,   roomy, 200, 0),
        (many, Announce::Always,      2,   roomy, 200, 1),
        (many, Announce::Always,      100, roomy, 200, 1),
        (many, Announce::Always,      100, none,  200, 3),
        (many, Announce::Always,      101, roomy, 429, 7),
        (many, Announce::WhenRefused, 101, roomy, 429, 7),
        (many, Announce::Never,       101, roomy, 429, 6),
        (few,  Announce::Always,      2,   roomy, 200, 0),
        (few,  Announce::Always,      100, none,  200, 2),
        (few,  Announce::Always,      101, roomy, 429, 6),
    ];
    for (quota, announce, nth, headers, status, want) in rows {
        let row = format!("{quota}, {announce:?}, request {nth}");
        assert_eq!(
            allocations(quota, announce, nth, headers),
            (status.try_into().unwrap(), want),
            "{row}"
        );
    }
}

#[test]
fn a_store_allocates_when_it_is_made_and_never_again() {
    assert_counting();
    let (store, made) = count(Store::default);
    assert_eq!(made.allocations, 1);
    assert!(made.bytes <= 3 * 512 * 1024, "{} bytes", made.bytes);
    let gcra = Gcra::new(Quota::per_minute(10)).unwrap();
    let (admitted, counts) = count(|| {
        let charge = |client: u64| {
            let key = store.key(&client);
            store.charge(key, &gcra, 1, client, WhenFull::Strict)
        };
        (0..200_000)
            .map(charge)
            .filter(|v| *v != rempart_rate_limit::Verdict::NeverPossible)
            .count()
    });
    assert_eq!((admitted, counts.allocations), (200_000, 0));
}

#[test]
fn a_clone_of_a_layer_or_service_allocates_nothing() {
    assert_counting();
    let layer = RateLimitLayer::new(Policy::new("api", "10 per minute").unwrap());
    let service = layer.layer(Inner);
    let (clones, counts) = count(|| (layer.clone(), service.clone(), layer.layer(Inner)));
    drop(clones);
    assert_eq!(counts.allocations, 0);
}

#[test]
fn what_is_asked_before_a_charge_allocates_nothing() {
    assert_counting();
    let keys = Store::with_capacity(1).unwrap();
    let (bans, in_flight) = (Bans::default(), Arc::new(InFlight::default()));
    let rule = "after 3 denials in 1 minute for 5 minutes up to 1 day".parse().unwrap();
    let listed = PrefixSet::builder().allow("10.0.0.0/8").deny("203.0.113.0/24").build().unwrap();
    let (started, counts) = count(|| {
        let of = |n: u32| {
            let key = keys.key(&(n % 5_000));
            let _permit = in_flight.acquire(key, 2, 1).unwrap();
            assert!(listed.find(Ipv4Addr::from_bits(0x0a00_0000 | n).into()).is_some());
            bans.banned(key, 7).is_none() && bans.denied(key, &rule, 7).is_some()
        };
        (0..20_000).filter(|n| of(*n)).count()
    });
    assert!(started > 4_000, "{started}");
    assert_eq!(counts.allocations, 0);
}

#[test]
fn a_strict_window_allocates_nothing() {
    assert_counting();
    let window = StrictWindow::new(Quota::per_minute(10)).unwrap();
    let store = WindowStore::with_capacity(10, 10).unwrap();
    // Admitted, denied, newcomers with a log of their own, and others that take one over.
    for when_full in [WhenFull::Strict, WhenFull::Available] {
        let ((), counts) = count(|| {
            for request in 0..2_000_u64 {
                let key = store.key(&(request / 20));
                let (_, receipt) = store.reserve(key, &window, 1, request << 25, when_full);
                if let Some(receipt) = receipt.filter(|_| request % 7 == 0) {
                    store.refund(key, receipt);
                }
            }
        });
        assert_eq!(counts.allocations, 0);
    }
    assert!(store.evicted() > 0);
}
