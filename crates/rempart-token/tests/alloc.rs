//! What a verification allocates: the claims, and the layer what it puts into the request.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed, as it should"
)]

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::{HeaderValue, Request, Response, header};
use rempart_core::ManualClock;
use rempart_keys::{Key, KeyId, KeyRing, Secret};
use rempart_testing::alloc::{Counting, Counts, assert_counting, count};
use rempart_token::{Claims, Lifetime, Minter, Policy, Revocations, Token, TokenLayer};
use tower::{Layer, Service, service_fn};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const NOW: Duration = Duration::from_secs(1_800_000_000);

fn ring(keys: usize) -> KeyRing {
    let secret = |n| Secret::new(format!("made-up-secret-of-the-tests-{n:04}")).unwrap();
    let ring = KeyRing::single(KeyId::new("k0").unwrap(), secret(0));
    (1..keys).fold(ring, |ring, n| {
        ring.add(Key::new(KeyId::new(&format!("k{n}")).unwrap(), secret(n))).unwrap()
    })
}

fn policy(keys: usize) -> Policy {
    let policy = Policy::builder("test").hs256(ring(keys)).issuer("auth").audience("api");
    policy.revocations(Revocations::default()).build().unwrap()
}

fn token(claims: &serde_json::Value) -> Token {
    let minter = Minter::hs256(ring(1)).issuer("auth").audience("api").build().unwrap();
    minter.mint(claims, Lifetime::minutes::<15>(), NOW).unwrap()
}

#[test]
fn verifying_allocates_the_claims_in_one_piece() {
    assert_counting();
    let large = "a".repeat(5000);
    for session in
        [serde_json::json!({ "sub": "ada" }), serde_json::json!({ "sub": "ada", "x": large })]
    {
        let token = token(&session);
        for keys in [1, 8] {
            let policy = policy(keys);
            let (verdict, counts) = count(|| policy.verify(token.as_str(), NOW));
            let claims = verdict.unwrap();
            assert_eq!(counts.allocations, 1, "{keys} keys");
            let (copy, counts) = count(|| (claims.clone(), claims.subject().is_some()));
            assert_eq!(counts, Counts::default(), "a clone and a look");
            drop(copy);
        }
    }
}

#[test]
fn texts_with_escapes_are_kept_beside_them() {
    assert_counting();
    let (policy, token) = (policy(1), token(&serde_json::json!({ "sub": "DOMAIN\\ada" })));
    let (verdict, counts) = count(|| policy.verify(token.as_str(), NOW));
    assert_eq!(verdict.unwrap().subject(), Some("DOMAIN\\ada"));
    assert!(counts.allocations <= 6, "{counts:?}");
}

#[test]
fn a_refusal_before_the_claims_allocates_nothing() {
    assert_counting();
    let (policy, good) = (policy(8), token(&serde_json::json!({ "sub": "ada" })));
    // The last digit may be an `A` already.
    let (rest, last) = good.as_str().split_at(good.as_str().len() - 1);
    let forged = format!("{rest}{}", if last == "A" { "E" } else { "A" });
    let long = "a".repeat(5_000_000);
    let unknown = "eyJhbGciOiJub25lIn0.e30.";
    for token in [forged.as_str(), long.as_str(), unknown, "", "a.b.c"] {
        let (verdict, counts) = count(|| policy.verify(token, NOW));
        assert!(verdict.is_err());
        assert_eq!(counts, Counts::default());
    }
}

#[test]
fn the_layer_allocates_the_claims_and_their_extension() {
    assert_counting();
    let handler = service_fn(|request: Request<()>| {
        let claims = request.extensions().get::<Claims>().is_some();
        std::future::ready(if claims { Ok(Response::new(())) } else { Err(()) })
    });
    let layer = TokenLayer::new(policy(1)).clock(ManualClock::at(NOW)).observer(());
    let mut service = layer.layer(handler);
    let token = token(&serde_json::json!({ "sub": "ada" }));
    let mut request = Request::new(());
    let value = HeaderValue::try_from(format!("Bearer {}", token.as_str())).unwrap();
    request.headers_mut().insert(header::AUTHORIZATION, value);
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
    let (status, counts) = count(&mut serve);
    assert_eq!(status, http::StatusCode::OK);
    assert_eq!(counts.allocations, 2, "{counts:?}");
    assert!(counts.bytes < 1024, "{counts:?}");
}
