//! Clocks that step back and forth by a day, behind the layer: a time of day that is set, and ticks
//! that no clock of the house would count.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use proptest::collection::vec;
use proptest::prelude::*;
use rempart_core::{Clock, ManualClock, Reason, Refused};
use rempart_rate_limit::{Counting, Limit, LimitedBody, Policy, PolicyBuilder, RateLimitLayer};
use tower::util::BoxCloneSyncService;
use tower::{Layer, Service};

use crate::rig::{SetClock, from};

const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const DAY: u64 = 86_400 * SECOND;

/// Every kind allows so many in a minute, or at once.
const LIMIT: usize = 10;
const BAN: &str = "after 5 denials in 1 minute for 2 minutes up to 8 minutes";
const LONGEST_BAN: u64 = 8 * MINUTE;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Bucket,
    Window,
    Flights,
}

impl Kind {
    fn limit(self) -> Limit {
        match self {
            Self::Bucket => Limit::new("calls", "10 per minute"),
            Self::Window => Limit::strict_window("calls", "10 per minute"),
            Self::Flights => Limit::concurrency("calls", 10),
        }
    }
}

/// How a request ends, when it does.
#[derive(Clone)]
struct End(Arc<AtomicU8>);

const UNDER_WAY: u8 = 0;
const WELL: u8 = 1;
const BADLY: u8 = 2;

type Answer = Result<Response<LimitedBody<Full<Bytes>>>, Infallible>;
type Served = BoxCloneSyncService<Request<()>, Response<LimitedBody<Full<Bytes>>>, Infallible>;
type Waiting = Pin<Box<dyn Future<Output = Answer> + Send>>;

fn service(policy: PolicyBuilder, clock: impl Clock + 'static) -> Served {
    let inner = tower::service_fn(|request: Request<()>| {
        let End(end) = request.extensions().get::<End>().unwrap().clone();
        poll_fn(move |_| match end.load(Ordering::Relaxed) {
            UNDER_WAY => Poll::Pending,
            end => {
                let mut response = Response::new(Full::default());
                if end == BADLY {
                    *response.status_mut() = StatusCode::UNAUTHORIZED;
                }
                Poll::Ready(Ok::<_, Infallible>(response))
            }
        })
    });
    let layer = RateLimitLayer::new(policy.build().unwrap()).clock(clock);
    BoxCloneSyncService::new(layer.layer(inner))
}

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    /// The clock goes a day back, or a day forth.
    Back,
    Forth,
    Ask(u8),
    /// Of those under way, this one ends, well or badly.
    End(prop::sample::Index, bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0..4 * SECOND).prop_map(Step::Wait),
        2 => (0..90 * SECOND).prop_map(Step::Wait),
        1 => Just(Step::Back),
        1 => Just(Step::Forth),
        30 => (0_u8..3).prop_map(Step::Ask),
        12 => (any::<prop::sample::Index>(), any::<bool>())
            .prop_map(|(which, well)| Step::End(which, well)),
    ];
    vec(step, 1..600)
}

/// What becomes of one client, by the time that really passed.
#[derive(Default)]
struct Client {
    /// When it was admitted, and how that ended.
    admitted: Vec<(u64, Arc<AtomicU8>)>,
    /// Since when it was refused each time, by a limit and by a ban.
    limited: Option<u64>,
    banned: Option<u64>,
}

struct World {
    service: Served,
    clock: SetClock,
    kind: Kind,
    counting: Counting,
    /// What really passed, and what the clock says beyond that.
    now: u64,
    ahead: i64,
    forth: Vec<u64>,
    clients: [Client; 3],
    under_way: Vec<(u8, Arc<AtomicU8>, Waiting)>,
}

impl World {
    fn new(kind: Kind, counting: Counting, bans: bool) -> Self {
        let clock = SetClock::default();
        let policy = Policy::builder("api").limit(kind.limit().counting(counting));
        let policy = if bans { policy.bans(BAN.parse().unwrap()) } else { policy };
        // So many days that it can go back.
        let (now, ahead) = (0, 1_000 * i64::try_from(DAY).unwrap());
        let mut world = Self {
            service: service(policy, clock.clone()),
            clock,
            kind,
            counting,
            now,
            ahead,
            forth: Vec::new(),
            clients: Default::default(),
            under_way: Vec::new(),
        };
        world.set();
        world
    }

    fn set(&mut self) {
        self.clock.set(self.now.checked_add_signed(self.ahead).unwrap());
    }

    fn step_clock(&mut self, by: i64) {
        self.ahead += by;
        self.set();
        // Whoever is refused from now on is refused for no longer than any other.
        for client in &mut self.clients {
            (client.limited, client.banned) = (None, None);
        }
    }

    fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let day = i64::try_from(DAY).unwrap();
        match step {
            Step::Wait(nanoseconds) => {
                self.now += nanoseconds;
                self.set();
            }
            Step::Back => self.step_clock(-day),
            Step::Forth => {
                self.step_clock(day);
                self.forth.push(self.now);
            }
            Step::Ask(client) => self.ask(*client)?,
            Step::End(which, well) => {
                if !self.under_way.is_empty() {
                    let (_, end, mut waiting) =
                        self.under_way.remove(which.index(self.under_way.len()));
                    end.store(if *well { WELL } else { BADLY }, Ordering::Relaxed);
                    prop_assert!(poll(&mut waiting).is_ready());
                }
            }
        }
        Ok(())
    }

    fn ask(&mut self, client: u8) -> Result<(), TestCaseError> {
        let end = Arc::new(AtomicU8::new(UNDER_WAY));
        let mut request = from(&format!("203.0.113.{client}"));
        request.extensions_mut().insert(End(Arc::clone(&end)));
        let mut waiting: Waiting = Box::pin(self.service.call(request));
        let in_flight = self.under_way.iter().filter(|(of, ..)| *of == client).count();
        let Poll::Ready(answer) = poll(&mut waiting) else {
            self.under_way.push((client, Arc::clone(&end), waiting));
            return self.admitted(client, end, in_flight);
        };
        let (head, _) = answer.unwrap().into_parts();
        prop_assert_eq!(head.status, StatusCode::TOO_MANY_REQUESTS);
        let wait: u64 = head.headers["retry-after"].to_str().unwrap().parse().unwrap();
        let why = head.extensions.get::<Refused>().unwrap().reason;
        let of = &mut self.clients[usize::from(client)];
        if why == Reason::Banned {
            let since = self.now - *of.banned.get_or_insert(self.now);
            prop_assert!(since < LONGEST_BAN && wait * SECOND <= LONGEST_BAN, "banned for longer");
            of.limited = None;
        } else if self.kind == Kind::Flights {
            prop_assert_eq!(in_flight, LIMIT, "there was room");
            of.banned = None;
        } else {
            let since = self.now - *of.limited.get_or_insert(self.now);
            prop_assert!(since < MINUTE && wait * SECOND <= MINUTE, "blocked for {} ns", since);
            of.banned = None;
        }
        Ok(())
    }

    /// Never more than the quota in a minute that really passed, but for what a clock that went
    /// forth has let come back.
    fn admitted(
        &mut self,
        client: u8,
        end: Arc<AtomicU8>,
        in_flight: usize,
    ) -> Result<(), TestCaseError> {
        let of = &mut self.clients[usize::from(client)];
        (of.limited, of.banned) = (None, None);
        if self.kind == Kind::Flights {
            prop_assert!(in_flight < LIMIT, "{} in flight", in_flight + 1);
            return Ok(());
        }
        of.admitted.push((self.now, end));
        let is_charged = |end: &AtomicU8| {
            self.counting == Counting::Requests || end.load(Ordering::Relaxed) != WELL
        };
        let within = |at: u64| self.now - at < MINUTE;
        let charged = of.admitted.iter().filter(|(at, end)| within(*at) && is_charged(end)).count();
        let forth = self.forth.iter().filter(|at| within(**at)).count();
        let most = LIMIT * (1 + forth) + if self.kind == Kind::Bucket { LIMIT } else { 0 };
        prop_assert!(charged <= most, "{} admitted, {} at most", charged, most);
        Ok(())
    }
}

fn poll(waiting: &mut Waiting) -> Poll<Answer> {
    waiting.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_clock_that_steps_by_a_day_blocks_nobody_for_long_and_gives_nobody_more(
        steps in steps(),
        kind in prop_oneof![Just(Kind::Bucket), Just(Kind::Window), Just(Kind::Flights)],
        counting in prop_oneof![Just(Counting::Requests), Just(Counting::Failures)],
        bans in any::<bool>(),
    ) {
        let mut world = World::new(kind, counting, bans);
        for step in &steps {
            world.take(step)?;
        }
    }

    #[test]
    fn the_time_of_day_means_nothing_to_a_limit(
        steps in steps(),
        kind in prop_oneof![Just(Kind::Bucket), Just(Kind::Window), Just(Kind::Flights)],
    ) {
        let run = |is_set: bool| {
            let clock = ManualClock::at(Duration::from_nanos(1_000 * DAY));
            let policy = Policy::builder("api").limit(kind.limit()).bans(BAN.parse().unwrap());
            let mut service = service(policy, clock.clone());
            let (mut told, mut under_way) = (Vec::new(), Vec::new());
            for step in &steps {
                let day = Duration::from_nanos(DAY);
                match step {
                    Step::Wait(nanoseconds) => clock.advance(Duration::from_nanos(*nanoseconds)),
                    Step::Back if is_set => clock.set_unix(clock.unix().saturating_sub(day)),
                    Step::Forth if is_set => clock.set_unix(clock.unix() + day),
                    Step::Back | Step::Forth | Step::End(..) => {}
                    Step::Ask(client) => {
                        let mut request = from(&format!("203.0.113.{client}"));
                        request.extensions_mut().insert(End(Arc::new(AtomicU8::new(UNDER_WAY))));
                        let mut waiting: Waiting = Box::pin(service.call(request));
                        let answer = match poll(&mut waiting) {
                            Poll::Ready(answer) => Some(answer.unwrap().headers().clone()),
                            Poll::Pending => None,
                        };
                        told.push(answer);
                        under_way.push(waiting);
                    }
                }
            }
            told
        };
        prop_assert_eq!(run(false), run(true));
    }
}
