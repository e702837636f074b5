//! What a verification allocates: nothing, and the layer what it puts into the request.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed, as it should"
)]

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Uri};
use http_body_util::Full;
use rempart_core::{ManualClock, RequestBody};
use rempart_keys::{Key, KeyId, KeyRing, Secret};
use rempart_signature::{Head, Message, Policy, Scheme, SignatureLayer, Verified, verify};
use rempart_testing::alloc::{Counting, Counts, assert_counting, count};
use tower::{Layer, Service, service_fn};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const NOW: Duration = Duration::from_secs(1_700_000_000);
const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

fn ring(keys: usize) -> KeyRing {
    let ring = KeyRing::single(KeyId::new("k0").unwrap(), Secret::new(SECRET).unwrap());
    (1..keys).fold(ring, |ring, n| {
        let id = KeyId::new(&format!("k{n}")).unwrap();
        let secret = format!("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7o{n}");
        ring.add(Key::new(id, Secret::new(secret).unwrap())).unwrap()
    })
}

fn policy(scheme: Scheme, keys: usize) -> Policy {
    Policy::builder("test")
        .scheme(scheme)
        .keys(ring(keys))
        .public_url("https://api.example.test".parse().unwrap())
        .timer(ManualClock::default())
        .build()
        .unwrap()
}

fn sign(scheme: &Scheme, body: &[u8]) -> HeaderMap {
    let message = Message::new(body, NOW).id("msg_1").url("https://api.example.test/hooks");
    let headers = scheme.sign(&Secret::new(SECRET).unwrap(), &message).unwrap();
    // A value that was cloned once counts references, as those do that a server cuts from its
    // buffer.
    drop(headers.clone());
    headers
}

/// The presets that verify with a secret.
fn symmetric() -> impl Iterator<Item = Scheme> {
    Scheme::presets().filter(|scheme| scheme.algorithm().is_mac())
}

#[test]
fn verifying_allocates_nothing() {
    assert_counting();
    let body = vec![b'a'; 100_000];
    let uri = Uri::from_static("/hooks");
    for scheme in symmetric().filter(|scheme| scheme.name() != "twilio") {
        for keys in [1, 2] {
            let headers = sign(&scheme, &body);
            let policy = policy(scheme.clone(), keys);
            let head = Head::new(&Method::POST, &uri, &headers);
            let (verdict, counts) = count(|| verify(&policy, &head, &body, NOW));
            assert!(verdict.is_ok(), "{}: {verdict:?}", scheme.name());
            assert_eq!(counts, Counts::default(), "{}, {keys} keys", scheme.name());
            let (verdict, counts) = count(|| verify(&policy, &head, &body[1..], NOW));
            assert!(verdict.is_err());
            assert_eq!(counts, Counts::default(), "{}, {keys} keys, refused", scheme.name());
        }
    }
}

#[test]
fn more_than_two_keys_or_signatures_take_one_allocation_each() {
    assert_counting();
    let uri = Uri::from_static("/hooks");
    let headers = sign(&Scheme::stripe(), b"{}");
    let policy = policy(Scheme::stripe(), 8);
    let head = Head::new(&Method::POST, &uri, &headers);
    let (verdict, counts) = count(|| verify(&policy, &head, b"{}", NOW));
    assert!(verdict.is_ok());
    // Two in place, then four and eight.
    assert!(counts.allocations <= 2, "{counts:?}");
}

/// Calls the layer with one poll, and counts.
fn through_the_layer(headers: HeaderMap, body: Bytes) -> (http::StatusCode, Counts) {
    let handler = service_fn(|request: Request<RequestBody<Full<Bytes>>>| {
        let verified = request.extensions().get::<Verified>().is_some();
        std::future::ready(if verified { Ok(Response::new(())) } else { Err(()) })
    });
    let layer = SignatureLayer::new(policy(Scheme::standard_webhooks(), 1))
        .clock(ManualClock::at(NOW))
        .observer(());
    let mut service = layer.layer(handler);
    let mut request = Request::post("/hooks").body(Full::new(body)).unwrap();
    *request.headers_mut() = headers;
    // As a layer outside has put the client's address there.
    request.extensions_mut().insert(());
    let mut cx = Context::from_waker(Waker::noop());
    let mut serve = || {
        let mut future = std::pin::pin!(service.call(std::mem::take(&mut request)));
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(response) => response.unwrap().status(),
            Poll::Pending => panic!("there is nothing to wait for"),
        }
    };
    count(&mut serve)
}

#[test]
fn the_layer_allocates_the_mark_and_the_list_of_frames() {
    assert_counting();
    let body = Bytes::from(vec![b'a'; 100_000]);
    let headers = sign(&Scheme::standard_webhooks(), &body);
    let (status, counts) = through_the_layer(headers, body);
    assert_eq!(status, http::StatusCode::OK);
    // `Verified` in its extension, and the list that replays the body: no byte of the body.
    assert_eq!(counts.allocations, 2);
    assert!(counts.bytes < 512, "{counts:?}");
}

#[test]
fn a_refusal_does_not_allocate_by_what_was_sent() {
    assert_counting();
    let refuse = |signature: String, body: Bytes| {
        let mut headers = sign(&Scheme::standard_webhooks(), b"{}");
        headers.insert("webhook-signature", signature.try_into().unwrap());
        let (status, counts) = through_the_layer(headers, body);
        assert_eq!(status, http::StatusCode::UNAUTHORIZED);
        counts
    };
    // The first renders the problem, once for the process.
    refuse("v1,x".to_owned(), Bytes::new());
    let small = refuse("v1,x".to_owned(), Bytes::new());
    let large = refuse("v1,x ".repeat(5000), Bytes::from(vec![0; 1_000_000]));
    assert_eq!(small, large);
}
