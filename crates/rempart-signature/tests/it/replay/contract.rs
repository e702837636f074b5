//! What every store promises, in memory or behind a network.

use std::sync::Arc;
use std::time::Duration;

use rempart_core::ManualClock;
use rempart_signature::{Claim, Claimed, MemoryReplayStore, ReplayKey, ReplayStore, Settled};

const LEASE: Duration = Duration::from_secs(60);
const TTL: Duration = Duration::from_secs(600);

pub(super) fn key(n: u8) -> ReplayKey {
    ReplayKey::from_bytes([n; 16])
}

pub(super) async fn fresh(store: &impl ReplayStore, key: ReplayKey, lease: Duration) -> Claim {
    match store.claim(key, lease).await {
        Claimed::Fresh(claim) => claim,
        other => panic!("{other:?}"),
    }
}

/// Everything but what the passing of time does.
pub(super) async fn keeps_its_promises(store: impl ReplayStore) {
    // Claimed once, then committed, for good.
    let claim = fresh(&store, key(1), LEASE).await;
    assert_eq!(claim.key(), key(1));
    assert!(matches!(store.claim(key(1), LEASE).await, Claimed::InFlight));
    assert_eq!(store.commit(claim, TTL).await, Settled::Applied);
    assert!(matches!(store.claim(key(1), LEASE).await, Claimed::Done));
    // Released, and another's to handle.
    let claim = fresh(&store, key(2), LEASE).await;
    assert_eq!(store.release(claim).await, Settled::Applied);
    let again = fresh(&store, key(2), LEASE).await;
    // A claim acts on its own alone: not on another's, and not with a token that is none.
    let forged = |token| Claim::new(key(2), token);
    for token in [0, 1, u128::MAX, again.token() ^ 1, again.token() ^ (1 << 127)] {
        assert_eq!(store.commit(forged(token), TTL).await, Settled::Lost);
        assert_eq!(store.release(forged(token)).await, Settled::Lost);
    }
    let elsewhere = Claim::new(key(3), again.token());
    assert_eq!(store.commit(elsewhere, TTL).await, Settled::Lost);
    // A claim that was settled acts no more.
    let spent = forged(again.token());
    assert_eq!(store.commit(again, TTL).await, Settled::Applied);
    let respent = forged(spent.token());
    assert_eq!(store.release(spent).await, Settled::Lost);
    assert_eq!(store.commit(respent, TTL).await, Settled::Lost);
    assert!(matches!(store.claim(key(2), LEASE).await, Claimed::Done));
    // Tokens are drawn anew.
    let (one, other) = (fresh(&store, key(4), LEASE).await, fresh(&store, key(5), LEASE).await);
    assert_ne!(one.token(), other.token());
    // Given up without waiting.
    store.abandon(one);
    assert_eq!(store.release(other).await, Settled::Applied);
}

#[tokio::test]
async fn in_memory() {
    keeps_its_promises(MemoryReplayStore::default()).await;
    keeps_its_promises(Arc::new(MemoryReplayStore::with_capacity(8).unwrap())).await;
}

#[tokio::test]
async fn a_lease_ends_and_its_claim_is_lost() {
    let clock = ManualClock::default();
    let store = MemoryReplayStore::with_capacity(1).unwrap().clock(clock.clone());
    let first = fresh(&store, key(1), LEASE).await;
    clock.advance(LEASE.saturating_sub(Duration::from_nanos(1)));
    assert!(matches!(store.claim(key(1), LEASE).await, Claimed::InFlight));
    clock.advance(Duration::from_nanos(1));
    let second = fresh(&store, key(1), LEASE).await;
    assert_eq!(store.commit(first, TTL).await, Settled::Lost);
    assert!(matches!(store.claim(key(1), LEASE).await, Claimed::InFlight));
    assert_eq!(store.commit(second, TTL).await, Settled::Applied);
    // Nobody came after it, and it has ended all the same.
    let clock = ManualClock::default();
    let store = MemoryReplayStore::default().clock(clock.clone());
    let claim = fresh(&store, key(1), LEASE).await;
    clock.advance(LEASE);
    assert_eq!(store.release(claim).await, Settled::Lost);
}

#[tokio::test]
async fn durations_of_any_length_overflow_nothing() {
    let clock = ManualClock::default();
    let store = MemoryReplayStore::with_capacity(3).unwrap().clock(clock.clone());
    let long = fresh(&store, key(1), Duration::MAX).await;
    let _short = fresh(&store, key(2), Duration::ZERO).await;
    assert_eq!(store.commit(long, Duration::MAX).await, Settled::Applied);
    clock.advance(Duration::from_secs(2 * 365 * 24 * 60 * 60));
    assert!(matches!(store.claim(key(1), LEASE).await, Claimed::Done));
    clock.advance(Duration::MAX);
    let _last = fresh(&store, key(1), Duration::MAX).await;
}

#[test]
fn a_store_prints_nothing_of_what_it_holds() {
    let store = MemoryReplayStore::with_capacity(7).unwrap();
    assert!(format!("{store:?}").contains("capacity: 7"));
    let claim = Claim::new(ReplayKey::from_bytes(*b"made-up-16-bytes"), 12_345_678);
    for text in [format!("{claim:?}"), format!("{:?}", claim.key())] {
        assert!(!text.contains("12345678") && !text.contains("109"), "{text}");
    }
    for entries in [0, MemoryReplayStore::MAX_CAPACITY + 1] {
        assert!(MemoryReplayStore::with_capacity(entries).is_err());
    }
}
