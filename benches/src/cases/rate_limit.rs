use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use axum::body::Body;
use governor::RateLimiter;
use http::{Request, Response};
use rempart_core::{ClientAddr, Clock};
use rempart_rate_limit::{
    Admission, Announce, Decision, Limit, Limiter, Policy, Quota, RateLimit, RateLimitLayer,
    StrictWindow, WhenFull, WindowStore,
};
use tower::{Layer, Service};

use crate::drive::{Inner, Shape, Xorshift, address, bare, sending, sending_by};
use crate::{Case, Ceiling, Runner, Side};

const CLIENTS: u32 = 100_000;
/// Each comes now and then, a thousand requests apart.
const VISITORS: u32 = 1_000;
/// Each comes again and again.
const REGULARS: u32 = 20_000;
const RIVAL: &str = "tower_governor 0.8";
const OTHER: &str = "axum-governor 2.1";

/// A client that is never refused: nobody measures for so long.
const HUGE: Quota = Quota::per_second(1_000_000);
/// A client that is never refused, and is never idle: nobody measures for so long.
const DEEP: Quota = Quota::per_second(1).with_burst(100_000_000);
/// Clients that are never idle: each pays three seconds for a request and comes several times in one.
/// All of them together are not refused for five million requests, and nobody measures for so long.
const BUSY: Quota = Quota::per_minute(20).with_burst(256);
/// A strict window that few of its clients use up.
const TEN: Quota = Quota::per_minute(10);
/// A client that is refused from its second request on.
const TINY: Quota = Quota::per_hour(1);

pub(super) fn ours(quota: Quota, announce: Announce) -> RateLimitLayer {
    let policy = Policy::builder("bench").quota(quota).announce(announce).build();
    RateLimitLayer::new(policy.expect("a policy without a fault"))
}

fn layered(quota: Quota, announce: Announce) -> RateLimit<Inner> {
    ours(quota, announce).layer(Inner)
}

/// The rival with the same rate and burst. It makes its layer's type of whether it tells of the
/// quota, so a macro and no function.
macro_rules! theirs {
    ($quota:expr $(, $headers:ident)?) => {{
        let mut config = ::tower_governor::governor::GovernorConfigBuilder::default();
        let quota: ::rempart_rate_limit::Quota = $quota;
        config.period(quota.period() / quota.limit()).burst_size(quota.burst());
        let config = config$(.$headers())?.finish().expect("a quota above nothing");
        let config = ::std::sync::Arc::new(config);
        ::tower_governor::GovernorLayer::<_, _, ::axum::body::Body>::new(config)
    }};
}
pub(super) use theirs;

/// The other rival, which does not sweep meanwhile.
fn axum_governor(quota: axum_governor::Quota) -> axum_governor::GovernorLayer<IpAddr> {
    let config = axum_governor::GovernorConfigBuilder::default()
        .with_extractor(axum_governor::extractor::PeerIp::default())
        .expect_connect_info()
        .quota_default(quota)
        .body_preset(axum_governor::BodyPreset::ProblemJson)
        .gc_disable();
    axum_governor::GovernorLayer::new(config.finish().expect("a quota above nothing"))
}

fn one() -> Shape {
    Shape::get().from(address(1))
}

/// Requests of clients that have come before, and are in debt still.
fn staying<S, B: 'static>(service: S) -> Runner
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + 'static,
{
    sending_by(service, REGULARS, one(), status)
}

/// Requests of clients that come now and then.
fn visiting<S, B: 'static>(service: S) -> Runner
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + 'static,
{
    sending_by(service, VISITORS, one(), status)
}

fn project<B>(response: &Response<B>) -> String {
    let waits = response.headers().contains_key("retry-after");
    let waits = if waits { ", retry later" } else { "" };
    format!("{}{waits}", response.status().as_str())
}

fn status<B>(response: &Response<B>) -> String {
    response.status().as_str().to_owned()
}

/// The `nth` of many clients, half of which have an IPv6 network each.
fn client(nth: u32) -> ClientAddr {
    ClientAddr::new(match address(nth) {
        IpAddr::V4(address) if nth.is_multiple_of(2) => {
            IpAddr::V6(Ipv6Addr::from((0x2001 << 112) | (u128::from(address.to_bits()) << 64) | 1))
        }
        address => address,
    })
}

/// The check alone, for a client that is one of many; `made` sets up what checks.
fn among_many(mut check: impl FnMut(ClientAddr) -> bool + 'static) -> Runner {
    for nth in 0..CLIENTS {
        check(client(nth));
    }
    let mut random = Xorshift::new();
    Runner::new(
        move || check(client(random.below(CLIENTS))),
        |allowed| format!("allowed: {allowed}"),
    )
}

/// A policy with room for all of them.
fn for_many() -> Policy {
    let limit = Limit::new("bench", HUGE).capacity(CLIENTS as usize);
    Policy::builder("bench").limit(limit).build().expect("a policy without a fault")
}

fn limited(limiter: Limiter) -> Runner {
    among_many(move |client| matches!(limiter.check(client), Decision::Allowed(_)))
}

/// Stands still, and costs nothing to read.
#[derive(Clone, Copy)]
struct Stopped;

impl Clock for Stopped {
    fn ticks(&self) -> u64 {
        0
    }

    fn unix(&self) -> Duration {
        Duration::ZERO
    }
}

/// What a decision is held against: the least that any limiter with a map does.
fn looked_up() -> Side {
    Side::new("std HashMap, one lookup", || {
        let clients = (0..CLIENTS).map(|nth| (client(nth).ip(), u64::from(nth)));
        let map: HashMap<IpAddr, u64> = clients.collect();
        among_many(move |client| map.contains_key(&client.ip()))
    })
}

fn choosing() -> Runner {
    let mut random = Xorshift::new();
    Runner::new(move || client(random.below(CLIENTS)), |_| String::new())
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = layers();
    cases.extend(beside_axum_governor());
    cases.extend(decisions());
    cases
}

fn layers() -> Vec<Case> {
    vec![
        Case {
            name: "rate-limit/allowed/silent",
            bare: bare(&one()),
            ours: Side::new("rempart-rate-limit", || {
                sending(layered(HUGE, Announce::Never), one(), status)
            }),
            rival: Some(Side::new(RIVAL, || sending(theirs!(HUGE).layer(Inner), one(), status))),
            projection: "status",
            ceilings: vec![Ceiling::Instructions(585.0), Ceiling::Allocations(0.0)],
        },
        Case {
            name: "rate-limit/allowed/telling",
            bare: Side::new("bare", || visiting(Inner)),
            ours: Side::new("rempart-rate-limit", || visiting(layered(HUGE, Announce::Always))),
            rival: Some(Side::new(RIVAL, || visiting(theirs!(HUGE, use_headers).layer(Inner)))),
            projection: "status",
            ceilings: vec![
                Ceiling::Instructions(1_280.0),
                Ceiling::InstructionsOfRival(0.5),
                Ceiling::Allocations(0.0),
            ],
        },
        Case {
            name: "rate-limit/allowed/telling/busy",
            bare: Side::new("bare", || staying(Inner)),
            ours: Side::new("rempart-rate-limit", || staying(layered(BUSY, Announce::Always))),
            rival: Some(Side::new(RIVAL, || staying(theirs!(BUSY, use_headers).layer(Inner)))),
            projection: "status",
            ceilings: vec![
                Ceiling::Instructions(1_280.0),
                Ceiling::InstructionsOfRival(0.5),
                Ceiling::Allocations(0.0),
            ],
        },
        Case {
            name: "rate-limit/allowed/telling/deep",
            bare: bare(&one()),
            ours: Side::new("rempart-rate-limit", || {
                sending(layered(DEEP, Announce::Always), one(), status)
            }),
            rival: Some(Side::new(RIVAL, || {
                sending(theirs!(DEEP, use_headers).layer(Inner), one(), status)
            })),
            projection: "status",
            ceilings: vec![
                Ceiling::Instructions(1_700.0),
                Ceiling::InstructionsOfRival(0.55),
                Ceiling::Allocations(3.0),
            ],
        },
        Case {
            name: "rate-limit/refused",
            bare: bare(&one()),
            ours: Side::new("rempart-rate-limit", || {
                sending(layered(TINY, Announce::Always), one(), project)
            }),
            rival: Some(Side::new(RIVAL, || {
                sending(theirs!(TINY, use_headers).layer(Inner), one(), project)
            })),
            projection: "status, and that a time to wait is told",
            ceilings: vec![
                Ceiling::TimeOf("rate-limit/allowed/telling", 2.0),
                Ceiling::TimeOfRival(0.1),
            ],
        },
    ]
}

fn beside_axum_governor() -> Vec<Case> {
    let million = || axum_governor::Quota::requests_per_second(axum_governor::nz!(1_000_000_u32));
    let hourly = || axum_governor::Quota::requests_per_hour(axum_governor::nz!(1_u32));
    vec![
        Case {
            name: "rate-limit/allowed/axum-governor",
            bare: Side::new("bare", || visiting(Inner)),
            ours: Side::new("rempart-rate-limit", || visiting(layered(HUGE, Announce::Always))),
            rival: Some(Side::new(OTHER, move || visiting(axum_governor(million()).layer(Inner)))),
            projection: "status",
            ceilings: vec![Ceiling::InstructionsOfRival(0.5)],
        },
        Case {
            name: "rate-limit/refused/axum-governor",
            bare: bare(&one()),
            ours: Side::new("rempart-rate-limit", || {
                sending(layered(TINY, Announce::Always), one(), project)
            }),
            rival: Some(Side::new(OTHER, move || {
                sending(axum_governor(hourly()).layer(Inner), one(), project)
            })),
            projection: "status, and that a time to wait is told",
            ceilings: vec![Ceiling::TimeOfRival(0.5)],
        },
    ]
}

/// Without a layer.
fn decisions() -> Vec<Case> {
    vec![
        Case {
            name: "rate-limit/decision/100000",
            bare: Side::new("choosing a client", choosing),
            ours: Side::new("rempart-rate-limit", || {
                limited(Limiter::new(for_many()).clock(Stopped))
            }),
            rival: Some(looked_up()),
            projection: "whether the client is there, or served",
            ceilings: vec![
                Ceiling::Instructions(250.0),
                Ceiling::Allocations(0.0),
                Ceiling::TimeOfRival(0.6),
            ],
        },
        Case {
            name: "rate-limit/check/100000",
            bare: Side::new("choosing a client", choosing),
            ours: Side::new("rempart-rate-limit", || limited(Limiter::new(for_many()))),
            rival: Some(Side::new("governor 0.10, dashmap", || {
                let burst = std::num::NonZeroU32::new(HUGE.burst()).expect("above nothing");
                let limiter = RateLimiter::dashmap(governor::Quota::per_second(burst));
                among_many(move |client| limiter.check_key(&client.ip()).is_ok())
            })),
            projection: "whether the client is served",
            ceilings: vec![
                // A decision and the clock of the standard library.
                Ceiling::Instructions(350.0),
                Ceiling::Allocations(0.0),
                Ceiling::TimeOfRival(1.0),
            ],
        },
        Case {
            name: "rate-limit/window/100000",
            bare: Side::new("choosing a client", choosing),
            ours: Side::new("rempart-rate-limit", || {
                let window = StrictWindow::new(TEN).expect("a window");
                let store = WindowStore::with_capacity(CLIENTS as usize, TEN.limit());
                let (store, mut now) = (store.expect("a table"), 0);
                let mut check = move |client: ClientAddr| {
                    // Each comes every ten seconds, and five or six of its admissions count.
                    now += 100_000;
                    let admission =
                        store.charge(store.client(client), &window, 1, now, WhenFull::Strict);
                    matches!(admission, Admission::Allowed(_))
                };
                let minute = (0..5).flat_map(|_| 0..CLIENTS);
                for nth in minute {
                    check(client(nth));
                }
                among_many(check)
            }),
            rival: Some(looked_up()),
            projection: "whether the client is there, or served",
            // A log of six is walked twice, and lies in three places of the memory; a debt in one.
            ceilings: vec![Ceiling::Instructions(500.0), Ceiling::Allocations(0.0)],
        },
    ]
}
