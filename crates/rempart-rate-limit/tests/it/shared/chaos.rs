//! A server that is lost, and that comes back: nobody is told to slow down because of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rempart_core::ManualClock;
use rempart_rate_limit::Quota;
use rempart_rate_limit::shared::{Authority, Limit, OnStoreError, Outcome, SharedStore};
use rempart_testing::RedisServer;

use super::rig::{Timed, builder, gcra, key, one, ready, until, window};

/// What happens to the load of 16 tasks on two instances, all the time.
#[derive(Default)]
struct Tally {
    over: AtomicBool,
    /// Of the one client that asks for ever more.
    hot: AtomicUsize,
    by_server: AtomicUsize,
    by_local: AtomicUsize,
    /// Clients that asked once and were refused: an outage would be the only reason.
    innocents: AtomicUsize,
    unavailable: AtomicUsize,
}

impl Tally {
    async fn ask(&self, store: &SharedStore, limit: Limit, name: &str) -> bool {
        match store.decide(one(limit, key(store, name), 1)).await {
            Outcome::Allowed { receipt, .. } => {
                let by = match receipt.by() {
                    Authority::Local => &self.by_local,
                    _ => &self.by_server,
                };
                by.fetch_add(1, Ordering::Relaxed);
                true
            }
            Outcome::Refused { .. } => false,
            Outcome::Unavailable => {
                self.unavailable.fetch_add(1, Ordering::Relaxed);
                false
            }
        }
    }
}

const HOT: Quota = Quota::per_hour(100);

struct Load {
    tally: Arc<Tally>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Load {
    async fn start(server: &RedisServer) -> Self {
        let tally = Arc::new(Tally::default());
        let mut stores = vec![];
        for _ in 0..2 {
            stores.push(ready(builder(server).instances(2)).await);
        }
        let spawn = |task: usize| {
            let (tally, store) = (Arc::clone(&tally), stores[task % 2].clone());
            tokio::spawn(async move {
                let (hot, once) = (gcra("hot", HOT), window("once", Quota::per_hour(2)));
                for n in 0.. {
                    if tally.over.load(Ordering::Relaxed) {
                        break;
                    }
                    let admitted = tally.ask(&store, hot, "hot").await;
                    tally.hot.fetch_add(usize::from(admitted), Ordering::Relaxed);
                    let innocent = tally.ask(&store, once, &format!("{task}-{n}")).await;
                    tally.innocents.fetch_add(usize::from(!innocent), Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            })
        };
        let tasks = (0..16).map(spawn).collect();
        Self { tally, tasks }
    }

    /// Waits until so many more requests were decided that way.
    async fn more(count: &AtomicUsize, by: usize) -> Duration {
        let (started, before) = (Instant::now(), count.load(Ordering::Relaxed));
        until(async || count.load(Ordering::Relaxed) >= before + by).await;
        started.elapsed()
    }

    async fn by_server(&self, more: usize) -> Duration {
        Self::more(&self.tally.by_server, more).await
    }

    async fn by_local(&self, more: usize) -> Duration {
        Self::more(&self.tally.by_local, more).await
    }

    async fn end(self) -> Arc<Tally> {
        self.tally.over.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
        assert_eq!(self.tally.innocents.load(Ordering::Relaxed), 0);
        assert_eq!(self.tally.unavailable.load(Ordering::Relaxed), 0);
        self.tally
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server"]
async fn a_server_killed_and_restarted_empty_under_load() {
    let mut server = RedisServer::start();
    let load = Load::start(&server).await;
    load.by_server(500).await;
    server.kill();
    load.by_local(500).await;
    // The second time the connections were made anew.
    server.restart();
    let recovery = load.by_server(1).await;
    assert!(recovery < Duration::from_secs(1), "{recovery:?}");
    load.by_server(500).await;
    server.kill();
    load.by_local(500).await;
    server.restart();
    let recovery = load.by_server(1).await;
    assert!(recovery < Duration::from_secs(1), "{recovery:?}");
    load.by_server(500).await;
    let hot = load.end().await.hot.load(Ordering::Relaxed);
    // The quota; what two restarts forgot; and the shares, were they not charged all the time.
    assert!((200..=400).contains(&hot), "{hot}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server"]
async fn a_server_paused_under_load() {
    let server = RedisServer::start();
    let load = Load::start(&server).await;
    load.by_server(500).await;
    server.pause();
    load.by_local(500).await;
    server.resume();
    let recovery = load.by_server(1).await;
    assert!(recovery < Duration::from_secs(1), "{recovery:?}");
    load.by_server(500).await;
    let hot = load.end().await.hot.load(Ordering::Relaxed);
    // It forgot nothing, and the shares were as full as it was.
    assert!((100..=100 + 100).contains(&hot), "{hot}");
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn losing_the_server_gives_no_fresh_burst() {
    let mut server = RedisServer::start();
    let clock = ManualClock::default();
    let store = ready(builder(&server).instances(2).clock(clock.clone())).await;
    let limits = [gcra("debt", Quota::per_hour(100)), window("log", Quota::per_hour(100))];
    for limit in limits {
        for _ in 0..60 {
            let outcome = store.decide(one(limit, key(&store, "used"), 1)).await;
            assert!(matches!(outcome, Outcome::Allowed { .. }));
        }
    }
    server.kill();
    for limit in limits {
        let used = store.decide(one(limit, key(&store, "used"), 1)).await;
        assert!(matches!(used, Outcome::Refused { by: Authority::Local, .. }), "{used:?}");
        // Its share of the quota is a half, and whoever used nothing has it.
        let mut admitted = 0;
        for _ in 0..100 {
            let outcome = store.decide(one(limit, key(&store, "fresh"), 1)).await;
            admitted += usize::from(matches!(outcome, Outcome::Allowed { .. }));
        }
        let at_once = if limit.name().as_str() == "debt" { 50 } else { 25 };
        assert_eq!(admitted, at_once);
    }
    // And the whole hour has no more than the share of a strict window.
    let mut admitted = 25;
    for _ in 1..60 {
        clock.advance(Duration::from_secs(60));
        let outcome = store.decide(one(limits[1], key(&store, "fresh"), 1)).await;
        admitted += usize::from(matches!(outcome, Outcome::Allowed { .. }));
    }
    assert_eq!(admitted, 50);
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn what_no_instance_may_admit_alone_is_unavailable_and_not_refused() {
    let mut server = RedisServer::start();
    let store = ready(builder(&server).instances(10)).await;
    let limit = gcra("api", Quota::per_hour(100));
    server.kill();
    let dear = store.decide(one(limit, key(&store, "tenant"), 11)).await;
    assert!(matches!(dear, Outcome::Unavailable), "{dear:?}");
    let never = store.decide(one(limit, key(&store, "tenant"), 101)).await;
    assert!(matches!(never, Outcome::Refused { .. }), "{never:?}");
    let share = store.decide(one(limit, key(&store, "tenant"), 10)).await;
    assert!(matches!(share, Outcome::Allowed { .. }), "{share:?}");
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn closed_and_open_are_what_they_say() {
    let mut server = RedisServer::start();
    let closed = ready(builder(&server).on_store_error(OnStoreError::Closed)).await;
    let open = ready(builder(&server).on_store_error(OnStoreError::DangerouslyOpen)).await;
    server.kill();
    let limit = gcra("api", Quota::per_hour(1));
    for _ in 0..20 {
        let outcome = closed.decide(one(limit, key(&closed, "tenant"), 1)).await;
        assert!(matches!(outcome, Outcome::Unavailable), "{outcome:?}");
        let outcome = open.decide(one(limit, key(&open, "tenant"), 1)).await;
        let Outcome::Allowed { answers, receipt } = outcome else { panic!("{outcome:?}") };
        assert!(answers.is_empty());
        assert_eq!(receipt.by(), Authority::Nobody);
    }
    assert!(!closed.is_available() && closed.faults() >= 5);
}

/// Polls once.
pub(super) async fn poll<F: Future + Unpin>(mut future: F) -> Option<F::Output> {
    use std::task::Poll;
    std::future::poll_fn(|cx| {
        Poll::Ready(match std::pin::Pin::new(&mut future).poll(cx) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        })
    })
    .await
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_server_that_hangs_is_given_its_deadline_and_then_left_alone() {
    let server = RedisServer::start();
    let (timed, clock) = (Timed::new(&server), ManualClock::default());
    let deadline = Duration::from_millis(50);
    let builder = timed.builder().clock(clock.clone()).timer(clock.clone()).deadline(deadline);
    let store = ready(builder).await;
    let limit = gcra("api", Quota::per_hour(100));
    let ask = || store.decide(one(limit, key(&store, "tenant"), 1));
    server.pause();
    for _ in 0..5 {
        assert!(store.is_available());
        let mut deciding = ask();
        assert!(poll(&mut deciding).await.is_none());
        clock.advance(deadline - Duration::from_nanos(1));
        assert!(poll(&mut deciding).await.is_none());
        clock.advance(Duration::from_nanos(1));
        let Outcome::Allowed { receipt, .. } = deciding.await else { panic!("refused") };
        assert_eq!(receipt.by(), Authority::Local);
    }
    assert!(!store.is_available());
    // Nobody asks it now.
    let sent = timed.sent();
    clock.advance(Duration::from_millis(499));
    for _ in 0..10 {
        assert!(poll(ask()).await.is_some());
    }
    assert_eq!(timed.sent(), sent);
    // One asks, and the others do not wait for it.
    clock.advance(Duration::from_millis(1));
    let mut probe = ask();
    assert!(poll(&mut probe).await.is_none());
    for _ in 0..10 {
        assert!(poll(ask()).await.is_some());
    }
    assert_eq!(timed.sent(), sent + 1);
    // A probe that is given up leaves its place to the next.
    drop(probe);
    let probe = ask();
    server.resume();
    let Outcome::Allowed { receipt, .. } = probe.await else { panic!("refused") };
    assert_eq!(receipt.by(), Authority::Server);
    assert!(store.is_available());
}

#[test]
#[ignore = "needs redis-server"]
fn each_change_is_one_line_in_the_log() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let heard = rempart_testing::Capture::default();
    let lines = |word: &str| heard.text().lines().filter(|line| line.contains(word)).count();
    heard.within(|| {
        runtime.block_on(async {
            let mut server = RedisServer::start();
            let store = ready(builder(&server)).await;
            let ask = one(gcra("api", Quota::per_hour(1_000)), key(&store, "tenant"), 1);
            for times in 1..=2 {
                server.kill();
                for _ in 0..50 {
                    let _ = store.decide(ask.clone()).await;
                }
                assert_eq!(lines("store_lost"), times);
                server.restart();
                until(async || {
                    let _ = store.decide(ask.clone()).await;
                    store.is_available()
                })
                .await;
                assert_eq!((lines("store_lost"), lines("store_back")), (times, times));
            }
        });
    });
    assert!(heard.text().contains("WARN rempart: "));
}
