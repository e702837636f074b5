//! What a request allocates in the guards, exactly.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails in these ways has failed, as it should"
)]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::Full;
use rempart_core::ClientAddr;
use rempart_keys::{KeyId, KeyRing, Secret};
use rempart_testing::alloc::{Counting, assert_counting, count};
use rempart_token::{
    AdminGuardLayer, BrowserGuardLayer, Claims, EgressGuardLayer, Lifetime, Minter, Policy, admin,
    browser, egress,
};
use tower::{Layer, Service};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Answers with the body of the request, and allocates nothing.
#[derive(Clone)]
struct Inner;

impl<B> Service<Request<B>> for Inner {
    type Response = Response<B>;
    type Error = Infallible;
    type Future = Ready<Result<Response<B>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Ok(Response::new(request.into_body())))
    }
}

/// The status of a response, and what it took.
fn drive<S, B, R>(mut service: S, request: Request<B>) -> (StatusCode, u64)
where
    S: Service<Request<B>, Response = Response<R>, Error = Infallible>,
{
    assert_counting();
    let mut cx = Context::from_waker(Waker::noop());
    let (status, counts) = count(|| {
        assert!(service.poll_ready(&mut cx).is_ready());
        let future = pin!(service.call(request));
        let Poll::Ready(Ok(response)) = future.poll(&mut cx) else { panic!("not ready") };
        response.status()
    });
    (status, counts.allocations)
}

fn claims(claims: &serde_json::Value) -> Claims {
    let now = Duration::from_secs(1_800_000_000);
    let secret = Secret::new("made-up-for-the-tests-and-long-enough").unwrap();
    let keys = KeyRing::single(KeyId::new("2026-q4").unwrap(), secret);
    let minter = Minter::hs256(keys.clone()).issuer("iss").audience("aud").build().unwrap();
    let token = minter.mint(claims, Lifetime::minutes::<5>(), now).unwrap();
    let policy = Policy::builder("api").hs256(keys).issuer("iss").audience("aud").build().unwrap();
    policy.verify(token.as_str(), now).unwrap()
}

#[test]
fn an_administrator_allocates_nothing() {
    let policy = admin::Policy::builder("admin").role("admin").prefixes(["10.0.0.0/8"]);
    let layer = AdminGuardLayer::new(policy.build().unwrap()).observer(());
    let rows = [
        (serde_json::json!({"role": "admin"}), 200, 0),
        (serde_json::json!({"roles": ["agent", "admin"]}), 200, 1),
    ];
    for (token, status, allocations) in rows {
        let mut request = Request::new(());
        request.extensions_mut().insert(claims(&token));
        request.extensions_mut().insert(ClientAddr::new("10.0.0.1".parse().unwrap()));
        let (got, counted) = drive(layer.layer(Inner), request);
        assert_eq!((got.as_u16(), counted), (status, allocations), "{token}");
    }
}

#[test]
fn a_request_without_a_servers_credential_allocates_nothing_but_to_read_a_token() {
    let secret = Secret::new("made-up-for-the-tests").unwrap();
    let policy = browser::Policy::builder("browser").secret("KEY", &secret).build().unwrap();
    let layer = BrowserGuardLayer::new(policy).observer(());
    // Header `{"alg":"HS256"}`, payload `{"role":"anon"}`.
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.c2ln";
    let rows =
        [("", "/", 0), ("sb_publishable_x", "/?a=b", 0), (token, "/", 2), ("x", "/?apikey=y", 1)];
    for (credential, uri, allocations) in rows {
        let request = Request::get(uri).header("origin", "null").header("apikey", credential);
        let (status, counted) = drive(layer.layer(Inner), request.body(()).unwrap());
        assert_eq!((status.as_u16(), counted), (200, allocations), "{credential} {uri}");
    }
    let request = Request::get("/").header("apikey", token).body(()).unwrap();
    assert_eq!(drive(layer.layer(Inner), request), (StatusCode::OK, 0), "from a server");
}

#[test]
fn a_response_of_one_frame_is_searched_without_allocating() {
    let secret = Secret::new("made-up-for-the-tests").unwrap();
    let policy = egress::Policy::builder("egress").secret("KEY", &secret);
    let layer = EgressGuardLayer::new(policy.clone().build().unwrap()).observer(());
    let full = |text: &str| Request::new(Full::new(Bytes::copy_from_slice(text.as_bytes())));
    let long = "nothing of it. ".repeat(60_000);
    #[rustfmt::skip]
    let rows = [
        ("",                        0),
        ("{\"calls\":[]}",          0),
        (&*long,                    0),
        // A window around what is escaped, and one in it for what is escaped twice.
        ("/search?q=a%20b",         1),
        ("\"a\\u0025 %2541\"",      3),
    ];
    for (body, allocations) in rows {
        let (status, counted) = drive(layer.layer(Inner), full(body));
        let shown = &body[..body.len().min(20)];
        assert_eq!((status.as_u16(), counted), (200, allocations), "{shown}");
    }
    // A window is no longer than it must be, however long the body.
    let escaped = "%41".repeat(300_000);
    let request = full(&escaped);
    let mut service = layer.layer(Inner);
    let mut cx = Context::from_waker(Waker::noop());
    let ((), counts) = count(|| {
        assert!(Service::<Request<Full<Bytes>>>::poll_ready(&mut service, &mut cx).is_ready());
        assert!(pin!(service.call(request)).poll(&mut cx).is_ready());
    });
    assert!(counts.bytes < 32 * 1024, "{} bytes", counts.bytes);
}

#[test]
fn a_body_of_many_frames_is_joined_in_one_allocation() {
    struct Frames(u64);
    impl Body for Frames {
        type Data = Bytes;
        type Error = Infallible;
        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
            let Some(left) = self.0.checked_sub(10) else { return Poll::Ready(None) };
            self.0 = left;
            Poll::Ready(Some(Ok(http_body::Frame::data(Bytes::from_static(b"0123456789")))))
        }
        fn size_hint(&self) -> http_body::SizeHint {
            http_body::SizeHint::with_exact(self.0)
        }
    }
    let secret = Secret::new("made-up-for-the-tests").unwrap();
    let policy = egress::Policy::builder("egress").secret("KEY", &secret).build().unwrap();
    let layer = EgressGuardLayer::new(policy).observer(());
    for frames in [2, 1000, 100_000] {
        let request = Request::new(Frames(frames * 10));
        assert_eq!(drive(layer.layer(Inner), request), (StatusCode::OK, 1), "{frames} frames");
    }
}

#[test]
fn a_clone_of_a_layer_or_service_allocates_nothing() {
    assert_counting();
    let secret = Secret::new("made-up-for-the-tests").unwrap();
    let policy = egress::Policy::builder("egress").secret("KEY", &secret).build().unwrap();
    let egress = EgressGuardLayer::new(policy);
    let admin = AdminGuardLayer::new(admin::Policy::builder("a").role("r").build().unwrap());
    let browser = BrowserGuardLayer::new(browser::Policy::builder("b").build().unwrap());
    let (clones, counts) = count(|| {
        (egress.layer(Inner).clone(), admin.layer(Inner).clone(), browser.layer(Inner).clone())
    });
    drop(clones);
    assert_eq!(counts.allocations, 0);
}
