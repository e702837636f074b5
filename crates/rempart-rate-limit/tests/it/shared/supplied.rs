//! What is promised of a store that somebody else supplied.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rempart_core::{ManualClock, Outcome as Told};
use rempart_rate_limit::Quota;
use rempart_rate_limit::shared::{
    Authority, Backend, BackendError, Decided, Limit, OnStoreError, Outcome, Refunded, SharedStore,
    Transaction,
};
use rempart_rate_limit::{Counting, Limit as Declared};
use tower::{Layer, service_fn};

use super::chaos::poll;
use super::in_process::{InProcess, Mode};
use super::layers::{Log, api, by_path, layer, status, to};
use super::rig::{SECOND, START, allowed, charges, gcra, key, left, one, until, window};
use super::together::admitted;

fn store(backend: &Arc<InProcess>) -> SharedStore {
    backend.builder().deny_for(Duration::ZERO).build().unwrap()
}

fn debt() -> Limit {
    gcra("debt", Quota::per_hour(10))
}

fn log() -> Limit {
    window("log", Quota::per_hour(10))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_tasks_of_two_instances_never_exceed_the_quota() {
    for mode in [Mode::Locked, Mode::Optimistic, Mode::Twice] {
        let backend = InProcess::new(mode);
        let stores = [0, 1].map(|_| backend.builder().instances(2).build().unwrap());
        let hourly = Quota::per_hour(100);
        assert_eq!(admitted(&stores, &[gcra("debt", hourly)], 20).await, 100, "{mode:?}");
        assert_eq!(admitted(&stores, &[window("log", hourly)], 20).await, 100, "{mode:?}");
        let narrow = window("narrow", Quota::per_hour(30));
        let wide = gcra("wide", Quota::per_hour(90));
        assert_eq!(admitted(&stores, &[wide, narrow], 10).await, 30, "{mode:?}");
        assert_eq!(admitted(&stores, &[wide], 10).await, 60, "{mode:?}");
        let retried = backend.retried.load(Ordering::Relaxed);
        assert_eq!(retried > 0, mode == Mode::Optimistic, "{retried}");
    }
}

#[tokio::test]
async fn a_transaction_that_is_decided_twice_is_charged_once() {
    for limit in [debt(), log()] {
        let backend = InProcess::new(Mode::Twice);
        let store = store(&backend);
        for remaining in (0..10).rev() {
            let Outcome::Allowed { answers, receipt } =
                store.decide(one(limit, key(&store, "tenant"), 1)).await
            else {
                panic!("refused")
            };
            // The last answer is the one that counts, and not that of the empty store.
            assert_eq!((answers[0].remaining, receipt.by()), (remaining, Authority::Server));
        }
        let over = store.decide(one(limit, key(&store, "tenant"), 1)).await;
        assert!(matches!(over, Outcome::Refused { by: Authority::Server, .. }));
    }
}

#[tokio::test]
async fn a_fault_is_nobodys_429_and_is_found_to_be_over() {
    let beyond = Duration::from_micros(1 << 53);
    for fault in [
        Mode::Fails,
        Mode::Hangs,
        Mode::Mistaken,
        Mode::Timeless(Duration::ZERO),
        Mode::Timeless(Duration::from_nanos(999)),
        Mode::Timeless(beyond),
        Mode::Timeless(Duration::MAX),
    ] {
        for on_store_error in
            [OnStoreError::Closed, OnStoreError::DangerouslyOpen, OnStoreError::Local]
        {
            let (backend, clock) = (InProcess::new(Mode::Locked), ManualClock::default());
            let builder = backend.builder().on_store_error(on_store_error).clock(clock.clone());
            let deadline = Duration::from_millis(50);
            let store = builder.timer(clock.clone()).deadline(deadline).build().unwrap();
            let asked = one(debt(), key(&store, "tenant"), 1);
            allowed(&store, &asked).await;
            backend.be(fault);
            for nth in 0..9 {
                assert_eq!(store.is_available(), nth < 5, "{fault:?}");
                let mut deciding = store.decide(asked.clone());
                let outcome = if let Some(outcome) = poll(&mut deciding).await {
                    outcome
                } else {
                    clock.advance(deadline);
                    deciding.await
                };
                let right = match (&outcome, on_store_error) {
                    (Outcome::Unavailable, OnStoreError::Closed) => true,
                    (Outcome::Allowed { receipt, .. }, OnStoreError::DangerouslyOpen) => {
                        receipt.by() == Authority::Nobody
                    }
                    (Outcome::Allowed { receipt, .. }, OnStoreError::Local) => {
                        receipt.by() == Authority::Local
                    }
                    _ => false,
                };
                assert!(right, "{fault:?}, {on_store_error:?}: {outcome:?}");
            }
            // It was left alone after five, and is asked once more after a while.
            assert_eq!((backend.asked(), store.faults()), (6, 5), "{fault:?}");
            backend.be(Mode::Locked);
            clock.advance(Duration::from_millis(500));
            assert_eq!(allowed(&store, &asked).await.by(), Authority::Server, "{fault:?}");
            assert!(store.is_available());
            // What failed was charged to nobody there.
            assert_eq!(left(&store, debt()).await, 8);
        }
    }
}

#[tokio::test]
async fn what_cannot_be_given_back_or_forgotten_is_told() {
    let backend = InProcess::new(Mode::Locked);
    let store = store(&backend);
    let receipt = allowed(&store, &one(debt(), key(&store, "tenant"), 4)).await;
    for fault in [Mode::Fails, Mode::Timeless(Duration::ZERO)] {
        backend.be(fault);
        assert!(!store.reset(debt(), key(&store, "tenant")).await);
    }
    assert_eq!(store.refund(receipt).await, Refunded::Unavailable);
    backend.be(Mode::Locked);
    assert_eq!(left(&store, debt()).await, 6);
}

#[tokio::test]
async fn what_is_written_is_what_the_scripts_write() {
    let backend = InProcess::new(Mode::Locked);
    let store = store(&backend);
    let tenant = key(&store, "tenant");
    allowed(&store, &charges(&[(debt(), tenant, 2), (log(), tenant, 3)])).await;
    let name = |limit: &str| format!("rempart:limit:{{{tenant}}}:test:{limit}");
    let owed = 2 * 360 * SECOND;
    let written = HashMap::from([
        (name("debt"), ((START + owed).to_string().into_bytes(), Duration::from_micros(owed))),
        (
            name("log"),
            (
                format!("w{}", format!("{START:016}").repeat(3)).into_bytes(),
                Duration::from_secs(3_600),
            ),
        ),
    ]);
    assert_eq!(backend.rows(), written);
    // What is refused, or looked at, leaves everything as it is.
    let dear = charges(&[(debt(), tenant, 1), (log(), tenant, 11)]);
    assert!(matches!(store.decide(dear).await, Outcome::Refused { .. }));
    allowed(&store, &charges(&[(debt(), tenant, 0), (log(), tenant, 0)])).await;
    assert_eq!(backend.rows(), written);
    // But for what nobody can owe: a whole window is left of it.
    backend.set(START - 86_400 * SECOND);
    let over = charges(&[(debt(), tenant, 1), (log(), tenant, 10)]);
    assert!(matches!(store.decide(over).await, Outcome::Refused { .. }));
    let rows = backend.rows();
    let hour = Duration::from_secs(3_600);
    let until = START - 86_400 * SECOND + 3_600 * SECOND;
    assert_eq!(rows[&name("debt")], (until.to_string().into_bytes(), hour));
    let now = format!("{:016}", START - 86_400 * SECOND);
    assert_eq!(rows[&name("log")], (format!("w{}", now.repeat(3)).into_bytes(), hour));
    // The shortest life is a millisecond, as on Redis, for stores that know none shorter.
    let short = gcra("short", Quota::per_period(1, Duration::from_micros(1)));
    allowed(&store, &one(short, tenant, 1)).await;
    assert_eq!(backend.rows()[&name("short")].1, Duration::from_millis(1));
}

#[tokio::test]
async fn a_reset_forgets_one_account() {
    let backend = InProcess::new(Mode::Locked);
    let store = store(&backend);
    for limit in [debt(), log()] {
        allowed(&store, &one(limit, key(&store, "tenant"), 10)).await;
        assert!(store.reset(limit, key(&store, "tenant")).await);
        assert_eq!(left(&store, limit).await, 10);
        assert!(store.reset(limit, key(&store, "tenant")).await);
    }
    assert!(backend.rows().is_empty());
}

#[tokio::test]
async fn a_refund_gives_back_once_and_what_is_still_held() {
    let backend = InProcess::new(Mode::Locked);
    let store = store(&backend);
    for limit in [debt(), log()] {
        let first = allowed(&store, &one(limit, key(&store, "tenant"), 3)).await;
        let second = allowed(&store, &one(limit, key(&store, "tenant"), 4)).await;
        assert_eq!(store.refund(first).await, Refunded::Given);
        assert_eq!(left(&store, limit).await, 6);
        backend.set(START + 3_600 * SECOND);
        assert_eq!(store.refund(second).await, Refunded::Nothing);
        backend.set(START);
        assert!(store.reset(limit, key(&store, "tenant")).await);
    }
    let receipt = allowed(&store, &one(debt(), key(&store, "tenant"), 1)).await;
    assert_eq!(store.refund(receipt).await, Refunded::Given);
    assert!(backend.rows().is_empty());
}

#[tokio::test]
async fn leases_are_charged_before_and_cost_no_transaction() {
    let backend = InProcess::new(Mode::Locked);
    let clock = ManualClock::default();
    let instance = || backend.builder().instances(2).lease(10).clock(clock.clone());
    let (store, other) = (instance().build().unwrap(), instance().build().unwrap());
    let limit = gcra("api", Quota::per_second(1).with_burst(800));
    let asked = one(limit, key(&store, "tenant"), 1);
    assert_eq!(allowed(&store, &asked).await.by(), Authority::Server);
    let before = backend.asked();
    for _ in 0..4 {
        assert_eq!(allowed(&store, &asked).await.by(), Authority::Lease);
    }
    assert_eq!(backend.asked(), before);
    assert_eq!(left(&other, limit).await, 800 - 11);
    assert_eq!(store.return_leases().await, 1);
    assert_eq!(left(&other, limit).await, 800 - 5);
}

/// A store that lets go of what is over, and one that never does, are the same to clients.
#[tokio::test]
async fn what_is_kept_too_long_counts_no_longer() {
    let backends = [0, 1].map(|_| InProcess::new(Mode::Locked));
    let stores = [store(&backends[0]), store(&backends[1])];
    let mut next = super::parity::numbers(5);
    let (mut now, mut gone) = (START, 0);
    let mut over = HashMap::new();
    for step in 0..2_000 {
        now += next(12 * SECOND);
        // A value that was not written again is over when it was to be.
        backends[0].rows.lock().unwrap().retain(|key, row| match over.get(key) {
            Some((written, until)) if row == written => *until > now,
            _ => true,
        });
        let minute = Quota::per_minute(5);
        let limit = [gcra("debt", minute), window("log", minute)][next(2) as usize];
        let asked = one(limit, key(&stores[0], "tenant"), next(4) as u32);
        let told = [0, 1].map(|nth| {
            backends[nth].set(now);
            stores[nth].decide(asked.clone())
        });
        let [strict, lax] = told;
        assert_eq!(told_of(strict.await), told_of(lax.await), "step {step}");
        for (key, row) in backends[0].rows() {
            let until = now + row.1.as_micros() as u64;
            let (written, _) = over.entry(key.clone()).or_insert_with(|| (row.clone(), until));
            if *written != row {
                over.insert(key, (row, until));
            }
        }
        gone += usize::from(backends[0].rows().len() < backends[1].rows().len());
    }
    assert!(gone > 100, "{gone}");
}

/// All but the share of the instance, which is its own affair.
fn told_of(outcome: Outcome) -> String {
    match outcome {
        Outcome::Allowed { answers, .. } => format!("allowed {answers:?}"),
        Outcome::Refused { answers, .. } => format!("refused {answers:?}"),
        Outcome::Unavailable => panic!("unavailable"),
    }
}

#[tokio::test]
async fn a_layer_counts_there_and_gives_back_there() {
    let backend = InProcess::new(Mode::Locked);
    let (store, log) = (store(&backend), Log::default());
    let failures = Declared::new("failures", "2 per hour").counting(Counting::Failures);
    let service = layer(api().limit(failures), &store).observer(log.clone());
    let service = service.layer(service_fn(by_path));
    for _ in 0..5 {
        assert_eq!(status(&service, to("/200")).await, 200);
        until(async || backend.rows().is_empty()).await;
    }
    for want in [404, 404, 429, 429] {
        assert_eq!(status(&service, to("/404")).await, want);
    }
    assert_eq!(store.faults(), 0);
    assert_eq!(log.0.lock().unwrap().last().unwrap().0, Told::Refused);
}

/// Hands the test what a store would be handed.
struct Witness(std::sync::Mutex<Vec<String>>);

impl Backend for Witness {
    async fn transact(&self, transaction: Transaction) -> Result<Decided, BackendError> {
        let now = Duration::from_micros(START);
        let mut asked = vec![];
        let decided = transaction.decide(now, |key| {
            asked.push(key.to_owned());
            None::<Vec<u8>>
        })?;
        assert!(transaction.keys().eq(asked.iter()));
        let shown = format!("{transaction:?} {decided:?}");
        assert!(asked.iter().all(|key| key.len() <= 180 && !shown.contains(key.as_str())));
        self.0.lock().unwrap().extend(asked);
        Ok(decided)
    }
}

#[tokio::test]
async fn each_key_is_asked_for_once_and_shown_nowhere() {
    let witness = Arc::new(Witness(std::sync::Mutex::default()));
    let store = SharedStore::on(Arc::clone(&witness)).secret(super::rig::SECRET).instances(1);
    let store = store.build().unwrap();
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let of = names.map(|name| (gcra(name, Quota::per_hour(100)), key(&store, name), 1));
    allowed(&store, &charges(&of)).await;
    let asked = witness.0.lock().unwrap().clone();
    let want = names.map(|name| format!("rempart:limit:{{{}}}:test:{name}", key(&store, name)));
    assert_eq!(asked, want);
}

#[test]
fn what_a_store_is_handed_goes_to_any_thread() {
    fn anywhere<T: Send + Sync + 'static>() {}
    anywhere::<Transaction>();
    anywhere::<Decided>();
    anywhere::<BackendError>();
}
