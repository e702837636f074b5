//! Times, by turns, of the rounds that nobody disturbed.
//!
//! A neighbour on the machine can only add, and does not add alike: who waits for one chain of hash
//! rounds loses little to him, who does a hundred small things loses half.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::Added;
use crate::{Case, Runner, Side};

/// Times the cases, all sides in turn, over `rounds` rounds; nanoseconds of this thread's own CPU
/// time in the quiet ones.
#[must_use]
pub fn measure(cases: &[&Case], rounds: usize) -> Vec<Added> {
    let mut cases: Vec<_> = cases.iter().map(|case| Timed::start(case)).collect();
    for _ in 0..rounds {
        cases.iter_mut().for_each(Timed::round);
    }
    cases.iter().map(Timed::added).collect()
}

struct Timed {
    bare: Lap,
    ours: Lap,
    rival: Option<Lap>,
}

impl Timed {
    fn start(case: &Case) -> Self {
        Self {
            bare: Lap::start(&case.bare),
            ours: Lap::start(&case.ours),
            rival: case.rival.as_ref().map(Lap::start),
        }
    }

    fn round(&mut self) {
        self.bare.run();
        self.ours.run();
        self.rival.iter_mut().for_each(Lap::run);
    }

    fn added(&self) -> Added {
        let bare = quiet(&self.bare.times);
        let over = |lap: &Lap| quiet(&lap.times) - bare;
        Added { ours: over(&self.ours), rival: self.rival.as_ref().map(over) }
    }
}

/// One side: how often it runs in a round, and what each round took.
struct Lap {
    runner: Runner,
    repeats: u32,
    times: Vec<f64>,
}

impl Lap {
    /// Finds how often the side runs in a round.
    fn start(side: &Side) -> Self {
        let mut runner = side.start();
        let mut repeats = 1;
        while timed(&mut runner, repeats) < ROUND && repeats < MOST {
            repeats *= 2;
        }
        Self { runner, repeats, times: Vec::new() }
    }

    fn run(&mut self) {
        let time = timed(&mut self.runner, self.repeats);
        self.times.push(time / f64::from(self.repeats));
    }
}

fn timed(runner: &mut Runner, repeats: u32) -> f64 {
    let start = now();
    for _ in 0..repeats {
        runner.run();
    }
    now() - start
}

/// The CPU time of this thread, in nanoseconds: what other processes take is not in it.
pub(crate) fn now() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default().as_secs_f64() * 1e9
}

/// What a twentieth of the rounds took less than: the very least might be a slip of the clock.
fn quiet(times: &[f64]) -> f64 {
    at(times, 20)
}

pub(crate) fn median(values: &[f64]) -> f64 {
    at(values, 2)
}

/// What one part in so many lies below.
fn at(values: &[f64], parts: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / parts).copied().unwrap_or(f64::NAN)
}

/// A round of a side lasts a millisecond or two.
const ROUND: f64 = 1e6;
const MOST: u32 = 1 << 22;
