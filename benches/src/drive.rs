//! Requests, the bare service, and the least that drives them.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, header};
use rempart_core::ClientAddr;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use tower::Service;

use crate::{Runner, Side};

/// A page of two bytes and one header, with axum's body: the rivals' own answers need it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inner;

impl<B> Service<Request<B>> for Inner {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        black_box(&request);
        let mut response = Response::new(Body::from("ok"));
        let html = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, html);
        ready(Ok(response))
    }
}

/// What a client sends: a method and headers.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    method: Method,
    headers: HeaderMap,
    client: Option<IpAddr>,
}

impl Shape {
    pub(crate) fn get() -> Self {
        let shape = Self { method: Method::GET, headers: HeaderMap::new(), client: None };
        shape.with("host", "api.example.com").with("user-agent", "bench/1.0").with("accept", "*/*")
    }

    pub(crate) fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("a literal");
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    pub(crate) const fn from(mut self, client: IpAddr) -> Self {
        self.client = Some(client);
        self
    }

    /// A copy, whose values are cheaper to copy than the first ones: so they are on every side.
    fn copied(self) -> Self {
        self.clone()
    }

    /// The request; each side finds its client where it looks for it.
    pub(crate) fn request(&self) -> Request<Body> {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = self.method.clone();
        request.headers_mut().clone_from(&self.headers);
        if let Some(client) = self.client {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(client, 443)));
            request.extensions_mut().insert(ClientAddr::new(client));
        }
        request
    }
}

/// Sends `shape` to `service` each time.
pub(crate) fn sending<S, B>(
    service: S,
    shape: Shape,
    project: impl Fn(&Response<B>) -> String + 'static,
) -> Runner
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + 'static,
    B: 'static,
{
    sending_by(service, 1, shape, project)
}

/// Sends `shape` to `service` each time, by one of so many clients.
pub(crate) fn sending_by<S, B>(
    mut service: S,
    clients: u32,
    shape: Shape,
    project: impl Fn(&Response<B>) -> String + 'static,
) -> Runner
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + 'static,
    B: 'static,
{
    let mut shape = shape.copied();
    let mut send = move |nth| {
        if clients > 1 {
            shape.client = Some(address(nth));
        }
        drive(&mut service, shape.request())
    };
    for nth in 0..clients {
        send(nth);
    }
    let mut random = Xorshift::new();
    Runner::new(move || send(random.below(clients)), project)
}

/// The bare service, answering `shape`.
pub(crate) fn bare(shape: &Shape) -> Side {
    let shape = shape.clone();
    Side::new("bare", move || sending(Inner, shape.clone(), |_| String::new()))
}

pub(crate) fn drive<S, B>(service: &mut S, request: Request<Body>) -> Response<B>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
{
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_ready(), "every service here is ready at once");
    match pin!(service.call(request)).poll(&mut cx) {
        Poll::Ready(Ok(response)) => response,
        Poll::Pending => panic!("every service here answers at once"),
    }
}

/// The status and these headers, each as a sorted list in lower case without blanks: what two
/// answers that mean the same have in common.
pub(crate) fn show<B>(response: &Response<B>, names: &[&str]) -> String {
    let mut shown = response.status().as_str().to_owned();
    for name in names {
        let lines = response.headers().get_all(*name).iter();
        let lines = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
        let mut items: Vec<_> = lines.map(|item| item.trim().to_lowercase()).collect();
        items.sort();
        if !items.is_empty() {
            shown = format!("{shown} {name}={}", items.join(","));
        }
    }
    shown
}

/// The `nth` of many addresses.
pub(crate) fn address(nth: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from(0x0a00_0000_u32.wrapping_add(nth.wrapping_mul(2_654_435_761) >> 4)))
}

/// Numbers without a pattern that a branch predictor finds, for next to nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Xorshift(u64);

impl Xorshift {
    pub(crate) const fn new() -> Self {
        Self(88_172_645_463_325_252)
    }

    pub(crate) const fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 32) % end as u64) as u32
    }
}
