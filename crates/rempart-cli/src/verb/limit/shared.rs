mod engine;
mod instance;
mod rule;

use std::ops::Range;
use std::time::Duration;

use self::engine::{Answer, Engine};
use self::instance::{Asked, Instance, Kept};
pub(super) use self::rule::largest_lease;
use super::Guard;
use super::arrivals::Arrival;
use super::local::Local;
use super::plan::{Plan, Sharing, nanoseconds};
use super::random::Random;
use super::rule::Rule;
use crate::failure::Failure;

/// Several instances before one quota. A round trip takes no time.
pub(super) struct Shared {
    instances: Vec<Instance>,
    engine: Engine,
    sharing: Sharing,
    /// The quota as the shared store counts it.
    counted: Rule,
    random: Random,
    /// When the shared store cannot be reached, in nanoseconds.
    down: Range<u64>,
    tally: Tally,
}

/// What was decided where.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Requests that the shared store decided.
    pub(super) round_trips: u64,
    /// Questions that it did not answer.
    pub(super) failed_trips: u64,
    /// Requests served out of a lease.
    pub(super) from_leases: u64,
    /// Requests refused by a denial that was kept.
    pub(super) from_denials: u64,
    /// Requests that an instance decided alone.
    pub(super) alone: u64,
    /// What was leased, spent or not.
    pub(super) leased: u64,
}

impl Shared {
    pub(super) fn new(plan: &Plan, sharing: &Sharing) -> Result<Self, Failure> {
        let counted = rule::counted(&plan.rule);
        let share = counted.and_then(|counted| rule::share(&counted, sharing.instances));
        let (Some(counted), Some(share)) = (counted, share) else {
            return Err(Failure::usage("--instances: the quota is too slow to be parted"));
        };
        let mut random = Random::new(plan.seed, STREAM);
        let mut instance = |nth| {
            let local = Local::new(plan, Rule::Gcra(share), nth)?;
            Ok(Instance::new(local, &mut random, sharing.lease.is_some()))
        };
        let instances =
            (0..sharing.instances).map(&mut instance).collect::<Result<_, Failure>>()?;
        let down = sharing.down.clone().unwrap_or_default();
        let at = |second| nanoseconds(Duration::from_secs(second));
        Ok(Self {
            instances,
            engine: Engine::new(counted, sharing, &plan.groups),
            sharing: sharing.clone(),
            counted,
            random,
            down: at(down.start)..at(down.end),
            tally: Tally::default(),
        })
    }

    pub(super) const fn sharing(&self) -> &Sharing {
        &self.sharing
    }

    pub(super) const fn tally(&self) -> &Tally {
        &self.tally
    }

    pub(super) const fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(super) fn locals(&self) -> impl Iterator<Item = &Local> {
        self.instances.iter().map(|instance| &instance.local)
    }
}

impl Guard for Shared {
    fn admits(&mut self, arrival: &Arrival) -> bool {
        let nth = self.random.below(self.sharing.instances);
        let nth = usize::try_from(nth).unwrap_or_default();
        let Some(instance) = self.instances.get_mut(nth) else { return false };
        let tally = &mut self.tally;
        match instance.recall(arrival) {
            None => {}
            Some(Kept::Denial) => {
                count(&mut tally.from_denials, 1);
                return false;
            }
            Some(Kept::Lease) => {
                count(&mut tally.from_leases, 1);
                // As much of it as fits.
                instance.local.charge(arrival);
                return true;
            }
        }
        let (has_room, away) = (instance.has_room(arrival), self.down.contains(&arrival.at));
        let engine = &mut self.engine;
        let answer = match instance.ask(arrival.at, away, || engine.decide(arrival, has_room)) {
            Asked::Answered(answer) => answer,
            asked @ (Asked::InVain | Asked::Not) => {
                count(&mut tally.failed_trips, (asked == Asked::InVain).into());
                count(&mut tally.alone, 1);
                return instance.local.charge(arrival);
            }
        };
        count(&mut tally.round_trips, 1);
        match answer {
            Answer::Allowed { leased } => {
                if leased > 0 {
                    count(&mut tally.leased, leased.into());
                    let life = rule::lease_life(&self.counted, leased);
                    instance.keep_lease(arrival, leased, life);
                }
                instance.local.charge(arrival);
                true
            }
            Answer::Denied { wait } => {
                instance.keep_denial(arrival, wait);
                false
            }
        }
    }

    fn look(&mut self, now: u64) {
        self.engine.look(now);
        for instance in &mut self.instances {
            instance.local.look(now);
        }
    }
}

fn count(number: &mut u64, more: u64) {
    *number = number.saturating_add(more);
}

/// Which instance a request comes to is drawn from a stream of its own.
const STREAM: u64 = 1 << 33;
