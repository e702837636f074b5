//! How bodies are read, and how they are handed on.

use std::error::Error;
use std::fmt;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full, Limited};
use rempart_core::{EventKind, ManualClock, Reason, RequestBody};
use rempart_signature::{Policy, Scheme};
use rempart_testing::{Script, Step, strict};
use tower::{Layer, Service, ServiceExt};

use crate::support::{BODY, NOW, builder, header, layer, post, send, send_github, signed};

/// Signed for `vapi`, with a body limit.
async fn send_limited(limit: u64, body: &[u8], script: Script) -> crate::support::Outcomes {
    let clock = ManualClock::at(NOW);
    let policy = builder(Scheme::vapi(), &clock).body_limit(limit).build().unwrap();
    send(policy, post(signed(&Scheme::vapi(), body), script)).await
}

#[tokio::test]
async fn a_body_is_handed_on_byte_for_byte_with_its_trailers() {
    let trailers: HeaderMap = [header("x-checksum", "42")].into_iter().collect();
    let script = Script::new()
        .data(&BODY[..3])
        .then(Step::Pending)
        .data(&b""[..])
        .data(&BODY[3..])
        .then(Step::Trailers(trailers.clone()));
    let mut headers = signed(&Scheme::github(), BODY);
    headers.extend([header("x-github-event", "push"), header("transfer-encoding", "chunked")]);
    let outcome = send_github(headers.clone(), script).await;
    assert_eq!((outcome.status, &outcome.body[..]), (StatusCode::OK, &b"handled"[..]));
    let handled = outcome.handled.unwrap();
    assert_eq!(handled.frames, [&BODY[..3], &BODY[3..]]);
    assert_eq!(handled.trailers, Some(trailers));
    assert_eq!(handled.headers, headers);
}

#[tokio::test]
async fn frames_are_handed_on_without_a_copy() {
    let body = Bytes::from(BODY.to_vec());
    let headers = signed(&Scheme::github(), BODY);
    let outcome = send_github(headers, Script::new().data(body.clone())).await;
    assert_eq!(outcome.handled.unwrap().frames[0].as_ptr(), body.as_ptr());
}

#[tokio::test]
async fn bytes_that_are_no_text_are_a_body() {
    for body in [&b""[..], b"\xff\xfe\x00", "\u{feff}{}".as_bytes(), &[0; 4096]] {
        let headers = signed(&Scheme::github(), body);
        let outcome = send_github(headers, Script::new().data(body)).await;
        assert_eq!(outcome.status, StatusCode::OK);
        assert_eq!(outcome.handled.unwrap().frames.concat(), body);
    }
}

#[tokio::test]
async fn the_limit_belongs_to_what_is_taken() {
    let body = [b'a'; 100];
    let halves = || Script::new().data(&b"a".repeat(50)[..].to_vec().leak()[..]);
    let whole = halves().data(vec![b'a'; 50]);
    assert_eq!(send_limited(100, &body, whole).await.status, StatusCode::OK);

    let over = halves().data(vec![b'a'; 51]).data(vec![b'a'; 1000]);
    let outcome = send_limited(100, &body, over).await;
    assert_eq!(outcome.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(outcome.reason(), Some(Reason::TooLarge));
    assert_eq!(outcome.told[0].kind, EventKind::Body);
    assert_eq!(outcome.polls, 2, "what lies past the limit was asked for");
    assert!(outcome.handled.is_none());
}

#[tokio::test]
async fn a_declared_length_over_the_limit_is_refused_unread() {
    let clock = ManualClock::at(NOW);
    // By the framing…
    let policy = builder(Scheme::vapi(), &clock).body_limit(10).build().unwrap();
    let (layer, recorder) = layer(policy, &clock);
    let service = layer.layer(strict(never_called::<Full<Bytes>>));
    let request = post(signed(&Scheme::vapi(), BODY), Full::new(Bytes::from_static(BODY)));
    let response = service.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(recorder.reasons(), [Some(Reason::TooLarge)]);

    // … and by the header, where the body does not know.
    let clock = ManualClock::at(NOW);
    for (declared, status) in [
        ("36", StatusCode::OK),
        ("1048576", StatusCode::OK),
        ("1048577", StatusCode::PAYLOAD_TOO_LARGE),
        ("18446744073709551615", StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let mut headers = signed(&Scheme::vapi(), BODY);
        headers.extend([header("content-length", declared)]);
        let policy = builder(Scheme::vapi(), &clock).build().unwrap();
        let outcome = send(policy, post(headers, Script::new().data(BODY))).await;
        assert_eq!(outcome.status, status, "{declared}");
        assert_eq!(outcome.polls == 0, status != StatusCode::OK, "{declared}");
    }
}

#[tokio::test]
async fn a_body_cut_off_is_refused_and_not_handled() {
    for script in [
        Script::new().then(Step::Cut),
        Script::new().data(&BODY[..5]).then(Step::Cut),
        // Everything was there, but its end: still cut off.
        Script::new().data(BODY).then(Step::Cut),
    ] {
        let outcome = send_github(signed(&Scheme::github(), BODY), script).await;
        assert_eq!(outcome.status, StatusCode::BAD_REQUEST);
        assert_eq!(outcome.reason(), Some(Reason::CutOff));
        assert!(outcome.handled.is_none());
    }
}

/// A body of 36 bytes through a limit of 10 that stands outside.
async fn send_through<B>(limited: B) -> (StatusCode, Vec<Option<Reason>>)
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>>,
{
    let clock = ManualClock::at(NOW);
    let (layer, recorder) = layer(builder(Scheme::vapi(), &clock).build().unwrap(), &clock);
    let service = layer.layer(strict(never_called::<B>));
    let response = service.oneshot(post(signed(&Scheme::vapi(), BODY), limited)).await.unwrap();
    (response.status(), recorder.reasons())
}

#[tokio::test]
async fn the_limit_of_a_layer_outside_is_told_from_a_body_cut_off() {
    let too_large = (StatusCode::PAYLOAD_TOO_LARGE, vec![Some(Reason::TooLarge)]);
    let halves = || Script::new().data(&BODY[..5]).data(&BODY[5..]);
    let limited = Limited::new(halves(), 10);
    assert_eq!(send_through(limited).await, too_large);
    // As axum wraps it, and wrapped again by whoever stands in between.
    let wrapped = axum::body::Body::new(Limited::new(halves(), 10));
    assert_eq!(send_through(wrapped).await, too_large);
    let wrapped = Limited::new(halves(), 10).map_err(axum::Error::new).map_err(axum::Error::new);
    assert_eq!(send_through(wrapped).await, too_large);
    // Within the limit of that layer, and cut off all the same.
    let cut = Limited::new(Script::new().data(&BODY[..5]).then(Step::Cut), 10);
    let cut_off = (StatusCode::BAD_REQUEST, vec![Some(Reason::CutOff)]);
    assert_eq!(send_through(cut).await, cut_off);
}

#[tokio::test]
async fn an_error_that_is_its_own_cause_is_followed_to_an_end() {
    #[derive(Debug)]
    struct Ouroboros;

    impl fmt::Display for Ouroboros {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("again")
        }
    }

    impl Error for Ouroboros {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self)
        }
    }

    let body = Script::new().then(Step::Cut).map_err(|_| Ouroboros);
    assert_eq!(send_through(body).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn empty_frames_are_counted() {
    let clock = ManualClock::at(NOW);
    let policy = builder(Scheme::vapi(), &clock).body_limit(640).build().unwrap();
    let limit = policy.frame_limit();
    assert_eq!(limit, 1034);
    let frames = |empty: usize| (0..empty).fold(Script::new(), |script, _| script.data(&b""[..]));
    let headers = signed(&Scheme::vapi(), BODY);
    let outcome = send(policy.clone(), post(headers.clone(), frames(limit - 1).data(BODY))).await;
    assert_eq!(outcome.status, StatusCode::OK);
    let outcome = send(policy, post(headers, frames(limit + 1000))).await;
    assert_eq!(outcome.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(outcome.reason(), Some(Reason::TooManyFrames));
    assert_eq!(outcome.polls, limit + 1);
}

async fn never_called<B>(_: Request<RequestBody<B>>) -> Response<Full<Bytes>> {
    panic!("the handler was called")
}

/// Polls a request that stalls after its first byte; gives its status once it is answered.
struct Slow {
    future: std::pin::Pin<Box<dyn Future<Output = StatusCode>>>,
}

impl Slow {
    fn start(policy: Policy, clock: &ManualClock, script: Script) -> Self {
        let (layer, _) = layer(policy, clock);
        let mut service = layer.layer(strict(never_called::<Script>));
        let request = post(signed(&Scheme::vapi(), BODY), script);
        let ready = service.poll_ready(&mut Context::from_waker(Waker::noop()));
        assert!(ready.is_ready());
        let future = service.call(request);
        Self { future: Box::pin(async { future.await.unwrap().status() }) }
    }

    fn poll(&mut self) -> Poll<StatusCode> {
        self.future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }
}

#[test]
fn a_slow_body_is_refused_at_the_deadline() {
    let clock = ManualClock::at(NOW);
    let policy = builder(Scheme::vapi(), &clock).build().unwrap();
    assert_eq!(policy.read_deadline(), Some(Duration::from_secs(10)));
    let mut slow = Slow::start(policy, &clock, Script::new().data(&BODY[..1]).then(Step::Stall));
    assert!(slow.poll().is_pending());
    clock.advance(Duration::from_millis(9_999));
    assert!(slow.poll().is_pending());
    clock.advance(Duration::from_millis(1));
    assert_eq!(slow.poll(), Poll::Ready(StatusCode::REQUEST_TIMEOUT));
    assert_eq!(clock.sleepers(), 0);
}

#[test]
fn a_body_that_drips_is_refused_at_the_same_deadline() {
    let clock = ManualClock::at(NOW);
    let policy = builder(Scheme::vapi(), &clock).build().unwrap();
    let drip = BODY.chunks(1).fold(Script::new(), |script, byte| {
        script.data(Bytes::copy_from_slice(byte)).then(Step::Pending)
    });
    let mut slow = Slow::start(policy, &clock, drip);
    // A byte a second: each is progress, and the deadline is for the whole.
    for _ in 0..10 {
        assert!(slow.poll().is_pending());
        clock.advance(Duration::from_secs(1));
    }
    assert_eq!(slow.poll(), Poll::Ready(StatusCode::REQUEST_TIMEOUT));
}

#[test]
fn the_timer_is_armed_at_the_first_wait_only() {
    let clock = ManualClock::at(NOW);
    let policy = builder(Scheme::vapi(), &clock).build().unwrap();
    let mut slow = Slow::start(policy.clone(), &clock, Script::new().then(Step::Stall));
    // Nobody has waited yet: time that passes before the first poll is not the client's.
    clock.advance(Duration::from_secs(60));
    assert_eq!(clock.sleepers(), 0);
    assert!(slow.poll().is_pending());
    assert_eq!(clock.sleepers(), 1);

    // A body that is there never asks for a timer.
    let wrong = Script::new().data(&b"another body"[..]);
    let mut ready = Slow::start(policy, &clock, wrong);
    assert_eq!(ready.poll(), Poll::Ready(StatusCode::UNAUTHORIZED));
    assert_eq!(clock.sleepers(), 1);
}

#[test]
fn a_dropped_request_leaves_nothing_behind() {
    let clock = ManualClock::at(NOW);
    let policy = builder(Scheme::vapi(), &clock).build().unwrap();
    let mut slow = Slow::start(policy, &clock, Script::new().then(Step::Stall));
    assert!(slow.poll().is_pending());
    drop(slow);
    assert_eq!(clock.sleepers(), 0);
}

#[tokio::test]
async fn a_long_body_gives_way_to_others() {
    let body = vec![7_u8; 1024 * 1024];
    let frames = body.chunks(64 * 1024).map(Bytes::copy_from_slice);
    let script = frames.fold(Script::new(), Script::data);
    let clock = ManualClock::at(NOW);
    let policy = builder(Scheme::vapi(), &clock).build().unwrap();
    let (layer, _) = layer(policy, &clock);
    let answer = |_: Request<RequestBody<Script>>| async { Response::new(Full::new(Bytes::new())) };
    let mut service = layer.layer(strict(answer));
    let request = post(signed(&Scheme::vapi(), &body), script);
    let mut future = Box::pin(service.ready().await.unwrap().call(request));
    let mut pauses = 0;
    let response = std::future::poll_fn(|cx| {
        let polled = future.as_mut().poll(cx);
        pauses += u32::from(polled.is_pending());
        assert_eq!(clock.sleepers(), 0, "a pause of ours was taken for the client's");
        polled
    });
    assert_eq!(response.await.unwrap().status(), StatusCode::OK);
    assert_eq!(pauses, 4);
}

#[test]
fn a_long_body_in_one_frame_needs_one_poll() {
    let body = Bytes::from(vec![7_u8; 1024 * 1024]);
    let clock = ManualClock::at(NOW);
    let policy = builder(Scheme::vapi(), &clock).build().unwrap();
    let (layer, _) = layer(policy, &clock);
    let answer =
        |_: Request<RequestBody<Full<Bytes>>>| async { Response::new(Full::new(Bytes::new())) };
    let mut service = layer.layer(strict(answer));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_ready());
    let request = post(signed(&Scheme::vapi(), &body), Full::new(body));
    let answered = Box::pin(service.call(request)).as_mut().poll(&mut cx);
    assert!(matches!(answered, Poll::Ready(Ok(response)) if response.status() == StatusCode::OK));
}
