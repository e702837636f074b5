use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use redis::aio::{ConnectionLike, ConnectionManager};
use redis::{Arg, Cmd, Pipeline, RedisFuture, Value};
use rempart_core::PolicyName;
use rempart_rate_limit::Quota;
use rempart_rate_limit::shared::{
    Builder, Charge, Charges, Key, Limit, Outcome, Receipt, Rule, SharedStore, connect,
};
use rempart_testing::RedisServer;

pub(super) const SECRET: &str = "made-up-for-tests-and-for-nothing-else";

pub(super) const SECOND: u64 = 1_000_000;

/// The time of a server whose clock a test moves, in microseconds.
pub(super) const START: u64 = 1_800_000_000 * SECOND;

pub(super) fn builder(server: &RedisServer) -> Builder {
    SharedStore::builder(connect(&server.url()).unwrap()).secret(SECRET).instances(1)
}

/// A store on a connection that has been made, and on which the scripts are known.
pub(super) async fn ready(builder: Builder) -> SharedStore {
    let store = builder.build().unwrap();
    let peek = charges(&[(gcra("ready", Quota::per_minute(1)), key(&store, "ready"), 0)]);
    until(async || {
        let Outcome::Allowed { receipt, .. } = store.decide(peek.clone()).await else {
            return false;
        };
        receipt.by() == rempart_rate_limit::shared::Authority::Server
    })
    .await;
    store
}

pub(super) fn key(store: &SharedStore, name: &str) -> Key {
    store.key("tenant", [name.as_bytes()])
}

pub(super) fn gcra(name: &str, quota: Quota) -> Limit {
    limit(name, Rule::gcra(quota).unwrap())
}

pub(super) fn window(name: &str, quota: Quota) -> Limit {
    limit(name, Rule::strict_window(quota).unwrap())
}

fn limit(name: &str, rule: Rule) -> Limit {
    Limit::new(PolicyName::new("test").unwrap(), PolicyName::new(name).unwrap(), rule)
}

pub(super) fn charges(of: &[(Limit, Key, u32)]) -> Charges {
    let of: Vec<_> = of.iter().map(|(limit, key, cost)| charge(*limit, *key, *cost)).collect();
    Charges::new(&of).unwrap()
}

pub(super) fn one(limit: Limit, key: Key, cost: u32) -> Charges {
    charges(&[(limit, key, cost)])
}

fn charge(limit: Limit, key: Key, cost: u32) -> Charge {
    Charge { limit, key, cost }
}

pub(super) async fn allowed(store: &SharedStore, charges: &Charges) -> Receipt {
    match store.decide(charges.clone()).await {
        Outcome::Allowed { receipt, .. } => receipt,
        other => panic!("{other:?}"),
    }
}

/// What the limit has left for the tenant.
pub(super) async fn left(store: &SharedStore, limit: Limit) -> u32 {
    match store.decide(one(limit, key(store, "tenant"), 0)).await {
        Outcome::Allowed { answers, .. } => answers[0].remaining,
        other => panic!("{other:?}"),
    }
}

/// Asks again until it is so; a server has a clock of its own.
pub(super) async fn until(mut so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !so().await {
        assert!(Instant::now() < deadline, "too late");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// A connection to a real server whose scripts see a time that the test sets.
#[derive(Clone)]
pub(super) struct Timed {
    line: ConnectionManager,
    pub(super) now: Arc<AtomicU64>,
    /// How many commands were sent.
    pub(super) sent: Arc<AtomicU64>,
    /// Whether keys stay, and the scripts write down beside each how long it was to live.
    keeps: bool,
}

impl Timed {
    pub(super) fn new(server: &RedisServer) -> Self {
        let (now, sent) = (Arc::new(AtomicU64::new(START)), Arc::default());
        Self { line: connect(&server.url()).unwrap(), now, sent, keeps: false }
    }

    /// The same, where a key `life:…` says for how many milliseconds its key was written: lives are
    /// compared where no time passes but that which the test sets.
    pub(super) fn keeping(self) -> Self {
        Self { keeps: true, ..self }
    }

    pub(super) fn builder(&self) -> Builder {
        // What is late here is this machine.
        let deadline = Duration::from_secs(10);
        SharedStore::builder(self.clone()).secret(SECRET).instances(1).deadline(deadline)
    }

    pub(super) fn set(&self, now: u64) {
        self.now.store(now, Ordering::Relaxed);
    }

    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// The command with the script as it is, but for the time.
    fn timed(&self, command: &Cmd) -> Cmd {
        let now = self.now.load(Ordering::Relaxed);
        let time = format!("{{ '{}', '{}' }}", now / SECOND, now % SECOND);
        let args = command.args_iter().map(|arg| match arg {
            Arg::Simple(bytes) => bytes.to_vec(),
            _ => panic!("a cursor"),
        });
        let mut args: Vec<_> = args.collect();
        if args[0] == b"EVALSHA" {
            let scripts = [
                include_str!("../../../src/shared/decide.lua"),
                include_str!("../../../src/shared/refund.lua"),
            ];
            let hash = String::from_utf8(args[1].clone()).unwrap();
            let script =
                scripts.into_iter().find(|text| redis::Script::new(text).get_hash() == hash);
            let asked = "redis.call('TIME')";
            assert_eq!(script.unwrap().matches(asked).count(), 1);
            let script = script.unwrap().replace(asked, &time);
            args[1] = if self.keeps { kept(&script) } else { script }.into_bytes();
            args[0] = b"EVAL".to_vec();
        }
        let mut command = Cmd::new();
        command.arg(args);
        command
    }
}

fn kept(script: &str) -> String {
    let key = if script.contains("limit.key") { "limit.key" } else { "key" };
    let set = format!("redis.call('SET', {key}, value, 'PX', px)");
    assert_eq!(script.matches(&set).count(), 1);
    let kept = format!("redis.call('SET', {key}, value); redis.call('SET', 'life:' .. {key}, px)");
    script.replace(&set, &kept)
}

impl ConnectionLike for Timed {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        let command = self.timed(cmd);
        Box::pin(async move { self.line.req_packed_command(&command).await })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        _: &'a Pipeline,
        _: usize,
        _: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        panic!("one command at a time")
    }

    fn get_db(&self) -> i64 {
        0
    }
}
