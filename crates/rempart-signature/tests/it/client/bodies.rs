//! A body is signed over its exact bytes, and goes on as it came.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use rempart_core::{ManualClock, RequestBody};
use rempart_signature::{Head, Scheme, SignLayer, SignRequestError, verify};
use rempart_testing::{Script, Step, strict};
use tower::{Layer, Service, ServiceExt};

use super::{builder, policy, post, send};
use crate::support::{self, BODY, NOW};

const URI: &str = "https://api.example.test/hooks?a=1";

/// Whether what was sent is what the receiver takes.
fn assert_verifies(scheme: &Scheme, sent: &Request<impl Sized>, body: &[u8]) {
    let receiver = support::builder(scheme.clone(), &ManualClock::at(NOW)).build().unwrap();
    let head = Head::new(sent.method(), sent.uri(), sent.headers());
    let verdict = verify(&receiver, &head, body, NOW);
    assert!(verdict.is_ok(), "{verdict:?}");
}

#[tokio::test]
async fn whatever_its_frames_the_exact_bytes_are_signed() {
    let (sevens, eights) = (vec![7; 500_000], vec![8; 500_000]);
    let rows: [&[&[u8]]; 6] = [
        &[],
        &[b""],
        &[BODY],
        &[b"a", b"", b"bc"],
        &[b"\xff\xfe", b"\x00", b"\r\n"],
        &[&sevens, &eights],
    ];
    for frames in rows {
        let body = frames.iter().fold(Script::new(), |body, frame| body.data(frame.to_vec()));
        let body = body.then(Step::Pending);
        let sent = send(policy(Scheme::stripe()), post(URI, body)).await.unwrap();
        let (parts, body) = sent.into_parts();
        let body = body.to_bytes();
        assert_eq!(body, frames.concat());
        assert_verifies(&Scheme::stripe(), &Request::from_parts(parts, ()), &body);
    }
}

#[tokio::test]
async fn frames_and_trailers_stay_as_they_came() {
    let client = strict(|request: Request<RequestBody<Script>>| async {
        let mut body = request.into_body();
        let mut frames = Vec::new();
        while let Some(frame) = body.frame().await {
            frames.push(frame.unwrap().into_data().map_err(|frame| frame.into_trailers().unwrap()));
        }
        frames
    });
    let trailers: HeaderMap = [support::header("x-after", "yes")].into_iter().collect();
    let first = Bytes::from_static(b"first");
    let body = Script::new().data(first.clone()).data("second");
    let body = body.then(Step::Trailers(trailers.clone()));
    let client = SignLayer::new(policy(Scheme::github())).layer(client);
    let frames = client.oneshot(post(URI, body)).await.unwrap();
    assert_eq!(frames, [Ok(first.clone()), Ok("second".into()), Err(trailers)]);
    assert_eq!(frames[0].as_ref().unwrap().as_ptr(), first.as_ptr(), "without a copy");
}

#[tokio::test]
async fn a_body_beyond_its_bounds_is_not_sent() {
    let clock = ManualClock::at(NOW);
    let limited = || builder(Scheme::github(), &clock).body_limit(64).build().unwrap();
    assert_eq!(limited().frame_limit(), 1025);
    let sent = |body| send(limited(), post(URI, body));

    assert!(sent(Script::new().data(vec![0; 64])).await.is_ok());
    let error = sent(Script::new().data(vec![0; 32]).data(vec![0; 33])).await.unwrap_err();
    assert!(matches!(error, SignRequestError::BodyTooLarge { limit: 64 }), "{error}");
    let pieces = (0..1026).fold(Script::new(), |body, _| body.data(""));
    let error = sent(pieces).await.unwrap_err();
    assert!(matches!(error, SignRequestError::TooManyFrames { limit: 1025 }), "{error}");
    let error = sent(Script::new().data("a").then(Step::Cut)).await.unwrap_err();
    assert!(matches!(error, SignRequestError::Body(_)), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn a_body_that_is_declared_too_long_is_not_touched() {
    struct Declared;
    impl http_body::Body for Declared {
        type Data = Bytes;
        type Error = std::io::Error;
        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, std::io::Error>>> {
            panic!("it was polled")
        }
        fn size_hint(&self) -> http_body::SizeHint {
            http_body::SizeHint::with_exact(u64::MAX)
        }
    }
    let client = strict(|_: Request<RequestBody<Declared>>| async {});
    let client = SignLayer::new(policy(Scheme::stripe())).layer(client);
    let error = client.oneshot(Request::post(URI).body(Declared).unwrap()).await.unwrap_err();
    let error = error.downcast::<SignRequestError>().unwrap();
    assert!(matches!(*error, SignRequestError::BodyTooLarge { .. }), "{error}");
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up() {
    let clock = ManualClock::at(NOW);
    let policy = builder(Scheme::github(), &clock).read_deadline(Duration::from_secs(2));
    let client = strict(|_: Request<RequestBody<Script>>| async { panic!("it was sent") });
    let mut client = SignLayer::new(policy.build().unwrap()).clock(clock.clone()).layer(client);
    let body = Script::new().data("a").then(Step::Stall);
    let mut future = Box::pin(client.ready().await.unwrap().call(post(URI, body)));
    for wait in [0, 1999, 1] {
        clock.advance(Duration::from_millis(wait));
        let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx)));
        match polled.await {
            std::task::Poll::Pending => assert_ne!(wait, 1),
            std::task::Poll::Ready(answer) => {
                let error = answer.unwrap_err();
                let error = error.downcast::<SignRequestError>().unwrap();
                assert!(matches!(*error, SignRequestError::BodyTooSlow), "{error}");
                assert_eq!(wait, 1);
            }
        }
    }
}

/// The time is that of the sending, not of the first byte.
#[tokio::test]
async fn a_body_that_took_long_has_a_fresh_time() {
    let clock = ManualClock::at(NOW);
    let policy = builder(Scheme::slack(), &clock).build().unwrap();
    let client = strict(|request: Request<RequestBody<Script>>| async move {
        request.headers()["x-slack-request-timestamp"].to_str().unwrap().to_owned()
    });
    let mut client = SignLayer::new(policy).clock(clock.clone()).layer(client);
    let body = Script::new().then(Step::Pending).data(BODY);
    let mut future = Box::pin(client.ready().await.unwrap().call(post(URI, body)));
    let first = std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx))).await;
    assert!(first.is_pending());
    clock.advance(Duration::from_secs(7));
    assert_eq!(future.await.unwrap(), (NOW.as_secs() + 7).to_string());
}
