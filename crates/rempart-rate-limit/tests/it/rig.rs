//! A limited service whose time the test tells.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use rempart_core::{ClientAddr, Clock, ManualClock};
use rempart_rate_limit::{LimitedBody, Policy, RateLimit, RateLimitLayer};
use rempart_testing::{Strict, strict};
use tower::{Layer, Service, ServiceExt};

pub(crate) type Answer = Response<Full<Bytes>>;
type Handler = fn(Request<()>) -> std::future::Ready<Answer>;

/// The service that every test limits: it panics if it is called without having been made ready.
pub(crate) fn handler() -> Strict<Handler> {
    strict(|_| std::future::ready(Response::new(Full::from("served"))))
}

pub(crate) struct Rig {
    pub(crate) service: RateLimit<Strict<Handler>>,
    pub(crate) clock: ManualClock,
}

impl Rig {
    pub(crate) fn new(policy: Policy) -> Self {
        let clock = ManualClock::default();
        let layer = RateLimitLayer::new(policy).clock(clock.clone());
        Self { service: layer.layer(handler()), clock }
    }

    pub(crate) fn advance(&self, milliseconds: u64) {
        self.clock.advance(Duration::from_millis(milliseconds));
    }

    pub(crate) async fn get(&self, address: &str) -> (StatusCode, HeaderMap, Bytes) {
        send(self.service.clone(), from(address)).await
    }

    /// How many of so many requests sent at once are served.
    pub(crate) async fn served(&self, address: &str, requests: usize) -> usize {
        let mut served = 0;
        for _ in 0..requests {
            served += usize::from(self.get(address).await.0 == StatusCode::OK);
        }
        served
    }
}

/// A clock whose ticks are set, backwards too.
#[derive(Clone, Debug, Default)]
pub(crate) struct SetClock(Arc<AtomicU64>);

impl SetClock {
    pub(crate) fn set(&self, nanoseconds: u64) {
        self.0.store(nanoseconds, Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn ticks(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn unix(&self) -> Duration {
        Duration::ZERO
    }
}

pub(crate) fn from(address: &str) -> Request<()> {
    let mut request = Request::new(());
    request.extensions_mut().insert(ClientAddr::new(address.parse().unwrap()));
    request
}

pub(crate) fn asking(
    address: &str,
    method: Method,
    headers: &[(&'static str, &str)],
) -> Request<()> {
    let mut request = from(address);
    *request.method_mut() = method;
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    request
}

pub(crate) async fn send<S, B>(service: S, request: Request<()>) -> (StatusCode, HeaderMap, Bytes)
where
    S: Service<Request<()>, Response = Response<LimitedBody<B>>, Error = Infallible>,
    B: Body<Data = Bytes, Error = Infallible>,
{
    let (head, body) = service.oneshot(request).await.unwrap().into_parts();
    (head.status, head.headers, body.collect().await.unwrap().to_bytes())
}

pub(crate) fn policy(name: &str, quota: &str) -> Policy {
    Policy::new(name, quota).unwrap()
}

pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}
