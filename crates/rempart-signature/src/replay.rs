//! Requests that come twice: a claim before the handler is called, and a word after it.

mod claim;
mod held;
mod identity;
mod memory;
#[cfg(feature = "redis")]
mod redis;
mod reply;
mod rules;

use std::sync::Arc;
use std::time::Duration;

pub use self::claim::{Claim, Claimed, Settled};
pub(crate) use self::held::{Claiming, Held};
pub(crate) use self::identity::Identity;
pub use self::identity::ReplayKey;
pub use self::memory::MemoryReplayStore;
#[cfg(feature = "redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
pub use self::redis::{RedisReplayStore, RedisUrlError};
pub use self::reply::Reply;
pub(crate) use self::rules::{ReplayRules, ReplaySettings, ReplaySubject};

/// Remembers which signed requests are being handled, and which have been.
///
/// Two steps: a request is claimed before its handler is called, and the claim is committed once
/// the handler has done its work, or released for the sender to try again. A process that dies
/// between the two leaves a claim that ends with its lease.
///
/// ```
/// use std::time::Duration;
/// use rempart_signature::{Claimed, MemoryReplayStore, ReplayKey, ReplayStore, Settled};
///
/// # async fn claim() {
/// let store = MemoryReplayStore::default();
/// let (key, lease) = (ReplayKey::from_bytes([7; 16]), Duration::from_secs(60));
///
/// let Claimed::Fresh(claim) = store.claim(key, lease).await else { panic!("nobody was before") };
/// assert!(matches!(store.claim(key, lease).await, Claimed::InFlight));
///
/// assert_eq!(store.commit(claim, Duration::from_secs(600)).await, Settled::Applied);
/// assert!(matches!(store.claim(key, lease).await, Claimed::Done));
/// # }
/// # let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
/// # assert!(std::pin::pin!(claim()).poll(&mut cx).is_ready());
/// ```
///
/// # What a store promises
///
/// Of all that claim a key at once, one is given [`Claimed::Fresh`]. A claim acts on what it has
/// claimed itself and on nothing else: after its lease another may have claimed the same key, and
/// that claim stays. A store that cannot tell says [`Claimed::Unavailable`], and forgets nothing
/// that still counts in order to make room.
pub trait ReplayStore: Send + Sync {
    /// Claims a key for as long as `lease`, unless somebody else has.
    ///
    /// A reply that is dropped before it is done leaves nothing behind for longer than the lease.
    fn claim(&self, key: ReplayKey, lease: Duration) -> Reply<Claimed>;

    /// Says that the claimed request was handled, to be remembered for as long as `ttl`.
    ///
    /// A store that can finishes this also when the reply is dropped: the handler has done its
    /// work, whoever still waits.
    fn commit(&self, claim: Claim, ttl: Duration) -> Reply<Settled>;

    /// Says that the claimed request was not handled: the next one of its kind is fresh.
    fn release(&self, claim: Claim) -> Reply<Settled>;

    /// Releases a claim whose request was dropped, and nobody is there to wait for it.
    ///
    /// As provided it does as much of [`release`](Self::release) as needs no waiting. A store
    /// behind a network hands the rest to its runtime, if there is one; the lease covers it if
    /// there is none. Called while a future is dropped, perhaps by a panic: it must not panic.
    fn abandon(&self, claim: Claim) {
        drop(self.release(claim));
    }
}

impl<T: ReplayStore + ?Sized> ReplayStore for Arc<T> {
    fn claim(&self, key: ReplayKey, lease: Duration) -> Reply<Claimed> {
        (**self).claim(key, lease)
    }

    fn commit(&self, claim: Claim, ttl: Duration) -> Reply<Settled> {
        (**self).commit(claim, ttl)
    }

    fn release(&self, claim: Claim) -> Reply<Settled> {
        (**self).release(claim)
    }

    fn abandon(&self, claim: Claim) {
        (**self).abandon(claim);
    }
}

/// A store as policies hold it.
pub(crate) type SharedReplayStore = Arc<dyn ReplayStore>;
