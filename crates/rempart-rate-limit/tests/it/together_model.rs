//! Decisions on several limits, held to a model that remembers everything: each admission of a
//! window, and of a bucket until when it is in debt.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use rempart_core::ManualClock;
use rempart_rate_limit::{
    Decision, Limit, Limiter, Policy, PolicyBuilder, Quota, Rejection, Reservation,
};

/// How a limit of the model counts, for each of three keys.
#[derive(Clone, Debug)]
enum Counted {
    /// Nanoseconds that a request adds, and how many of them a whole burst is; until when each key
    /// is in debt.
    Bucket { quota: Quota, interval: u64, window: u64, until: [u64; 3] },
    /// How many in how long; when each of them was admitted.
    Window { quota: Quota, admitted: [Vec<u64>; 3] },
    /// How many at once; how many there are.
    Flights { most: u32, in_flight: [u32; 3] },
}

/// What the model says of a request: how long to wait, if it must.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Says {
    Yes,
    Wait(u64),
    Never,
    Busy,
}

impl Counted {
    fn limit(&self, name: &str) -> Limit {
        match self {
            Self::Bucket { quota, .. } => Limit::new(name, *quota),
            Self::Window { quota, .. } => Limit::strict_window(name, *quota),
            Self::Flights { most, .. } => Limit::concurrency(name, *most),
        }
    }

    fn ask(&self, key: usize, cost: u32, now: u64) -> Says {
        match self {
            Self::Bucket { interval, window, until, .. } => {
                let wanted = u64::from(cost) * interval;
                let debt = until[key].saturating_sub(now);
                match (wanted > *window, (debt + wanted).checked_sub(*window)) {
                    (true, _) => Says::Never,
                    (false, None | Some(0)) => Says::Yes,
                    (false, Some(wait)) => Says::Wait(wait),
                }
            }
            Self::Window { quota, admitted } => {
                let (cost, limit) = (cost as usize, quota.limit() as usize);
                let period = nanoseconds(*quota);
                let mut live: Vec<u64> = admitted[key].clone();
                live.retain(|at| now - at < period);
                live.sort_unstable();
                if cost > limit {
                    return Says::Never;
                }
                match (live.len() + cost).checked_sub(limit) {
                    None | Some(0) => Says::Yes,
                    // So many of the oldest have to be a period old.
                    Some(gone) => Says::Wait(live[gone - 1] + period - now),
                }
            }
            Self::Flights { most, .. } if cost > *most => Says::Never,
            Self::Flights { most, in_flight } if in_flight[key] + cost > *most => Says::Busy,
            Self::Flights { .. } => Says::Yes,
        }
    }

    fn charge(&mut self, key: usize, cost: u32, now: u64) {
        match self {
            Self::Bucket { interval, until, .. } => {
                until[key] = until[key].max(now) + u64::from(cost) * *interval;
            }
            Self::Window { admitted, .. } => {
                admitted[key].extend(std::iter::repeat_n(now, cost as usize));
            }
            Self::Flights { in_flight, .. } => in_flight[key] += cost,
        }
    }

    /// What a charge of `then` has left is given back: `until` is what the bucket said then.
    fn give_back(&mut self, key: usize, cost: u32, then: u64, said: u64, now: u64) {
        match self {
            Self::Bucket { interval, until, .. } => {
                let left = (u64::from(cost) * *interval).min(said.saturating_sub(now));
                until[key] -= left;
            }
            Self::Window { admitted, .. } => {
                for _ in 0..cost {
                    if let Some(at) = admitted[key].iter().position(|at| *at == then) {
                        admitted[key].remove(at);
                    }
                }
            }
            Self::Flights { in_flight, .. } => in_flight[key] -= cost,
        }
    }

    fn said(&self, key: usize) -> u64 {
        if let Self::Bucket { until, .. } = self { until[key] } else { 0 }
    }
}

fn nanoseconds(quota: Quota) -> u64 {
    quota.period().as_nanos().try_into().unwrap()
}

/// A limit of which nothing was used yet.
fn limit() -> impl Strategy<Value = Counted> {
    // Periods of less than two seconds, of which a log forgets no nanosecond.
    let quota = || {
        let quota = |(limit, period)| Quota::per_period(limit, Duration::from_millis(period));
        (1_u32..20, 1_u64..1_900).prop_map(quota)
    };
    let bucket = (quota(), 1_u32..20).prop_map(|(quota, burst)| {
        let interval = nanoseconds(quota).div_ceil(quota.limit().into());
        let window = interval * u64::from(burst);
        Counted::Bucket { quota: quota.with_burst(burst), interval, window, until: [0; 3] }
    });
    let window = quota().prop_map(|quota| Counted::Window { quota, admitted: Default::default() });
    let flights = (1_u32..6).prop_map(|most| Counted::Flights { most, in_flight: [0; 3] });
    prop_oneof![3 => bucket, 3 => window, 1 => flights]
}

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Ask {
        key: usize,
        cost: u32,
    },
    /// Of those that are held, this one.
    GiveBack(prop::sample::Index),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => (0_u64..400_000_000).prop_map(Step::Wait),
        6 => (0_usize..3, 0_u32..4).prop_map(|(key, cost)| Step::Ask { key, cost }),
        2 => any::<prop::sample::Index>().prop_map(Step::GiveBack),
    ];
    vec(step, 1..120)
}

/// A reservation that the limiter gave, and what the model knows of it.
struct Held {
    reservation: Reservation,
    key: usize,
    cost: u32,
    then: u64,
    said: Vec<u64>,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn all_are_charged_or_none_and_each_as_if_it_were_alone(
        mut model in vec(limit(), 1..6),
        steps in steps(),
    ) {
        let limits = model.iter().zip(["a", "b", "c", "d", "e"]);
        let limits = limits.map(|(counted, name)| counted.limit(name));
        let policy = limits.fold(Policy::builder("api"), PolicyBuilder::limit);
        let clock = ManualClock::default();
        let limiter = Limiter::new(policy.build().unwrap()).clock(clock.clone());
        let (mut now, mut held): (u64, Vec<Held>) = (0, Vec::new());
        for step in steps {
            match step {
                Step::Wait(nanoseconds) => {
                    clock.advance(Duration::from_nanos(nanoseconds));
                    now += nanoseconds;
                }
                Step::GiveBack(_) if held.is_empty() => {}
                Step::GiveBack(which) => {
                    let Held { reservation, key, cost, then, said } =
                        held.swap_remove(which.index(held.len()));
                    reservation.give_back();
                    for (counted, said) in model.iter_mut().zip(said) {
                        counted.give_back(key, cost, then, said, now);
                    }
                }
                Step::Ask { key, cost } => {
                    let says: Vec<_> = model.iter().map(|one| one.ask(key, cost, now)).collect();
                    let violated: Vec<_> = says.iter().map(|says| *says != Says::Yes).collect();
                    let longest = says.iter().filter_map(|says| match says {
                        Says::Wait(wait) => Some(*wait),
                        _ => None,
                    });
                    let longest = longest.max().map(Duration::from_nanos);
                    match limiter.reserve_key(&key, cost) {
                        Ok(reservation) => {
                            prop_assert!(!violated.contains(&true), "{says:?}");
                            for counted in &mut model {
                                counted.charge(key, cost, now);
                            }
                            let said = model.iter().map(|one| one.said(key)).collect();
                            held.push(Held { reservation, key, cost, then: now, said });
                        }
                        Err(rejection) => {
                            let (bits, wait) = match rejection {
                                Rejection::Limited { violated, wait, .. } => (violated, Some(wait)),
                                Rejection::Busy { violated } => (violated, None),
                                Rejection::NeverPossible { violated } => {
                                    prop_assert!(says.contains(&Says::Never));
                                    (violated, longest)
                                }
                                other => return Err(TestCaseError::fail(format!("{other:?}"))),
                            };
                            let bits: Vec<_> = (0..model.len()).map(|at| bits.contains(at)).collect();
                            prop_assert_eq!(bits, violated, "{:?}", says);
                            prop_assert_eq!(wait, longest, "{:?}", says);
                        }
                    }
                    // Whoever asks what is left is told, and charged nothing.
                    let peek = matches!(limiter.check_key(&key, 0), Decision::Allowed(_));
                    prop_assert!(peek);
                }
            }
        }
    }
}
