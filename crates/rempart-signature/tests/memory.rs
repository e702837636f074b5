//! What many slow bodies hold at once: the budget of their policy, and little for each of them.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed, as it should"
)]

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::Full;
use rempart_core::{ManualClock, RequestBody, Sleep, Timer};
use rempart_keys::{KeyId, KeyRing, Secret};
use rempart_signature::{Message, Policy, Scheme, SignatureLayer};
use rempart_testing::alloc::{Counting, assert_counting, live};
use tower::{Layer, Service, service_fn};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const NOW: Duration = Duration::from_secs(1_700_000_000);
const SECRET: &str = "a-made-up-secret-of-32-bytes-yes";
const REQUESTS: i64 = 10_000;
const A_REQUEST: i64 = 4096;
const BODY: usize = 1024 * 1024;

/// Gives a frame at every other poll, in memory of its own as from a socket.
struct Slow {
    left: usize,
    frame: usize,
    waits: bool,
}

impl Body for Slow {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.waits = !self.waits;
        if self.waits {
            return Poll::Pending;
        }
        let length = self.frame.min(self.left);
        self.left -= length;
        let frame = || Ok(Frame::data(Bytes::from(vec![b'a'; length])));
        Poll::Ready((length > 0).then(frame))
    }
}

/// Nobody is too slow.
struct Patience;

impl Timer for Patience {
    fn sleep(&self, _: Duration) -> Sleep {
        Box::pin(std::future::pending())
    }
}

/// Resident memory, in bytes.
fn resident() -> i64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<i64>().unwrap() * 4096
}

/// Sends them all, polls them by turns until all are answered, and gives the most that they held:
/// as the allocator counted it, and as the system did.
fn most_held(frame: usize) -> (i64, i64) {
    let ring = KeyRing::single(KeyId::new("k").unwrap(), Secret::new(SECRET).unwrap());
    let policy = Policy::builder("test").scheme(Scheme::vapi()).keys(ring).timer(Patience);
    let policy = policy.build().unwrap();
    let message = vec![b'a'; BODY];
    let secret = Secret::new(SECRET).unwrap();
    let headers = Scheme::vapi().sign(&secret, &Message::new(&message, NOW)).unwrap();
    drop(message);
    let layer = SignatureLayer::new(policy.clone()).clock(ManualClock::at(NOW)).observer(());
    let mut service = layer.layer(service_fn(|_: Request<RequestBody<Slow>>| async {
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    }));

    let before = (live(), resident());
    let mut most = (0, 0);
    let mut cx = Context::from_waker(Waker::noop());
    let mut requests: Vec<_> = (0..REQUESTS)
        .map(|_| {
            let mut request =
                Request::post("/hooks").body(Slow { left: BODY, frame, waits: false });
            *request.as_mut().unwrap().headers_mut() = headers.clone();
            assert!(service.poll_ready(&mut cx).is_ready());
            Box::pin(service.call(request.unwrap()))
        })
        .collect();
    let (mut accepted, mut refused) = (0, 0);
    while !requests.is_empty() {
        requests.retain_mut(|request| {
            let Poll::Ready(answer) = request.as_mut().poll(&mut cx) else { return true };
            match answer.unwrap().status() {
                StatusCode::OK => accepted += 1,
                StatusCode::SERVICE_UNAVAILABLE => refused += 1,
                other => panic!("{other}"),
            }
            false
        });
        most.0 = most.0.max(live() - before.0);
        most.1 = most.1.max(resident() - before.1);
    }
    assert_eq!((accepted + refused, policy.buffered()), (REQUESTS, 0));
    // Who fits is served, whoever else there was.
    assert!(accepted >= 16, "{accepted}");
    most
}

#[test]
#[ignore = "takes half a minute unoptimised"]
fn ten_thousand_slow_bodies_hold_the_budget_and_four_kib_each() {
    assert_counting();
    let budget = i64::try_from(Policy::BUFFER_BUDGET).unwrap();
    // Whole pages, and pieces whose bookkeeping is more than themselves.
    for frame in [4096, 64] {
        let (counted, resident) = most_held(frame);
        assert!(counted > budget / 2, "no load: {counted}");
        let most = budget + REQUESTS * A_REQUEST;
        assert!(counted <= most, "{counted} counted, with frames of {frame}");
        assert!(resident <= most, "{resident} resident, with frames of {frame}");
    }
}
