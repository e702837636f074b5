//! What a response costs in allocations: the numbers of the crate's README.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::{HeaderValue, Request, Response, header};
use rempart_core::{ClientScheme, PeerAddr};
use rempart_headers::{Headers, HeadersLayer, Nonce, Policy};
use rempart_testing::alloc::{Counting, assert_counting, count};
use tower::{Layer, Service};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Clone)]
struct Handler {
    headers: usize,
    reads_nonce: bool,
}

impl Service<Request<()>> for Handler {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        if self.reads_nonce {
            black_box(Nonce::of(request.extensions()).map(Nonce::as_str));
        }
        let mut response = Response::new(());
        let names = [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::ETAG, header::DATE];
        for name in names.into_iter().take(self.headers) {
            response.headers_mut().insert(name, HeaderValue::from_static("1"));
        }
        ready(Ok(response))
    }
}

/// The allocations of one request through `service`.
fn one<S>(service: &mut S) -> u64
where
    S: Service<Request<()>, Response = Response<()>, Error = Infallible>,
{
    let mut request = Request::new(());
    // As every server has put something there.
    request.extensions_mut().insert(ClientScheme::Https);
    request.extensions_mut().insert(PeerAddr(([127, 0, 0, 1], 1).into()));
    let (response, counts) = count(|| {
        let future = service.call(request);
        pin!(future).poll(&mut Context::from_waker(Waker::noop()))
    });
    assert!(response.is_ready());
    counts.allocations
}

/// What the layer adds to a handler.
fn added(policy: &Policy, handler: &Handler) -> u64 {
    let mut bare = handler.clone();
    let mut layered: Headers<Handler> = HeadersLayer::new(policy.clone()).layer(handler.clone());
    one(&mut layered).saturating_sub(one(&mut bare))
}

#[test]
fn a_response_costs_what_the_readme_says() {
    assert_counting();
    let api = Policy::api("api").build().unwrap();
    let page = Policy::page("site").build().unwrap();
    let enforced = Policy::api("api").enforce_all().build().unwrap();
    #[rustfmt::skip]
    let rows = [
        // policy    headers of the handler  reads the nonce  allocations
        (&api,       0,                      false,           2),
        (&api,       1,                      false,           3),
        (&api,       4,                      false,           3),
        (&enforced,  4,                      false,           3),
        (&page,      4,                      false,           5),
        (&page,      4,                      true,            6),
    ];
    for (row, (policy, headers, reads_nonce, want)) in rows.into_iter().enumerate() {
        let handler = Handler { headers, reads_nonce };
        // The first request warms what a thread keeps.
        added(policy, &handler);
        assert_eq!(added(policy, &handler), want, "row {row}");
    }
}

#[test]
fn cloning_layer_and_service_costs_none() {
    assert_counting();
    let layer = HeadersLayer::new(Policy::page("site").build().unwrap());
    let service = layer.layer(());
    let (_, counts) = count(|| (black_box(layer.clone()), black_box(service.clone())));
    assert_eq!(counts.allocations, 0);
}
