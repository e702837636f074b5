use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use rempart_core::{
    ClientAddr, Event, EventKind, ManualClock, Observer, Outcome, PolicyName, Reason,
};
use rempart_monitor::{AnomalyDetector, BanLayer, Policy};
use rempart_testing::alloc::{assert_counting, count};
use tower::{Layer, Service};

/// Every event of `clients` addresses, half of them IPv6.
fn crowd(detector: &AnomalyDetector, clients: u32) {
    let api = PolicyName::new("api").unwrap();
    for n in 0..clients {
        let client = if n % 2 == 0 {
            ClientAddr::new(Ipv4Addr::from_bits(n).into())
        } else {
            ClientAddr::new(Ipv6Addr::from_bits(u128::from(n) << 64).into())
        };
        for kind in EventKind::ALL {
            for outcome in Outcome::ALL {
                let event = Event::new(*kind, *outcome, &api).client(Some(client));
                detector.observe(&event.reason(Reason::Mismatch));
            }
        }
    }
}

#[test]
fn a_detector_allocates_when_it_is_made_and_never_again() {
    assert_counting();
    let policy = Policy::builder("clients").ban(Duration::from_secs(60)).ban_networks();
    let policy = policy.build().unwrap();
    let (detector, made) = count(|| AnomalyDetector::new(policy));
    // The two tables, and four reference counts.
    assert!(made.allocations <= 6, "{} allocations", made.allocations);
    assert!(made.bytes <= 4 << 20, "{} bytes", made.bytes);
    let held = u64::try_from(detector.bytes()).unwrap();
    assert!(made.bytes - held < 1_024, "{} and {held} bytes", made.bytes);
    let clock = ManualClock::default();
    let detector = detector.observer(()).clock(clock.clone());
    // More than it was made for, all of whom stand out and are banned.
    let ((), counts) = count(|| crowd(&detector, 100_000));
    assert_eq!(counts.allocations, 0);
    assert!(detector.tracked() > 65_536);
    clock.advance(Duration::from_secs(3_600));
    let ((), counts) = count(|| crowd(&detector, 1_000));
    assert_eq!(counts.allocations, 0);
    let client = ClientAddr::new(Ipv4Addr::from_bits(2).into());
    let (banned, counts) = count(|| {
        let banned = detector.banned(client);
        let _ = (detector.standing(client), detector.tracked(), detector.clone());
        detector.pardon(client);
        banned
    });
    assert!(banned.is_some());
    assert_eq!(counts.allocations, 0);
}

#[derive(Clone)]
struct Inner;

impl Service<Request<()>> for Inner {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(Full::from("served"))))
    }
}

#[test]
fn a_ban_layer_allocates_for_those_it_turns_away_alone() {
    assert_counting();
    let watch = || Policy::builder("clients");
    let ban = Duration::from_secs(60);
    #[rustfmt::skip]
    let rows = [
        // policy                          offences, status, allocations
        (watch(),                          0, 200, 0),
        (watch(),                          4, 200, 0),
        (watch().ban(ban),                 0, 200, 0),
        (watch().ban(ban),                 2, 200, 0),
        (watch().ban(ban),                 4, 429, 6),
        (watch().ban(ban).ban_networks(),  0, 200, 0),
    ];
    for (policy, offences, status, want) in rows {
        let detector = AnomalyDetector::new(policy.build().unwrap()).clock(ManualClock::default());
        let mut service = BanLayer::new(&detector).layer(Inner);
        let client = ClientAddr::new(Ipv4Addr::LOCALHOST.into());
        let api = PolicyName::new("api").unwrap();
        let event = Event::new(EventKind::Token, Outcome::Refused, &api).client(Some(client));
        for _ in 0..offences {
            detector.observe(&event);
        }
        let mut request = Request::new(());
        request.extensions_mut().insert(client);
        let mut cx = Context::from_waker(Waker::noop());
        let (response, counts) = count(|| {
            assert!(service.poll_ready(&mut cx).is_ready());
            let future = pin!(service.call(request));
            let Poll::Ready(Ok(response)) = future.poll(&mut cx) else { panic!("not ready") };
            response
        });
        let got = (response.status(), counts.allocations);
        assert_eq!(got, (StatusCode::from_u16(status).unwrap(), want));
    }
}
