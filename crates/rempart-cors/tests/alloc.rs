//! What a request allocates: nothing, but for a preflight's own response.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failing test panics"
)]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::task::{Context, Poll, Waker};

use http::{HeaderMap, HeaderValue, Method, Request, Response};
use rempart_cors::{Cors, CorsLayer, Decision, Enforce, Policy, Rejection, decide};
use rempart_testing::alloc::{Counting, assert_counting, count};
use tower::{Layer, Service};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Answers with one header, or with others beside; the response's table has room for six.
#[derive(Clone)]
struct Inner {
    beside: &'static [(&'static str, &'static str)],
}

const INNER: Inner = Inner { beside: &[] };

impl Service<Request<()>> for Inner {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        black_box(request);
        let mut response = Response::new(String::new());
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert("content-type", json);
        for (name, value) in self.beside {
            response.headers_mut().insert(*name, HeaderValue::from_static(value));
        }
        ready(Ok(response))
    }
}

fn service(inner: Inner, origins: usize) -> Cors<Inner> {
    let policy = Policy::credentialed("api")
        .origins((0..origins).map(|nth| format!("https://app{nth:04}.example.com")))
        .methods(["PUT", "DELETE"])
        .request_headers(["content-type", "authorization", "x-request-id"])
        .expose_headers(["x-request-id"])
        .max_age(std::time::Duration::from_secs(600))
        .build()
        .unwrap();
    CorsLayer::new(policy).layer(inner)
}

/// What `service` allocates for a request, its making not counted.
fn allocations<S>(service: &mut S, method: &str, headers: &[(&'static str, &'static str)]) -> u64
where
    S: Service<Request<()>>,
    S::Response: Sized,
{
    allocations_of(service, Request::builder().method(method).body(()).unwrap(), headers)
}

/// The same, for a request that holds more than a method.
fn allocations_of<S>(
    service: &mut S,
    mut request: Request<()>,
    headers: &[(&'static str, &'static str)],
) -> u64
where
    S: Service<Request<()>>,
    S::Response: Sized,
{
    for (name, value) in headers {
        // As a connection's buffer gives them: owned, and not counted yet.
        let value = HeaderValue::from_maybe_shared(bytes::Bytes::from(value.as_bytes().to_vec()));
        request.headers_mut().append(*name, value.unwrap());
    }
    let mut context = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut context).is_ready());
    let (response, counts) = count(|| {
        let future = service.call(request);
        let mut future = std::pin::pin!(future);
        match future.as_mut().poll(&mut context) {
            Poll::Ready(response) => response,
            Poll::Pending => panic!("ready"),
        }
    });
    drop(response);
    counts.allocations
}

const ACRM: &str = "access-control-request-method";
const ACRH: &str = "access-control-request-headers";
const LISTED: &str = "https://app0001.example.com";

#[test]
fn a_request_that_is_no_preflight_allocates_nothing_whatever_the_list() {
    assert_counting();
    for mut service in [service(INNER, 3), service(INNER, 1000)] {
        for (method, headers) in [
            ("GET", &[][..]),
            ("GET", &[("origin", LISTED)]),
            ("OPTIONS", &[("origin", LISTED)]),
            ("POST", &[("origin", "https://app9999.example.com")]),
            ("POST", &[("origin", "null")]),
            ("POST", &[("origin", LISTED), ("origin", LISTED)]),
        ] {
            let bare = allocations(&mut INNER.clone(), method, headers);
            assert_eq!(allocations(&mut service, method, headers), bare, "{method} {headers:?}");
        }
    }
}

#[test]
fn a_second_line_of_vary_is_one_block() {
    assert_counting();
    let inner = Inner { beside: &[("vary", "accept-encoding")] };
    for headers in [&[][..], &[("origin", LISTED)]] {
        let bare = allocations(&mut inner.clone(), "GET", headers);
        assert_eq!(allocations(&mut service(inner.clone(), 3), "GET", headers), bare + 1);
    }
}

#[test]
fn what_the_service_set_is_removed_by_a_list_of_its_names() {
    const ORIGIN: (&str, &str) = ("access-control-allow-origin", "*");
    assert_counting();
    for (beside, blocks) in [
        (&[ORIGIN, ("access-control-allow-credentials", "true")], 1),
        // A name that `http` does not know is shared from its first copy on.
        (&[ORIGIN, ("access-control-of-the-future", "1")], 2),
    ] {
        let inner = Inner { beside };
        for headers in [&[][..], &[("origin", LISTED)]] {
            let bare = allocations(&mut inner.clone(), "GET", headers);
            let got = allocations(&mut service(inner.clone(), 3), "GET", headers);
            assert_eq!(got, bare + blocks, "{beside:?}");
        }
    }
}

#[test]
fn a_preflight_allocates_its_response_and_a_refused_one_the_reason() {
    assert_counting();
    let list = "content-type,x-request-id";
    for (headers, blocks, with_extensions) in [
        (&[("origin", LISTED), (ACRM, "PUT"), (ACRH, list)][..], 2, 2),
        (&[("origin", LISTED), (ACRM, "PUT"), (ACRH, "x-evil")], 3, 1),
        (&[("origin", "https://evil.example"), (ACRM, "PUT"), (ACRH, list)], 3, 1),
    ] {
        for origins in [3, 1000] {
            let mut service = service(INNER, origins);
            let got = allocations(&mut service, "OPTIONS", headers);
            assert_eq!(got, blocks, "{headers:?}");
            // As every request of a server that tells the peer's address.
            let request = Request::builder().method("OPTIONS").extension("peer").body(()).unwrap();
            let got = allocations_of(&mut service, request, headers);
            assert_eq!(got, with_extensions, "{headers:?}, with extensions");
        }
    }
}

#[test]
fn a_host_that_is_too_long_is_not_even_copied() {
    assert_counting();
    let policy = Policy::credentialed("api")
        .origins([LISTED])
        .own_hosts(["api.example.com"])
        .enforce(Enforce::EveryMethod)
        .build()
        .unwrap();
    let mut service = CorsLayer::new(policy).layer(INNER);
    let mut refused = |host: &str| {
        let host: &'static str = host.to_owned().leak();
        allocations(&mut service, "GET", &[("host", host)])
    };
    let stranger = refused("evil.example");
    assert_eq!(stranger, 5, "two for the headers, three for the reason");
    assert_eq!(refused("EVIL.example"), stranger + 1, "in lower case");
    assert_eq!(refused(&"E".repeat(1 << 16)), stranger);
    let mut allowed = |host: &'static str| allocations(&mut service, "GET", &[("host", host)]);
    let known = allowed("api.example.com");
    assert_eq!(allowed("API.example.com"), known + 1, "in lower case");
}

#[test]
fn a_clone_of_the_service_or_the_policy_allocates_nothing() {
    assert_counting();
    let service = service(INNER, 1_000);
    let (clone, counts) = count(|| service.clone());
    drop(clone);
    assert_eq!(counts.allocations, 0);
}

#[test]
fn a_hostile_list_of_headers_allocates_nothing_more() {
    assert_counting();
    let policy = Policy::credentialed("api").origins([LISTED]).methods(["PUT"]).build().unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("origin", HeaderValue::from_static(LISTED));
    headers.insert(ACRM, HeaderValue::from_static("PUT"));
    headers.insert(ACRH, ",".repeat(1 << 20).parse().unwrap());
    let (verdict, counts) = count(|| decide(&policy, &Method::OPTIONS, &headers));
    assert_eq!(verdict, Decision::Preflight(Err(Rejection::HeadersTooLarge)));
    assert_eq!(counts.allocations, 0);
}
