//! A cost that is known when the request has been served.

use std::convert::Infallible;
use std::future::ready;
use std::time::Duration;

use bytes::Bytes;
use http::{Extensions, HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use proptest::collection::vec;
use proptest::prelude::*;
use rempart_core::{Live, ManualClock};
use rempart_rate_limit::{
    By, ConfigError, Counting, Limit, LimitedBody, Limiter, Policy, Quota, RateError,
    RateLimitLayer, Rejection,
};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::counting::Trailers;
use crate::rig::{SetClock, from, send, text};

/// What the handler says that a request has cost.
#[derive(Clone)]
struct Cost(u32);

fn tokens(limit: Limit) -> Limit {
    limit.settle(|_, _, extensions| extensions.get::<Cost>().map(|cost| cost.0))
}

fn policy(limit: Limit) -> Policy {
    Policy::builder("models").limit(limit).build().unwrap()
}

/// Answers with the status and at the cost that the path asks for.
async fn answering(request: Request<()>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut asked = request.uri().path().trim_start_matches('/').split('/');
    let mut response = Response::new(Full::default());
    *response.status_mut() = asked.next().unwrap().parse().unwrap();
    if let Some(cost) = asked.next() {
        response.extensions_mut().insert(Cost(cost.parse().unwrap()));
    }
    Ok(response)
}

fn asking(path: &str, reserved: u32) -> Request<()> {
    let mut request = from("203.0.113.9");
    *request.uri_mut() = path.parse().unwrap();
    request.headers_mut().insert("x-cost", reserved.into());
    request
}

/// What the next request finds: how many are left of ten an hour, or for how many seconds it waits.
async fn left<S>(service: S) -> Result<u32, u32>
where
    S: Service<Request<()>, Response = Response<LimitedBody<Full<Bytes>>>, Error = Infallible>,
{
    let (status, headers, _) = send(service, asking("/200/0", 1)).await;
    if status == StatusCode::OK {
        let rest = text(&headers, "ratelimit").unwrap().split_once(";r=").unwrap().1;
        // One of them was this look, which has cost nothing in the end.
        return Ok(rest.split_once(";t=").unwrap().0.parse::<u32>().unwrap() + 1);
    }
    Err(text(&headers, "retry-after").unwrap().parse().unwrap())
}

#[tokio::test]
async fn what_a_handler_says_is_what_is_charged() {
    let cost: fn(&HeaderMap, &Extensions) -> u32 =
        |headers, _| headers["x-cost"].to_str().unwrap().parse().unwrap();
    let ten = || tokens(Limit::new("tokens", "10 per hour").cost(cost));
    let log = || tokens(Limit::strict_window("tokens", "10 per hour").cost(cost));
    let failing = || ten().overdraft(5).counting(Counting::Failures);
    // The limit, what is charged before, the answer and what it says; what is left of ten, or the
    // wait in seconds, of which a request takes 360.
    let rows = [
        (ten(), 1, "/200", Ok(9)),
        (ten(), 1, "/200/1", Ok(9)),
        (ten(), 1, "/200/0", Ok(10)),
        (ten(), 1, "/200/4", Ok(6)),
        (ten(), 1, "/500/4", Ok(6)),
        (ten(), 0, "/200/4", Ok(6)),
        (ten(), 0, "/200", Ok(9)),
        (ten(), 8, "/200", Ok(2)),
        (ten(), 8, "/200/3", Ok(7)),
        (ten(), 8, "/200/10", Err(360)),
        (ten(), 8, "/200/4000000000", Err(360)),
        (ten().overdraft(5), 1, "/200/12", Err(3 * 360)),
        (ten().overdraft(5), 10, "/200/15", Err(6 * 360)),
        (ten().overdraft(5), 10, "/200/4000000000", Err(6 * 360)),
        (failing(), 1, "/200/12", Ok(10)),
        (failing(), 1, "/401/12", Err(3 * 360)),
        (log(), 1, "/200/7", Ok(3)),
        (log(), 7, "/200/2", Ok(8)),
        (log(), 7, "/200/4000000000", Err(3600)),
        (log(), 7, "/200/10", Err(3600)),
    ];
    for (row, (limit, reserved, path, want)) in rows.into_iter().enumerate() {
        let layer = RateLimitLayer::new(policy(limit)).clock(ManualClock::default());
        let service = layer.layer(service_fn(answering));
        let (status, ..) = send(service.clone(), asking(path, reserved)).await;
        assert_ne!(status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(left(service).await, want, "{row}: {reserved}, {path}");
    }
}

/// What one tier may run up is its own burst and overdraft, and not another one's.
#[test]
fn a_tier_owes_no_more_than_its_own_overdraft() {
    #[derive(Clone, PartialEq)]
    struct Pro;
    // The quota, that of the tier, the overdraft, and how long the tier waits after a huge cost.
    let rows = [
        ("100 per hour", "1000 per minute", 0, 1),
        ("100 per minute", "1000 per minute", 10_000, 10 * 60 + 1),
    ];
    for (quota, of_tier, overdraft, seconds) in rows {
        let limit = tokens(Limit::new("tokens", quota)).tier(Pro, of_tier).overdraft(overdraft);
        let layer = RateLimitLayer::new(policy(limit)).clock(ManualClock::default());
        let service = layer.layer(service_fn(answering));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let ask = || {
            let mut request = asking("/200/4000000000", 1);
            request.extensions_mut().insert(Pro);
            runtime.block_on(send(service.clone(), request))
        };
        assert_eq!(ask().0, StatusCode::OK);
        let (_, headers, _) = ask();
        let wait: u32 = text(&headers, "retry-after").unwrap().parse().unwrap();
        assert_eq!(wait, seconds, "{of_tier}, {overdraft}");
    }
}

/// Nothing is charged before it: all of it is charged then.
#[test]
fn what_is_paid_afterwards_is_paid() {
    for limit in
        [Limit::new("tokens", "10 per hour"), Limit::strict_window("tokens", "10 per hour")]
    {
        let limiter = Limiter::new(policy(limit)).clock(ManualClock::default());
        limiter.reserve_key("t", 0).unwrap().settle(7);
        assert!(limiter.reserve_key("t", 4).is_err());
        limiter.reserve_key("t", 3).unwrap().give_back();
    }
}

/// What a limit on trial would have refused, it does not charge, whatever it costs in the end.
#[test]
fn what_a_limit_on_trial_did_not_charge_is_not_settled() {
    for on_trial in [Limit::new("new", "2 per hour"), Limit::strict_window("new", "2 per hour")] {
        let policy = |limit: Limit| {
            let old = Limit::new("old", "100 per hour");
            Policy::builder("api").limit(limit).limit(old).build().unwrap()
        };
        let live = Live::new(policy(on_trial.clone().on_trial()));
        let limiter = Limiter::new(live.clone()).clock(ManualClock::default());
        limiter.reserve_key("t", 3).unwrap().settle(9);
        live.store(policy(on_trial));
        assert!(limiter.reserve_key("t", 2).is_ok());
    }
}

#[tokio::test]
async fn nobody_who_owes_a_whole_burst_runs_up_more() {
    let limit = tokens(Limit::new("tokens", "10 per hour").cost(|_, _| 0).overdraft(1_000));
    let layer = RateLimitLayer::new(policy(limit)).clock(ManualClock::default());
    let service = layer.layer(service_fn(answering));
    let mut served = 0;
    for _ in 0..100 {
        let (status, ..) = send(service.clone(), asking("/200/5", 0)).await;
        served += u32::from(status == StatusCode::OK);
    }
    assert_eq!(served, 2);
}

#[tokio::test]
async fn what_only_the_trailers_settle_waits_for_them() {
    let rows = [(Some("0"), Ok(10)), (Some("13"), Err(3 * 360)), (None, Err(3 * 360))];
    for (status, want) in rows {
        let limit = tokens(Limit::new("tokens", "10 per hour").overdraft(5));
        let limit = limit.counting(Counting::Failures);
        let limiter = Limiter::new(policy(limit)).clock(ManualClock::default());
        let streaming = service_fn(move |_: Request<()>| {
            let trailers = status.map(|status| {
                HeaderMap::from_iter([("grpc-status".parse().unwrap(), status.parse().unwrap())])
            });
            let mut response = Response::new(Trailers(trailers));
            response.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
            response.extensions_mut().insert(Cost(12));
            ready(Ok::<_, Infallible>(response))
        });
        let service = RateLimitLayer::sharing(&limiter).layer(streaming);
        let response = service.oneshot(from("203.0.113.9")).await.unwrap();
        let plain = RateLimitLayer::sharing(&limiter).layer(service_fn(answering));
        // As long as nobody knows, it is what was charged before.
        assert_eq!(left(plain.clone()).await, Ok(9), "{status:?}");
        let _ = response.into_body().collect().await.unwrap();
        assert_eq!(left(plain).await, want, "{status:?}");
    }
}

#[test]
fn a_clock_that_steps_back_blocks_nobody_for_longer_than_the_debt() {
    let (clock, minute) = (SetClock::default(), 60_000_000_000_u64);
    clock.set(1_000_000 * minute);
    let limit = Limit::new("tokens", "10 per hour").overdraft(5);
    let limiter = Limiter::new(policy(limit)).clock(clock.clone());
    limiter.reserve_key("t", 1).unwrap().settle(15);
    clock.set(500_000 * minute);
    let Err(Rejection::Limited { wait, .. }) = limiter.reserve_key("t", 1).map(drop) else {
        panic!("it owes")
    };
    assert_eq!(wait, Duration::from_secs(6 * 360));
}

#[test]
fn an_overdraft_is_of_rates_alone_and_pays_in_time() {
    let faults = |limit: Limit| -> Vec<_> {
        let policy = Policy::builder("x").limit(limit).build();
        policy.unwrap_err().into_iter().map(|fault| fault.to_string()).collect()
    };
    let named = |fault: &ConfigError| format!("limit `tokens`: {fault}");
    let strict = Limit::strict_window("tokens", "10 per hour");
    let rows = [
        (strict.clone().overdraft(1), named(&ConfigError::Overdraft)),
        (strict.overdraft(1).tier(7_u8, "5 per hour"), named(&ConfigError::Overdraft)),
        (Limit::concurrency("tokens", 7).overdraft(1), named(&ConfigError::Overdraft)),
        (tokens(Limit::concurrency("tokens", 7)), named(&ConfigError::NothingToSettle)),
        (
            Limit::new("tokens", "1 per 365 days").overdraft(u32::MAX),
            named(&ConfigError::Rate(RateError::TooLong)),
        ),
        (
            Limit::new("tokens", "1 per second").tier(7_u8, "1 per 365 days").overdraft(u32::MAX),
            named(&ConfigError::Tier {
                tier: 1,
                fault: Box::new(ConfigError::Rate(RateError::TooLong)),
            }),
        ),
    ];
    for (limit, want) in rows {
        assert_eq!(faults(limit), [want]);
    }
}

#[test]
fn a_limit_that_is_settled_holds_nobody_who_makes_up_names() {
    // What it charges may come to nothing.
    let names = Limit::new("names", "10 per hour").by(By::header("x-name".parse().unwrap()));
    let beside = |limit| Policy::builder("x").limit(names.clone()).limit(limit).build();
    assert!(beside(Limit::new("all", "10 per hour")).is_ok());
    assert!(beside(tokens(Limit::new("all", "10 per hour"))).is_err());
}

proptest! {
    /// Reserved, what it cost in the end, and how long until the next one, held to a debt that is
    /// counted in whole seconds.
    #[test]
    fn debts_are_what_was_spent(
        burst in 1_u32..20,
        overdraft in 0_u32..30,
        requests in vec((0_u32..24, 0_u32..60, 0_u64..30), 1..60),
    ) {
        let clock = ManualClock::default();
        let quota = Quota::per_second(1).with_burst(burst);
        let limiter = Limiter::new(policy(Limit::new("tokens", quota).overdraft(overdraft)));
        let limiter = limiter.clock(clock.clone());
        let mut debt = 0_u64;
        for (reserved, cost, pause) in requests {
            let (charge, full) = (u64::from(reserved), u64::from(burst));
            match limiter.reserve_key("t", reserved) {
                Ok(reservation) => {
                    prop_assert!(debt + charge <= full);
                    reservation.settle(cost);
                    debt = if cost <= reserved {
                        debt + u64::from(cost)
                    } else {
                        (debt + u64::from(cost)).min(full + u64::from(overdraft))
                    };
                }
                Err(Rejection::NeverPossible { .. }) => prop_assert!(charge > full),
                Err(Rejection::Limited { wait, .. }) => {
                    prop_assert_eq!(wait, Duration::from_secs(debt + charge - full));
                }
                Err(other) => prop_assert!(false, "{:?}", other),
            }
            clock.advance(Duration::from_secs(pause));
            debt = debt.saturating_sub(pause);
        }
    }
}
