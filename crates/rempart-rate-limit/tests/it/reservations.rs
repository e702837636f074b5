//! What is reserved, and what of it comes back.

use std::time::Duration;

use rempart_core::{Live, ManualClock};
use rempart_rate_limit::{Decision, Limit, Limiter, Policy, Reservation};

use crate::rig::SetClock;

#[test]
fn what_is_given_back_is_what_is_left_of_the_charge() {
    // 10 a minute: 6 s each.
    let clock = ManualClock::default();
    let limiter = Limiter::new(Policy::new("api", "10 per minute").unwrap()).clock(clock.clone());
    let remaining = |limiter: &Limiter| match limiter.check_key("t", 0) {
        Decision::Allowed(standing) => standing.remaining(),
        Decision::Refused(_) => panic!("a peek is always allowed"),
    };
    let first = limiter.reserve_key("t", 4).unwrap();
    assert_eq!((first.standing().remaining(), remaining(&limiter)), (6, 6));
    first.give_back();
    assert_eq!(remaining(&limiter), 10);

    // Paid by time meanwhile: another's debt is not forgiven for it.
    let first = limiter.reserve_key("t", 4).unwrap();
    clock.advance(Duration::from_secs(24));
    let _kept = limiter.reserve_key("t", 5).unwrap();
    first.give_back();
    assert_eq!(remaining(&limiter), 5);

    // Half of it paid: half of it comes back.
    clock.advance(Duration::from_secs(60));
    let first = limiter.reserve_key("t", 4).unwrap();
    let _kept = limiter.reserve_key("t", 2).unwrap();
    clock.advance(Duration::from_secs(12));
    first.give_back();
    assert_eq!(remaining(&limiter), 8);
}

#[test]
fn what_was_reserved_beyond_the_true_cost_comes_back() {
    let clock = ManualClock::default();
    let policy = Policy::builder("tokens")
        .limit(Limit::new("tokens", "10 per minute"))
        .limit(Limit::strict_window("window", "10 per minute"))
        .limit(Limit::concurrency("flights", 10));
    let limiter = Limiter::new(policy.build().unwrap()).clock(clock.clone());
    // Reserved, what it cost, what both limits have room for.
    let rows = [(6, 2, 8), (8, 0, 8), (3, 3, 5), (1, 4, 1), (1, 9, 0)];
    for (reserved, cost, left) in rows {
        limiter.reserve_key("t", reserved).unwrap().settle(cost);
        assert!(limiter.reserve_key("t", left + 1).is_err(), "{reserved}, {cost}");
        limiter.reserve_key("t", left).unwrap().give_back();
    }

    // Of what time has paid meanwhile, nothing comes back: two of six are left of the debt.
    let limiter = Limiter::new(Policy::new("api", "10 per minute").unwrap()).clock(clock.clone());
    let reserved = limiter.reserve_key("t", 6).unwrap();
    clock.advance(Duration::from_secs(24));
    reserved.settle(1);
    let Decision::Allowed(standing) = limiter.check_key("t", 0) else { panic!("a peek") };
    assert_eq!(standing.remaining(), 10);
}

#[test]
fn a_clock_that_steps_back_before_it_mints_nothing() {
    let clock = ManualClock::default();
    clock.advance(Duration::from_secs(1_000_000));
    let limiter = Limiter::new(Policy::new("api", "10 per minute").unwrap()).clock(clock.clone());
    let _kept = limiter.reserve_key("t", 6).unwrap();
    let given = limiter.reserve_key("t", 4).unwrap();
    given.give_back();
    let Decision::Allowed(standing) = limiter.check_key("t", 0) else { panic!("a peek") };
    assert_eq!(standing.remaining(), 4);
}

#[test]
fn what_was_cut_from_a_debt_is_not_given_back() {
    let left = |limiter: &Limiter| match limiter.check_key("t", 0) {
        Decision::Allowed(standing) => standing.remaining(),
        Decision::Refused(_) => panic!("a peek is always allowed"),
    };
    let policy = |quota| Policy::new("api", quota).unwrap();
    let charged = |limiter: &Limiter, times| {
        (0..times).map(|_| limiter.reserve_key("t", 1).unwrap()).collect::<Vec<_>>()
    };
    // By a shorter quota that takes the place of a longer one, and has met the debt.
    let live = Live::new(policy("10 per hour"));
    let limiter = Limiter::new(live.clone()).clock(ManualClock::default());
    let mut before = charged(&limiter, 10);
    live.store(policy("10 per minute"));
    assert!(limiter.reserve_key("t", 1).is_err());
    before.pop().unwrap().give_back();
    assert_eq!(left(&limiter), 0, "nine others are still charged, and owe a minute and more");
    // Nor if the longer one comes back meanwhile.
    live.store(policy("10 per hour"));
    before.pop().unwrap().give_back();
    assert_eq!(left(&limiter), 9, "of an hour, a minute is owed");

    // By a clock that steps back.
    let (clock, second) = (SetClock::default(), 1_000_000_000);
    clock.set(1_000_000 * second);
    let limiter = Limiter::new(policy("10 per minute")).clock(clock.clone());
    let before = charged(&limiter, 10);
    clock.set(900_000 * second);
    assert!(limiter.reserve_key("t", 1).is_err());
    before.into_iter().for_each(Reservation::give_back);
    assert_eq!(left(&limiter), 0);
    clock.set(900_060 * second);
    assert_eq!(left(&limiter), 10);

    // Where nothing was cut, it is as if there had been no charge: under a longer quota too.
    let live = Live::new(policy("10 per minute"));
    let limiter = Limiter::new(live.clone()).clock(ManualClock::default());
    let before = charged(&limiter, 5);
    live.store(policy("10 per hour"));
    assert_eq!(left(&limiter), 9, "half a minute is owed");
    before.into_iter().for_each(Reservation::give_back);
    assert_eq!(left(&limiter), 10);
}
