//! What decides in this crate, for stores that run no scripts, does what the scripts do: the same
//! answers, the same values, for as long.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use redis::AsyncCommands;
use redis::aio::ConnectionManager;
use rempart_core::ManualClock;
use rempart_rate_limit::shared::{
    Builder, Key, Limit, Outcome, Receipt, Refunded, Rule, SharedStore, Write, connect,
};
use rempart_rate_limit::{Counting, Quota};
use rempart_testing::RedisServer;
use tower::{Layer, ServiceExt, service_fn};

use super::in_process::{InProcess, Mode, Row};
use super::layers::{api, by_path, layer, to};
use super::parity::numbers;
use super::rig::{SECOND, START, Timed, charges, gcra, key, until, window};

/// A store on scripts, and one on their twins.
struct Both {
    server: RedisServer,
    timed: Timed,
    raw: ConnectionManager,
    twin: Arc<InProcess>,
    stores: [SharedStore; 2],
    clock: ManualClock,
    now: u64,
}

impl Both {
    fn new(set_up: impl Fn(Builder) -> Builder) -> Self {
        let server = RedisServer::start();
        let timed = Timed::new(&server).keeping();
        let (twin, clock) = (InProcess::new(Mode::Locked), ManualClock::default());
        let stores = [timed.builder(), twin.builder()].map(|builder| {
            let builder = builder.deny_for(Duration::ZERO).clock(clock.clone());
            set_up(builder).build().unwrap()
        });
        let raw = connect(&server.url()).unwrap();
        Self { server, timed, raw, twin, stores, clock, now: START }
    }

    /// Time that goes on, stands still, and steps back.
    fn step(&mut self, next: &mut impl FnMut(u64) -> u64) {
        let before = self.now;
        self.now = match next(40) {
            0 => self.now + next(90 * SECOND),
            1 => self.now - next(90 * SECOND),
            2 => self.now - next(86_400 * SECOND),
            3..20 => self.now,
            _ => self.now + next(4 * SECOND),
        };
        self.timed.set(self.now);
        self.twin.set(self.now);
        self.clock.advance(Duration::from_micros(self.now.saturating_sub(before)));
    }

    /// Somebody else writes there.
    async fn scribble(&self, key: &str, value: &[u8]) {
        let mut raw = self.raw.clone();
        let life = format!("life:{key}");
        let () = raw.mset(&[(key, value), (&life, b"0")]).await.unwrap();
        self.twin.rows.lock().unwrap().insert(key.to_owned(), (value.to_vec(), Duration::ZERO));
    }

    async fn rows(&self) -> HashMap<String, Row> {
        let mut raw = self.raw.clone();
        let mut rows = HashMap::new();
        let keys: Vec<String> = raw.keys("rempart:*").await.unwrap();
        for key in keys {
            let life = format!("life:{key}");
            let (value, life): (Vec<u8>, u64) = raw.mget(&[&key, &life]).await.unwrap();
            rows.insert(key, (value, Duration::from_millis(life)));
        }
        rows
    }

    async fn decide(&self, of: &[(Limit, Key, u32)]) -> [Outcome; 2] {
        let [scripts, twin] = &self.stores;
        let asked = charges(of);
        [scripts.decide(asked.clone()).await, twin.decide(asked).await]
    }

    async fn are_alike(&self, step: &str) {
        let [scripts, twin] = &self.stores;
        assert_eq!(scripts.faults(), twin.faults(), "{step}");
        assert_eq!(self.rows().await, self.twin.rows(), "{step}");
    }
}

/// One account, under the rules that it has had.
fn accounts() -> Vec<(&'static str, Vec<Limit>)> {
    let half = Duration::from_secs(30);
    vec![
        (
            "one",
            vec![
                gcra("a", Quota::per_minute(20)),
                gcra("a", Quota::per_minute(3)),
                gcra("a", Quota::per_second(2).with_burst(9)).on_trial(),
            ],
        ),
        (
            "two",
            vec![
                window("b", Quota::per_minute(12)),
                window("b", Quota::per_period(5, half)),
                window("b", Quota::per_hour(128)).on_trial(),
            ],
        ),
        // Another kind under the same name.
        ("two", vec![gcra("c", Quota::per_minute(9)), window("c", Quota::per_minute(9))]),
        ("one", vec![gcra("d", Quota::per_hour(7_000).with_burst(2))]),
        ("two", vec![window("e", Quota::per_period(2, Duration::from_nanos(1_500_500_500)))]),
        // The only one that is leased.
        ("three", vec![gcra("f", Quota::per_minute(600)), gcra("f", Quota::per_minute(100))]),
    ]
}

/// What nobody wrote who counts, and what somebody may have written whose clock was another.
fn scribbled(now: u64, next: &mut impl FnMut(u64) -> u64) -> Vec<u8> {
    let fixed: [&[u8]; 20] = [
        b"",
        b"w",
        b"nan",
        b"-nan",
        b"inf",
        b"-inf",
        b"0x10",
        b"1e400",
        b"-1",
        b"7.5",
        b"w1",
        b"ww",
        b"\0",
        b"7\0",
        b"w0000000000000000",
        b"wnan0000000000000",
        b"9007199254740993",
        b"\xff\xfe",
        b"w\xff\xfe0000000000000",
        b"w99999999999999990x",
    ];
    let near = now + next(200 * SECOND) - 100 * SECOND;
    match next(9) {
        0 => fixed[next(20) as usize].to_vec(),
        1 => near.to_string().into_bytes(),
        2 => format!(" +{near}\t").into_bytes(),
        3 => format!("0x{near:X}").into_bytes(),
        4 => "9".repeat(400).into_bytes(),
        5 => format!("w{}", "9".repeat(5_000)).into_bytes(),
        _ => {
            let mut times: Vec<_> =
                (0..next(200)).map(|_| now + next(160 * SECOND) - 120 * SECOND).collect();
            // Seldom in disorder, which is a fault of the store's, of which five are a pause.
            if next(4) > 0 {
                times.sort_unstable();
            }
            let entries: Vec<_> = times.iter().map(|time| format!("{time:016}")).collect();
            format!("w{}{}", entries.concat(), &"18000000"[..next(9) as usize]).into_bytes()
        }
    }
}

#[derive(Debug, Default)]
struct Tally {
    allowed: usize,
    refused: usize,
    given: usize,
    leased: usize,
    faults: u64,
}

/// Everything that can be asked of a store, at any time and on top of anything.
async fn are_twins(seed: u64, steps: usize) -> Tally {
    let mut both = Both::new(|builder| builder.instances(2).lease(20));
    let (accounts, mut next, mut tally) = (accounts(), numbers(seed), Tally::default());
    let mut receipts: Vec<[Receipt; 2]> = vec![];
    for step in 0..steps {
        both.step(&mut next);
        let (tenant, limits) = &accounts[next(accounts.len() as u64) as usize];
        let (limit, key) = (limits[0], key(&both.stores[0], tenant));
        let what = next(20);
        let text = format!("seed {seed}, step {step} ({what}) at {}", both.now);
        match what {
            0 => {
                for store in &both.stores {
                    assert!(store.reset(limit, key).await || !store.is_available(), "{text}");
                }
            }
            1 | 7 => {
                let value = scribbled(both.now, &mut next);
                let name = format!("rempart:limit:{{{key}}}:test:{}", limit.name());
                both.scribble(&name, &value).await;
            }
            2..7 if !receipts.is_empty() => {
                let nth = next(receipts.len() as u64) as usize;
                let [scripts, twin] = receipts.swap_remove(nth);
                let given = both.stores[0].refund(scripts).await;
                assert_eq!(given, both.stores[1].refund(twin).await, "{text}");
                tally.given += usize::from(given == Refunded::Given);
            }
            _ => {
                let mut of = vec![];
                for (tenant, limits) in &accounts {
                    // The rules of the start, mostly.
                    let rule = next(3 * limits.len() as u64) as usize;
                    let limit = *limits.get(rule).unwrap_or(&limits[0]);
                    if next(3) == 0 {
                        let cost = [0, 1, 1, 1, 2, 7, 200][next(7) as usize];
                        of.push((limit, self::key(&both.stores[0], tenant), cost));
                    }
                }
                // Leases are of limits that are all large.
                if of.is_empty() || next(4) == 0 {
                    of = vec![(accounts[5].1[0], self::key(&both.stores[0], "three"), 1)];
                }
                let [scripts, twin] = both.decide(&of).await;
                let (said, same) = (format!("{scripts:?}"), format!("{twin:?}"));
                assert_eq!(said, same, "{text}: {of:?}");
                tally.leased += usize::from(said.contains("by: Lease"));
                match (scripts, twin) {
                    (Outcome::Allowed { receipt, .. }, Outcome::Allowed { receipt: other, .. }) => {
                        tally.allowed += 1;
                        receipts.push([receipt, other]);
                    }
                    _ => tally.refused += 1,
                }
            }
        }
        both.are_alike(&text).await;
    }
    tally.faults = both.stores[0].faults();
    drop(both.server);
    tally
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn whatever_is_asked_the_scripts_and_their_twins_say_and_write_the_same() {
    for seed in 1..=3 {
        let tally = are_twins(seed, 2_500).await;
        let each = [tally.allowed, tally.refused, tally.given, tally.leased];
        assert!(each.into_iter().all(|times| times > 50), "{tally:?}");
        // Logs in disorder are faults, and there were too few of them to say nothing else.
        assert!((1..500).contains(&tally.faults), "{tally:?}");
    }
}

#[derive(Clone, PartialEq)]
struct Pro;

/// Tiers make debts and logs last for longer than their rule, and outcomes give back.
#[tokio::test]
#[ignore = "needs redis-server"]
async fn tiers_and_outcomes_leave_the_same_behind() {
    let mut both = Both::new(|builder| builder);
    let policy = || {
        use rempart_rate_limit::Limit;
        let debt = Limit::new("debt", "20 per minute").tier(Pro, "90 per 2 minutes burst 40");
        let log = Limit::strict_window("log", "15 per minute").tier(Pro, "40 per 2 minutes");
        let trial = Limit::new("trial", "3 per minute").tier(Pro, "4 per minute").on_trial();
        let log = log.counting(Counting::Failures);
        api().limit(debt.counting(Counting::Failures)).limit(log).limit(trial)
    };
    let services = [0, 1].map(|nth| layer(policy(), &both.stores[nth]).layer(service_fn(by_path)));
    let mut next = numbers(9);
    let mut statuses = HashMap::<u16, usize>::new();
    for step in 0..2_000 {
        both.step(&mut next);
        let (pro, path) = (next(3) == 0, ["/200", "/404"][next(2) as usize]);
        let mut told = vec![];
        for service in &services {
            let mut request = to(path);
            if pro {
                request.extensions_mut().insert(Pro);
            }
            let response = service.clone().oneshot(request).await.unwrap();
            told.push((response.status(), response.headers().clone()));
        }
        assert_eq!(told[0], told[1], "step {step}");
        *statuses.entry(told[0].0.as_u16()).or_default() += 1;
        // What is given back is so beside the response.
        until(async || both.rows().await == both.twin.rows()).await;
    }
    assert_eq!((both.stores[0].faults(), both.stores[1].faults()), (0, 0));
    for status in [200, 404, 429] {
        assert!(statuses.get(&status).is_some_and(|times| *times > 100), "{statuses:?}");
    }
}

/// At the ends of what is counted.
#[tokio::test]
#[ignore = "needs redis-server"]
async fn the_longest_windows_and_the_largest_costs_are_the_same() {
    let both = Both::new(|builder| builder);
    let longest = Duration::from_micros(1 << 52);
    let rules = [
        Rule::gcra(Quota::per_period(1, longest)),
        Rule::gcra(Quota::per_period(3, longest).with_burst(3)),
        Rule::gcra(Quota::per_second(1_000_000).with_burst(u32::MAX)),
        Rule::strict_window(Quota::per_period(128, longest)),
        Rule::strict_window(Quota::per_period(1, Duration::from_nanos(1))),
    ];
    let name = |name: &str| rempart_core::PolicyName::new(name).unwrap();
    for (nth, rule) in rules.into_iter().enumerate() {
        let Ok(rule) = rule else { continue };
        let limit = Limit::new(name("test"), name(&format!("limit-{nth}")), rule);
        for now in [1, START, (1 << 52) - 1, START + 1] {
            both.timed.set(now);
            both.twin.set(now);
            for cost in [0, 1, 3, 128, 129, u32::MAX - 1, u32::MAX] {
                let of = [(limit, key(&both.stores[0], "tenant"), cost)];
                let [scripts, twin] = both.decide(&of).await;
                assert_eq!(format!("{scripts:?}"), format!("{twin:?}"), "{rule:?} {now} {cost}");
                both.are_alike(&format!("{rule:?} {now} {cost}")).await;
            }
        }
    }
}

/// A log that others made longer than any is cut where something is given back from it, too.
#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_refund_looks_at_no_more_than_a_window_remembers() {
    let both = Both::new(|builder| builder);
    let limit = window("log", Quota::per_hour(10));
    let tenant = key(&both.stores[0], "tenant");
    let name = format!("rempart:limit:{{{tenant}}}:test:log");
    for (padding, given) in [(300, Refunded::Given), (0, Refunded::Nothing)] {
        let [scripts, twin] = both.decide(&[(limit, tenant, 1)]).await;
        let of_now = format!("{START:016}");
        let old = "1".repeat(16 * 300);
        // At the end it is found, and past the longest log it is not.
        let (before, after) = old.split_at(16 * padding);
        both.scribble(&name, format!("w{before}{of_now}{after}").as_bytes()).await;
        for (store, outcome) in both.stores.iter().zip([scripts, twin]) {
            let Outcome::Allowed { receipt, .. } = outcome else { panic!("{outcome:?}") };
            assert_eq!(store.refund(receipt).await, given);
        }
        both.are_alike(&format!("{padding}")).await;
        let left = both.twin.rows()[&name].0.len();
        assert_eq!(left <= Write::LONGEST, given == Refunded::Given, "{left}");
        for store in &both.stores {
            assert!(store.reset(limit, tenant).await);
        }
    }
}
