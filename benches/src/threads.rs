//! What a decision costs when threads want the same key, and when each wants another one.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use governor::RateLimiter;
use rempart_core::ClientAddr;
use rempart_rate_limit::{Limit, Limiter, Policy, Quota};
use serde::Serialize;

use crate::drive::{Xorshift, address};
use crate::measure::time::{median, now};

/// What a decision takes, in nanoseconds; medians of rounds in which all subjects take turns.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Shared {
    /// Whose decision.
    pub name: &'static str,
    /// On which keys.
    pub keys: &'static str,
    /// How many threads decide at once.
    pub threads: usize,
    /// Of each thread's own CPU time.
    pub cpu: f64,
    /// By the clock on the wall, waiting for locks and for other programs included.
    pub wall: f64,
}

impl Shared {
    /// Measures one thread and two, on one key and on a hundred thousand.
    #[must_use]
    pub fn measure() -> Vec<Self> {
        let (ours, theirs) = (ours(), theirs());
        let checks: [(&str, &Check); 2] =
            [("rempart-rate-limit", &*ours), ("governor 0.10, dashmap", &*theirs)];
        for nth in 0..CLIENTS {
            for (_, check) in checks {
                check(client(nth));
            }
        }
        let mut lines = Vec::new();
        for (keys, clients) in [("one hot key", 1), ("100,000 keys", CLIENTS)] {
            for threads in [1, 2] {
                let mut taken = checks.map(|_| (Vec::new(), Vec::new()));
                for _ in 0..ROUNDS {
                    for ((_, check), (cpu, wall)) in checks.iter().zip(&mut taken) {
                        let (cpu_time, wall_time) = round(*check, threads, clients);
                        cpu.push(cpu_time);
                        wall.push(wall_time);
                    }
                }
                for ((name, _), (cpu, wall)) in checks.iter().zip(taken) {
                    let (cpu, wall) = (median(&cpu), median(&wall));
                    lines.push(Self { name, keys, threads, cpu, wall });
                }
            }
        }
        lines
    }

    /// A line of the table.
    #[must_use]
    pub fn to_text(self) -> String {
        let Self { name, keys, threads, cpu, wall } = self;
        format!("{keys:<14} {threads:>7}  {name:<24} {cpu:>10.1} {wall:>10.1}")
    }
}

/// The first line of the table.
#[must_use]
pub fn heading() -> String {
    format!("{:<14} {:>7}  {:<24} {:>10} {:>10}", "", "threads", "", "CPU, ns", "wall, ns")
}

type Check = dyn Fn(ClientAddr) + Sync;

fn ours() -> Box<Check> {
    let limit = Limit::new("bench", HUGE).capacity(CLIENTS as usize);
    let policy = Policy::builder("bench").limit(limit).build().expect("a policy without a fault");
    let limiter = Limiter::new(policy);
    Box::new(move |client| {
        let _ = black_box(limiter.check(client));
    })
}

fn theirs() -> Box<Check> {
    let burst = NonZeroU32::new(HUGE.burst()).expect("above nothing");
    let limiter = RateLimiter::dashmap(governor::Quota::per_second(burst));
    Box::new(move |client| {
        let _ = black_box(limiter.check_key(&client.ip()));
    })
}

/// What a decision takes in one round: CPU time and time on the wall.
fn round(check: &Check, threads: usize, clients: u32) -> (f64, f64) {
    let start = &Barrier::new(threads);
    let decide = |seed: usize| {
        let mut random = Xorshift::new();
        // Each thread goes its own way.
        for _ in 0..seed {
            random.below(clients);
        }
        start.wait();
        let (wall, cpu) = (Instant::now(), now());
        for _ in 0..DECISIONS {
            check(client(random.below(clients)));
        }
        let cpu = now() - cpu;
        (cpu / f64::from(DECISIONS), wall.elapsed().as_secs_f64() * 1e9 / f64::from(DECISIONS))
    };
    let times: Vec<(f64, f64)> = thread::scope(|scope| {
        let running: Vec<_> =
            (0..threads).map(|nth| scope.spawn(move || decide(nth * 1_000))).collect();
        running.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    let mean = |of: fn(&(f64, f64)) -> f64| {
        times.iter().map(of).sum::<f64>() / f64::from(u32::try_from(times.len()).unwrap_or(1))
    };
    (mean(|(cpu, _)| *cpu), mean(|(_, wall)| *wall))
}

fn client(nth: u32) -> ClientAddr {
    ClientAddr::new(address(nth))
}

const HUGE: Quota = Quota::per_second(1_000_000);
const CLIENTS: u32 = 100_000;
const DECISIONS: u32 = 50_000;
const ROUNDS: usize = 41;
