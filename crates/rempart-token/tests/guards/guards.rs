//! What the tests of the three guards share.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use rempart_core::{ClientAddr, Event, EventKind, Observer, Outcome, Reason, Refused};
use rempart_keys::{KeyId, KeyRing, Secret};
use rempart_token::{Claims, Lifetime, Minter, Policy};
use tower::{Service, ServiceExt};

/// What an event said: kind, outcome, reason, client, route, key, secret.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) kind: EventKind,
    pub(crate) outcome: Outcome,
    pub(crate) reason: Option<Reason>,
    pub(crate) policy: String,
    pub(crate) client: Option<String>,
    pub(crate) route: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) secret: Option<String>,
}

#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Seen>>>);

impl Log {
    /// What was told since the last time.
    pub(crate) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    pub(crate) fn reasons(&self) -> Vec<Option<Reason>> {
        self.take().into_iter().map(|seen| seen.reason).collect()
    }
}

impl Observer for Log {
    fn observe(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push(Seen {
            kind: event.kind,
            outcome: event.outcome,
            reason: event.reason,
            policy: event.policy.to_string(),
            client: event.client.map(|client| client.to_string()),
            route: event.route.map(str::to_owned),
            key: event.key.map(|key| key.to_string()),
            secret: event.secret.map(str::to_owned),
        });
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) trailers: Option<HeaderMap>,
    pub(crate) refused: Option<Refused>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

pub(crate) async fn send<S, R, B>(service: S, request: Request<R>) -> Answer
where
    S: Service<Request<R>, Response = Response<B>>,
    S::Error: std::fmt::Debug,
    B: Body<Data = Bytes>,
    B::Error: std::fmt::Debug,
{
    let (head, body) = service.oneshot(request).await.unwrap().into_parts();
    let refused = head.extensions.get().copied();
    let body = body.collect().await.unwrap();
    let trailers = body.trailers().cloned();
    let body = body.to_bytes();
    Answer { status: head.status, headers: head.headers, body, trailers, refused }
}

pub(crate) type Handler = fn(Request<()>) -> std::future::Ready<Response<Full<Bytes>>>;

/// The service that the guards of requests stand before: it panics if it was not made ready.
pub(crate) fn handler() -> rempart_testing::Strict<Handler> {
    rempart_testing::strict(|_| std::future::ready(Response::new(Full::from("served"))))
}

/// Claims as a token layer puts them there: of a token that was minted and verified.
pub(crate) fn claims(claims: &serde_json::Value) -> Claims {
    let now = Duration::from_secs(1_800_000_000);
    let secret = Secret::new("made-up-for-the-tests-and-long-enough").unwrap();
    let keys = KeyRing::single(KeyId::new("2026-q4").unwrap(), secret);
    let minter = Minter::hs256(keys.clone()).issuer("iss").audience("aud").build().unwrap();
    let token = minter.mint(claims, Lifetime::minutes::<5>(), now).unwrap();
    let policy = Policy::builder("api").hs256(keys).issuer("iss").audience("aud").build().unwrap();
    policy.verify(token.as_str(), now).unwrap()
}

pub(crate) fn from(address: &str) -> ClientAddr {
    ClientAddr::new(address.parse().unwrap())
}
