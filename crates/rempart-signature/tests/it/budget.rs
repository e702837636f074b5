//! All bodies together take up so much memory until they are verified, and no more.

use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::Full;
use rempart_core::{EventKind, ManualClock, Outcome, Reason, RequestBody};
use rempart_signature::{ConfigError, Policy, Scheme, Signature};
use rempart_testing::{Script, Step, Strict, strict};
use tower::{Layer, Service, ServiceExt};

use crate::support::{BODY, NOW, OTHER_SECRET, Recorder, builder, id, key, layer, post, signed};

/// What a frame counts for beside its bytes.
const FRAME: u64 = 96;
const LIMIT: u64 = 1024;
/// What one body of the limit may take up: 1,024 pieces, and one more for each 64 bytes.
const LEAST: u64 = LIMIT + (1024 + LIMIT / 64) * FRAME;

fn policy(clock: &ManualClock, budget: u64) -> Policy {
    let builder = builder(Scheme::github(), clock).body_limit(LIMIT).buffer_budget(budget);
    builder.build().unwrap()
}

type Handler = fn(Request<RequestBody<Script>>) -> std::future::Ready<Response<Full<Bytes>>>;

fn service(policy: &Policy, clock: &ManualClock) -> (Signature<Strict<Handler>>, Recorder) {
    let handler: Handler = |_| std::future::ready(Response::new(Full::default()));
    let (layer, recorder) = layer(policy.clone(), clock);
    (layer.layer(strict(handler)), recorder)
}

/// A request that holds frames of these lengths, and waits.
fn holding(
    service: &mut Signature<Strict<Handler>>,
    frames: &[usize],
) -> impl Future<Output: Sized> + Unpin + Send + use<> {
    let frames = frames.iter().map(|length| Bytes::from(vec![b'a'; *length]));
    let script = frames.fold(Script::new(), Script::data).then(Step::Stall);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_ready());
    let mut future = Box::pin(service.call(post(signed(&Scheme::github(), BODY), script)));
    assert!(future.as_mut().poll(&mut cx).is_pending());
    future
}

#[tokio::test]
async fn is_taken_as_frames_arrive_and_given_back_when_they_go() {
    let clock = ManualClock::at(NOW);
    let policy = policy(&clock, LEAST);
    let (mut service, _) = service(&policy, &clock);
    assert_eq!((policy.buffer_budget(), policy.buffered()), (LEAST, 0));
    let first = holding(&mut service, &[100, 200]);
    assert_eq!(policy.buffered(), 300 + 2 * FRAME);
    let second = holding(&mut service, &[1]);
    assert_eq!(policy.buffered(), 301 + 3 * FRAME);
    drop(first);
    assert_eq!(policy.buffered(), 1 + FRAME);
    drop(second);
    // Accepted, refused, and cut off.
    let good = signed(&Scheme::github(), BODY);
    for (script, status) in [
        (Script::new().data(BODY), StatusCode::OK),
        (Script::new().data(&BODY[1..]), StatusCode::UNAUTHORIZED),
        (Script::new().data(BODY).then(Step::Cut), StatusCode::BAD_REQUEST),
    ] {
        let response = service.ready().await.unwrap().call(post(good.clone(), script)).await;
        assert_eq!(response.unwrap().status(), status);
        assert_eq!(policy.buffered(), 0);
    }
    // Nothing is held for what is refused by its head.
    let unsigned = post(HeaderMap::new(), Script::new().data(BODY));
    service.ready().await.unwrap().call(unsigned).await.unwrap();
    assert_eq!(policy.buffered(), 0);
}

#[tokio::test]
async fn beyond_it_is_503_and_a_time_to_come_back() {
    let clock = ManualClock::at(NOW);
    let policy = policy(&clock, LEAST);
    let (mut service, recorder) = service(&policy, &clock);
    let held: Vec<_> = (0..LEAST / (900 + FRAME)).map(|_| holding(&mut service, &[900])).collect();
    let left = LEAST - policy.buffered();
    // To the byte: so much fits, and one more does not.
    let last = holding(&mut service, &[usize::try_from(left - FRAME).unwrap()]);
    assert_eq!(policy.buffered(), LEAST);
    let good = || post(signed(&Scheme::github(), BODY), Script::new().data(BODY));
    let response = service.ready().await.unwrap().call(good()).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key(header::RETRY_AFTER));
    let told = *recorder.told().last().unwrap();
    assert_eq!((told.kind, told.outcome), (EventKind::Body, Outcome::Error));
    assert_eq!(told.reason, Some(Reason::BudgetExceeded));
    assert_eq!(policy.buffered(), LEAST, "what was refused holds nothing");
    drop(last);
    let response = service.ready().await.unwrap().call(good()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    drop(held);
    assert_eq!(policy.buffered(), 0);
}

#[tokio::test]
async fn is_one_for_all_clones_and_all_keys_of_a_policy() {
    let clock = ManualClock::at(NOW);
    let policy = policy(&clock, LEAST);
    let ring = crate::support::ring().add(key("next", OTHER_SECRET)).unwrap();
    let next = policy.with_keys(ring).unwrap();
    assert!(next.key_ids().any(|known| known == id("next")));
    let (mut first, _) = service(&policy, &clock);
    let (mut second, _) = service(&next, &clock);
    let held = (holding(&mut first, &[100]), holding(&mut second, &[200]));
    assert_eq!((policy.buffered(), next.buffered()), (300 + 2 * FRAME, 300 + 2 * FRAME));
    drop(held);
    assert_eq!((policy.buffered(), next.buffered()), (0, 0));
}

#[test]
fn is_never_below_what_one_body_needs() {
    let clock = ManualClock::default();
    let small = builder(Scheme::github(), &clock).body_limit(LIMIT).buffer_budget(LEAST - 1);
    let fault = ConfigError::BufferBudgetTooSmall { budget: LEAST - 1, least: LEAST };
    assert!(small.build().unwrap_err().iter().eq([&fault]));
    let default = |scheme: Scheme| builder(scheme, &clock).build().unwrap().buffer_budget();
    assert_eq!(default(Scheme::stripe()), 64 * 1024 * 1024);
    assert_eq!(default(Scheme::github()), 64 * 1024 * 1024);
    // A policy for larger bodies has room for one of them.
    let large = builder(Scheme::github(), &clock).body_limit(1 << 30).build().unwrap();
    assert!(large.buffer_budget() > 1 << 30);
}

#[test]
fn threads_that_take_and_give_leave_nothing_behind() {
    let clock = ManualClock::at(NOW);
    let policy = policy(&clock, LEAST);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let (mut service, _) = service(&policy, &clock);
            scope.spawn(move || {
                for length in 0..200 {
                    drop(holding(&mut service, &[length, 1]));
                }
            });
        }
    });
    assert_eq!(policy.buffered(), 0);
}

/// The frames of an accepted body are the handler's, and of no budget.
#[test]
fn what_is_verified_is_not_counted() {
    let clock = ManualClock::at(NOW);
    let policy = policy(&clock, LEAST);
    let (layer, _) = layer(policy.clone(), &clock);
    let waits = |_: Request<RequestBody<Script>>| std::future::pending::<Response<Full<Bytes>>>();
    let mut service = layer.layer(strict(waits));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_ready());
    let request = post(signed(&Scheme::github(), BODY), Script::new().data(BODY));
    let mut future = Box::pin(service.call(request));
    assert!(matches!(future.as_mut().poll(&mut cx), Poll::Pending));
    assert_eq!(policy.buffered(), 0);
}
