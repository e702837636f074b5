use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use http::StatusCode;
use rempart_core::{ClientAddr, Clock, Live, ManualClock};
use rempart_rate_limit::{Decision, Limit, Limiter, Policy, Quota, RateLimitLayer, Rejection};
use tower::Layer;

use crate::rig::{from, handler, policy, send};

#[tokio::test]
async fn one_limiter_is_one_bucket_over_all_routes_of_a_class() {
    let limiter = Limiter::new(policy("api", "3 per minute")).clock(ManualClock::default());
    let routes: Vec<_> =
        (0..3).map(|_| RateLimitLayer::sharing(&limiter).layer(handler())).collect();
    let mut statuses = Vec::new();
    for route in routes.iter().chain(&routes) {
        statuses.push(send(route.clone(), from("203.0.113.9")).await.0.as_u16());
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429, 429]);
    assert!(matches!(limiter.check(client()), Decision::Refused(_)), "outside of Tower too");
}

#[tokio::test]
async fn clones_of_a_layer_count_together_and_two_layers_apart() {
    let layer = |name| RateLimitLayer::new(policy(name, "1 per minute"));
    let (first, second) = (layer("first"), layer("second"));
    let rows = [(first.clone(), 200), (first.clone(), 429), (second, 200), (first, 429)];
    for (row, (layer, want)) in rows.into_iter().enumerate() {
        let (status, ..) = send(layer.layer(handler()), from("203.0.113.9")).await;
        assert_eq!(status, want, "row {row}");
    }
}

#[test]
fn two_first_requests_never_get_a_bucket_each() {
    // Each round, all threads meet a client that nobody has seen, in a store of a single line.
    let (threads, rounds, quota) = (4, 500_u32, 3);
    let policy = Policy::builder("api").limit(Limit::new("calls", "3 per hour").capacity(10));
    let limiter = Limiter::new(policy.build().unwrap()).clock(ManualClock::default());
    let barrier = Barrier::new(threads);
    let admitted: Vec<_> = (0..rounds).map(|_| AtomicUsize::new(0)).collect();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for (round, admitted) in admitted.iter().enumerate() {
                    barrier.wait();
                    for _ in 0..quota {
                        let key = ("round", round % 10, round / 10);
                        let allowed = matches!(limiter.check_key(&key, 1), Decision::Allowed(_));
                        admitted.fetch_add(usize::from(allowed), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let admitted: Vec<_> = admitted.into_iter().map(AtomicUsize::into_inner).collect();
    assert!(admitted.iter().all(|served| *served <= quota), "{admitted:?}");
    assert_eq!(admitted[0], quota);
}

#[test]
fn threads_together_get_no_more_than_the_quota() {
    let limiter = Limiter::new(policy("api", "1000 per hour")).clock(ManualClock::default());
    let admitted = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..1_000 {
                    let allowed = matches!(limiter.check(client()), Decision::Allowed(_));
                    admitted.fetch_add(usize::from(allowed), Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(admitted.into_inner(), 1_000);
}

/// A microsecond passes with each look at it; who has looked is held up, as by the scheduler.
#[derive(Clone, Default)]
struct HoldingUp(Arc<AtomicU64>);

thread_local! {
    static SEEN: Cell<u64> = const { Cell::new(0) };
}

impl Clock for HoldingUp {
    fn ticks(&self) -> u64 {
        let now = self.0.fetch_add(1_000, Ordering::SeqCst);
        SEEN.set(now);
        thread::yield_now();
        now
    }

    fn unix(&self) -> Duration {
        Duration::ZERO
    }
}

/// When four threads were admitted that all ask for one client at once.
fn admitted_at(limit: Limit) -> Vec<u64> {
    let policy = Policy::builder("api").limit(limit).build().unwrap();
    let limiter = Limiter::new(policy).clock(HoldingUp::default());
    let asks = || {
        let allowed = |_: &u32| matches!(limiter.check(client()), Decision::Allowed(_));
        (0..5_000).filter(allowed).map(|_| SEEN.get()).collect::<Vec<_>>()
    };
    let mut admitted: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(asks)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    admitted.sort_unstable();
    admitted
}

#[test]
fn a_thread_that_is_held_up_does_not_turn_back_the_clock() {
    // Ten at once, and one each hundred microseconds.
    let limit = Limit::new("calls", Quota::per_second(10_000).with_burst(10));
    let admitted = admitted_at(limit);
    for (nth, first) in admitted.iter().enumerate() {
        for (more, last) in admitted.iter().skip(nth).enumerate() {
            let most = 10 + (last - first) / 100_000;
            assert!((more as u64) < most, "{more} more from {first} to {last}");
        }
    }
    let window = Quota::per_period(10, Duration::from_millis(1));
    let admitted = admitted_at(Limit::strict_window("calls", window));
    for eleven in admitted.windows(11) {
        assert!(eleven[10] - eleven[0] >= 1_000_000, "{eleven:?}");
    }
}

#[tokio::test]
async fn a_policy_replaced_in_use_keeps_the_debt() {
    let live = Live::new(policy("api", "10 per minute"));
    let clock = ManualClock::default();
    let service = RateLimitLayer::new(live.clone()).clock(clock.clone()).layer(handler());
    let served = async |requests| {
        let mut served = 0;
        for _ in 0..requests {
            let (status, ..) = send(service.clone(), from("203.0.113.9")).await;
            served += usize::from(status == StatusCode::OK);
        }
        served
    };
    assert_eq!(served(20).await, 10);
    live.store(policy("api", "20 per minute"));
    assert_eq!(served(20).await, 0, "a minute's debt is a minute's debt");
    clock.advance(Duration::from_secs(3));
    assert_eq!(served(20).await, 1, "the new rate holds at once");
    live.store(policy("api", "5 per second"));
    assert_eq!(served(20).await, 0);
    clock.advance(Duration::from_secs(1));
    assert_eq!(served(20).await, 5, "nobody is blocked longer than the new burst takes");
}

#[test]
fn a_check_by_key_has_a_cost() {
    let limiter = Limiter::new(policy("api", "10 per minute")).clock(ManualClock::default());
    let check = |cost| limiter.check_key(&("tenant", 7), cost);
    assert!(matches!(check(4), Decision::Allowed(standing) if standing.remaining() == 6));
    assert!(matches!(
        check(7),
        Decision::Refused(Rejection::Limited { standing, wait, .. })
            if standing.remaining() == 6 && wait == Duration::from_secs(6)
    ));
    assert!(matches!(check(6), Decision::Allowed(standing) if standing.remaining() == 0));
    assert!(matches!(check(11), Decision::Refused(Rejection::NeverPossible { .. })));
    // Joined keys are told apart, however they are cut.
    let joined = |a: &str, b: &str| limiter.check_key(&(a, b), 10);
    assert!(matches!(joined("ab", "c"), Decision::Allowed(_)));
    assert!(matches!(joined("a", "bc"), Decision::Allowed(_)));
    assert!(matches!(joined("ab", "c"), Decision::Refused(_)));
}

#[test]
fn another_clock_starts_from_an_empty_store() {
    let clock = ManualClock::default();
    clock.advance(Duration::from_secs(86_400));
    let limiter = Limiter::new(policy("api", Quota::per_minute(1).to_string().as_str()));
    let limiter = limiter.clock(clock);
    assert!(matches!(limiter.check(client()), Decision::Allowed(_)));
    assert!(matches!(limiter.check(client()), Decision::Refused(_)));
    assert_eq!(occupied(&limiter), 1);
    let limiter = limiter.clock(ManualClock::default());
    assert_eq!(occupied(&limiter), 0);
    assert!(matches!(limiter.check(client()), Decision::Allowed(_)));
}

fn occupied(limiter: &Limiter) -> usize {
    limiter.usage().iter().map(|usage| usage.occupied).sum()
}

fn client() -> ClientAddr {
    ClientAddr::new("203.0.113.9".parse().unwrap())
}
