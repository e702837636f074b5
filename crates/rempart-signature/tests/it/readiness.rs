//! The service that was polled ready is the one that is called.

use std::task::{Context, Waker};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Full;
use rempart_core::{ManualClock, RequestBody};
use rempart_signature::{Scheme, SignatureLayer};
use rempart_testing::{Script, Step, strict};
use tower::buffer::Buffer;
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceExt};

use crate::support::{BODY, NOW, builder, layer, post, signed};

fn github() -> SignatureLayer {
    let clock = ManualClock::at(NOW);
    layer(builder(Scheme::github(), &clock).build().unwrap(), &clock).0
}

fn good() -> Request<Script> {
    post(signed(&Scheme::github(), BODY), Script::new().then(Step::Pending).data(BODY))
}

async fn answer(_: Request<RequestBody<Script>>) -> Response<Full<Bytes>> {
    Response::new(Full::default())
}

#[tokio::test]
async fn calls_the_service_that_was_polled_ready() {
    // A strict service panics otherwise, also when its clone is the one that is called.
    let mut service = github().layer(strict(answer));
    for _ in 0..3 {
        let response = service.ready().await.unwrap().call(good()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn takes_one_permit_a_request_and_gives_it_back() {
    let mut service = github().layer(ConcurrencyLimit::new(strict(answer), 1));
    for _ in 0..3 {
        let response = service.ready().await.unwrap().call(good()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
    }
    // Refused by its head: the permit is free again, though the connection may stay open.
    let unsigned = || post(HeaderMap::new(), Script::new());
    for _ in 0..3 {
        let response = service.ready().await.unwrap().call(unsigned()).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let mut another = service.clone();
        let mut context = Context::from_waker(Waker::noop());
        assert!(another.poll_ready(&mut context).is_ready());
    }
    // Refused after its body, or dropped while it arrived: the permit is free again.
    let wrong = || post(signed(&Scheme::github(), BODY), Script::new().data(&b"other"[..]));
    let response = service.ready().await.unwrap().call(wrong()).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    drop(service.ready().await.unwrap().call(good()));
    let response = service.ready().await.unwrap().call(good()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn works_around_a_buffer() {
    let service = github().layer(Buffer::new(strict(answer), 4));
    let calls = (0..4).map(|_| tokio::spawn(service.clone().oneshot(good())));
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap().unwrap().status(), StatusCode::OK);
    }
}

#[test]
fn is_small_and_shared() {
    fn size<T: Clone + Send + Sync>() -> usize {
        size_of::<T>()
    }
    assert_eq!(size::<SignatureLayer>(), size_of::<usize>());
    assert_eq!(size::<rempart_signature::Signature<()>>(), size_of::<usize>());
    assert_eq!(size::<rempart_signature::Policy>(), size_of::<usize>());
}

#[test]
fn a_type_of_the_stack_can_be_written_down() {
    type Inner = tower::util::BoxCloneService<
        Request<RequestBody<Full<Bytes>>>,
        Response<Full<Bytes>>,
        std::io::Error,
    >;
    #[derive(Debug)]
    struct Holder {
        service: rempart_signature::Signature<Inner>,
    }
    fn error_is_kept<S: Service<Request<Full<Bytes>>, Error = std::io::Error>>(_: &S) {}
    let inner = tower::service_fn(|_| async { Ok(Response::new(Full::default())) });
    let holder = Holder { service: github().layer(Inner::new(inner)) };
    error_is_kept(&holder.service);
    assert!(format!("{holder:?}").contains("github"));
}
