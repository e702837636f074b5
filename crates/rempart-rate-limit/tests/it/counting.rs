//! What becomes of a charge.

use std::convert::Infallible;
use std::future::{Ready, pending, poll_fn, ready};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use rempart_core::{ClientAddr, Live, ManualClock};
use rempart_rate_limit::{Counting, Decision, Limit, Limiter, Policy, RateLimitLayer, Reservation};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::rig::{from, send};

type Answer = Ready<Result<Response<Full<Bytes>>, Infallible>>;

/// Answers with the status that the path asks for, and the gRPC status behind it.
fn answering(request: &Request<()>) -> Answer {
    let mut asked = request.uri().path().trim_start_matches('/').split('/');
    let mut response = Response::new(Full::default());
    *response.status_mut() = asked.next().unwrap().parse().unwrap();
    if let Some(code) = asked.next() {
        response.headers_mut().insert("grpc-status", code.parse().unwrap());
    }
    ready(Ok(response))
}

fn policy(counting: Counting) -> Policy {
    let limit = Limit::new("guesses", "3 per hour").counting(counting);
    Policy::builder("login").limit(limit).build().unwrap()
}

#[tokio::test]
async fn requests_that_do_not_count_are_given_back() {
    use Counting::{Failures, Requests, Successes};
    // Counting, what the service answers, whether each is charged.
    let rows = [
        (Requests, "/200", true),
        (Requests, "/401", true),
        (Failures, "/200", false),
        (Failures, "/302", false),
        (Failures, "/400", true),
        (Failures, "/401", true),
        (Failures, "/503", true),
        (Failures, "/200/0", false),
        (Failures, "/200/16", true),
        (Successes, "/200", true),
        (Successes, "/302", true),
        (Successes, "/404", false),
        (Successes, "/200/7", false),
    ];
    for (counting, path, charged) in rows {
        let service = RateLimitLayer::new(policy(counting))
            .layer(service_fn(|request: Request<()>| answering(&request)));
        let mut limited = 0;
        for _ in 0..10 {
            let mut request = from("203.0.113.9");
            *request.uri_mut() = path.parse().unwrap();
            let (status, ..) = send(service.clone(), request).await;
            limited += usize::from(status == StatusCode::TOO_MANY_REQUESTS);
        }
        assert_eq!(limited, if charged { 7 } else { 0 }, "{counting:?} {path}");
    }
}

#[test]
fn attempts_made_at_once_are_not_all_let_through() {
    let limiter = Limiter::new(policy(Counting::Failures)).clock(ManualClock::default());
    let slow = service_fn(|_: Request<()>| pending::<Result<Response<Full<Bytes>>, Infallible>>());
    let mut service = RateLimitLayer::sharing(&limiter).layer(slow);
    let mut under_way: Vec<_> =
        (0..10).map(|_| Box::pin(service.call(from("203.0.113.9")))).collect();
    let mut cx = Context::from_waker(Waker::noop());
    let answered = under_way.iter_mut().filter_map(|future| {
        let future = pin!(future);
        future.poll(&mut cx).is_ready().then_some(())
    });
    assert_eq!(answered.count(), 7, "refused at once, and the others are still under way");
    // Those who hang up before the answer have guessed.
    drop(under_way);
    let client = ClientAddr::new("203.0.113.9".parse().unwrap());
    assert!(matches!(limiter.check(client), Decision::Refused(_)));
}

#[test]
fn a_client_that_goes_away_is_forgiven_only_when_told_to() {
    let client = ClientAddr::new("203.0.113.9".parse().unwrap());
    let limit = || Limit::new("calls", "3 per hour");
    let rows = [
        (limit(), 0),
        (limit().counting(Counting::Failures), 0),
        (limit().dangerously_forgiving_disconnects(), 3),
        (limit().counting(Counting::Failures).dangerously_forgiving_disconnects(), 3),
    ];
    for (row, (limit, left)) in rows.into_iter().enumerate() {
        let policy = Policy::builder("api").limit(limit).build().unwrap();
        let limiter = Limiter::new(policy).clock(ManualClock::default());
        let layer = RateLimitLayer::sharing(&limiter);
        let mut slow = layer.layer(service_fn(|_: Request<()>| {
            pending::<Result<Response<Full<Bytes>>, Infallible>>()
        }));
        for _ in 0..3 {
            let mut under_way = Box::pin(slow.call(from("203.0.113.9")));
            assert!(under_way.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        let served = || matches!(limiter.check(client), Decision::Allowed(_));
        assert_eq!((0..5).filter(|_| served()).count(), left, "row {row}");
    }
}

#[tokio::test]
async fn a_service_that_fails_is_no_client_that_goes_away() {
    let limit = Limit::new("calls", "3 per hour").dangerously_forgiving_disconnects();
    let policy = Policy::builder("api").limit(limit).build().unwrap();
    let failing = RateLimitLayer::new(policy).layer(service_fn(async |_: Request<()>| {
        Err::<Response<Full<Bytes>>, _>(std::io::Error::other("broken"))
    }));
    for nth in 0..5 {
        let answer = failing.clone().oneshot(from("203.0.113.9")).await;
        assert_eq!(answer.is_err(), nth < 3, "request {nth}");
    }
}

/// Whether a request has been served.
#[derive(Clone)]
struct Done(Arc<AtomicBool>);

#[test]
fn what_a_limit_that_is_alone_has_cut_is_not_given_back() {
    let calls = |quota: &str| Limit::new("calls", quota);
    let policy = |limit| Policy::builder("api").limit(limit).build().unwrap();
    let live = Live::new(policy(calls("10 per hour").counting(Counting::Failures)));
    let layer = RateLimitLayer::new(live.clone()).clock(ManualClock::default());
    let mut service = layer.layer(service_fn(|request: Request<()>| {
        let done = request.extensions().get::<Done>().cloned();
        poll_fn(move |_| match &done {
            Some(Done(done)) if !done.load(Ordering::Relaxed) => Poll::Pending,
            _ => Poll::Ready(Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))),
        })
    }));
    let (done, mut cx) = (Done(Arc::default()), Context::from_waker(Waker::noop()));
    let mut slow: Vec<_> = (0..10)
        .map(|_| {
            let mut request = from("203.0.113.9");
            request.extensions_mut().insert(done.clone());
            Box::pin(service.call(request))
        })
        .collect();
    assert!(slow.iter_mut().all(|waiting| waiting.as_mut().poll(&mut cx).is_pending()));
    live.store(policy(calls("10 per minute")));
    let mut status = || match pin!(service.call(from("203.0.113.9"))).poll(&mut cx) {
        Poll::Ready(answer) => answer.unwrap().status().as_u16(),
        Poll::Pending => 0,
    };
    assert_eq!(status(), 429);
    done.0.store(true, Ordering::Relaxed);
    let mut first = slow.pop().unwrap();
    assert!(first.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    assert_eq!(status(), 429, "nine others are charged still");
}

#[test]
fn a_debt_that_is_cut_is_one_client_s() {
    let live = Live::new(Policy::new("api", "10 per hour").unwrap());
    let limiter = Limiter::new(live.clone()).clock(ManualClock::default());
    let _kept: Vec<_> = (0..10).map(|_| limiter.reserve_key("t", 1).unwrap()).collect();
    let others: Vec<_> = (0..320).map(|nth| limiter.reserve_key(&nth, 1).unwrap()).collect();
    live.store(Policy::new("api", "10 per minute").unwrap());
    assert!(limiter.reserve_key("t", 1).is_err(), "cut");
    others.into_iter().for_each(Reservation::give_back);
    let is_free = |nth: &i32| matches!(limiter.check_key(nth, 10), Decision::Allowed(_));
    let free = (0..320).filter(is_free).count();
    assert!(free > 280, "{free} of 320, and 310 are to be expected");
}

#[tokio::test]
async fn a_limit_on_trial_counts_and_refuses_nobody() {
    let limit = |name, quota: &str| Limit::new(name, quota);
    let policy = Policy::builder("api")
        .limit(limit("new", "1 per hour").on_trial())
        .limit(limit("old", "3 per hour"));
    let rig = crate::rig::Rig::new(policy.build().unwrap());
    let (_, headers, _) = rig.get("203.0.113.9").await;
    assert_eq!(crate::rig::text(&headers, "ratelimit-policy"), Some(r#""old";q=3;w=3600"#));
    assert_eq!(crate::rig::text(&headers, "ratelimit"), Some(r#""old";r=2;t=1200"#));
    assert_eq!(rig.served("203.0.113.9", 9).await, 2);
}

#[test]
fn a_limit_on_trial_is_not_charged_for_what_it_would_have_refused() {
    let policy = |on_trial: bool| {
        let new = Limit::new("new", "2 per hour");
        let new = if on_trial { new.on_trial() } else { new };
        Policy::builder("api").limit(new).limit(Limit::new("old", "100 per hour")).build().unwrap()
    };
    // Before, each of which is let through and some of them given back; and what the limit that is
    // in force afterwards has left.
    let rows: [(&[(u32, bool)], u32); 4] = [
        (&[(2, false), (2, false)], 0),
        (&[(2, false), (2, true)], 0), // it did not take what is given back
        (&[(3, false)], 2),            // it can never serve three
        (&[(1, false), (3, true)], 1),
    ];
    for (before, left) in rows {
        let live = Live::new(policy(true));
        let limiter = Limiter::new(live.clone()).clock(ManualClock::default());
        for (cost, is_given_back) in before {
            let reserved = limiter.reserve_key("t", *cost).unwrap();
            if *is_given_back {
                reserved.give_back();
            }
        }
        live.store(policy(false));
        let Decision::Allowed(standing) = limiter.check_key("t", 0) else { panic!("a peek") };
        assert_eq!(standing.remaining(), left, "{before:?}");
    }
}

/// A body that is nothing but its trailers.
pub(crate) struct Trailers(pub(crate) Option<HeaderMap>);

impl Body for Trailers {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|trailers| Ok(Frame::trailers(trailers))))
    }
}

#[tokio::test]
async fn a_grpc_response_says_in_its_trailers_what_it_is() {
    use Counting::{Failures, Requests, Successes};
    const GRPC: &str = "application/grpc+proto";
    // Counting, the type of the response, the trailers, whether they are read, whether it is charged.
    let rows = [
        (Failures, GRPC, Some("16"), true, true),
        (Failures, GRPC, Some("0"), true, false),
        (Failures, GRPC, Some("0"), false, true), // gone before it was known
        (Failures, GRPC, None, true, true),       // and never known
        (Successes, GRPC, Some("16"), true, false),
        (Successes, GRPC, Some("0"), true, true),
        (Requests, GRPC, Some("0"), true, true),
        (Failures, "text/plain", None, false, false),
        (Failures, "application/grpc-web", None, false, false), // trailers of its own
    ];
    for (counting, kind, code, is_read, charged) in rows {
        let service = RateLimitLayer::new(policy(counting)).clock(ManualClock::default()).layer(
            service_fn(move |_: Request<()>| {
                let code = code.map(|code| ("grpc-status".parse().unwrap(), code.parse().unwrap()));
                let mut response = Response::new(Trailers(Some(code.into_iter().collect())));
                response.headers_mut().insert("content-type", kind.parse().unwrap());
                ready(Ok::<_, Infallible>(response))
            }),
        );
        let mut served = 0;
        for _ in 0..10 {
            let response = service.clone().oneshot(from("203.0.113.9")).await.unwrap();
            served += usize::from(response.status() == StatusCode::OK);
            if is_read {
                response.into_body().collect().await.unwrap();
            }
        }
        let want = if charged { 3 } else { 10 };
        assert_eq!(served, want, "{counting:?} {kind} {code:?} {is_read}");
    }
}

#[test]
fn who_has_limits_on_trial_alone_is_not_told_that_nothing_is_left() {
    let limit = Limit::new("new", "1 per hour").on_trial();
    let limiter = Limiter::new(Policy::builder("api").limit(limit).build().unwrap());
    for _ in 0..9 {
        let decision = limiter.check_key("t", 1);
        assert!(
            matches!(decision, Decision::Allowed(standing) if standing.remaining() == u32::MAX)
        );
    }
}
