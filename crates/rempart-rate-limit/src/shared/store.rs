use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

#[cfg(feature = "redis")]
use redis::aio::ConnectionLike;
use rempart_core::{IpPrefix, SharedClock};
use tokio::runtime::Handle;

use super::backend::{Backend, Supplied};
use super::builder::Builder;
use super::inner::Inner;
use super::key::Keying;
#[cfg(feature = "redis")]
use super::line::Scripted;
use super::{Charge, Charges, ChargesError, Key, Limit, Outcome, Receipt, Refunded};

/// Counts in a Redis or Valkey server, or in any other [`Backend`], together with every instance
/// that has the same secret and prefix; clones are one instance.
///
/// ```
/// use rempart_core::{ClientAddr, PolicyName};
/// use rempart_rate_limit::Quota;
/// use rempart_rate_limit::shared::{
///     Authority, Charge, Charges, Limit, Outcome, Rule, SharedStore, connect,
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Nothing listens here: this instance decides by its half of the quota.
/// let store = SharedStore::builder(connect("redis://127.0.0.1:1")?)
///     .secret("made up for the documentation, and no secret")
///     .instances(2)
///     .build()?;
/// let rule = Rule::gcra(Quota::per_minute(10))?;
/// let limit = Limit::new(PolicyName::new("login")?, PolicyName::new("attempts")?, rule);
/// let key = store.client(ClientAddr::new("203.0.113.9".parse()?).identity());
/// let charges = Charges::new(&[Charge { limit, key, cost: 1 }])?;
///
/// for _ in 0..5 {
///     let outcome = store.decide(charges.clone()).await;
///     assert!(matches!(outcome, Outcome::Allowed { .. }));
/// }
/// let outcome = store.decide(charges).await;
/// assert!(matches!(outcome, Outcome::Refused { by: Authority::Local, .. }));
/// assert!(!store.is_available());
/// # Ok(())
/// # }
/// ```
///
/// See [the module](super) for what it promises.
#[derive(Clone)]
pub struct SharedStore(Arc<Inner>);

/// A decision under way. One that is dropped may still be charged by the server; one that is
/// polled after it was done is never done again.
#[must_use = "futures do nothing unless polled"]
pub struct Deciding(Stage);

enum Stage {
    Done(Option<Outcome>),
    Asking(Pin<Box<dyn Future<Output = Outcome> + Send>>),
}

impl SharedStore {
    /// Starts from a connection: what [`connect`](super::connect) makes, or any that the `redis`
    /// crate offers and that can be cloned.
    #[cfg(feature = "redis")]
    #[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
    pub fn builder(connection: impl ConnectionLike + Clone + Send + Sync + 'static) -> Builder {
        Builder::new(Box::new(Scripted(connection)))
    }

    /// Starts from a store of any other kind. What this page says of a server, it says of that.
    pub fn on(backend: impl Backend) -> Builder {
        Builder::new(Box::new(Supplied(backend)))
    }

    /// How many instances there are.
    pub(super) fn instances(&self) -> u32 {
        self.0.instances
    }

    pub(super) fn of(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// The key of whatever is charged, in parts that nobody can confuse: `("tenant", [name])`.
    ///
    /// # Security
    ///
    /// A key that clients can make up gives them a fresh quota each time they do; a name that
    /// others know lets them use up its quota. Join it with the client's address.
    pub fn key<'a>(&self, kind: &str, parts: impl IntoIterator<Item = &'a [u8]>) -> Key {
        self.0.keying.key(kind, parts)
    }

    /// The key of a client: [`ClientAddr::identity`](rempart_core::ClientAddr::identity), or a
    /// wider network around it.
    #[must_use]
    pub fn client(&self, client: IpPrefix) -> Key {
        self.0.keying.client(client)
    }

    /// Checks that limits which charge by these keys can be decided together: always, but on a
    /// cluster, where they may be on different servers. To be called when a policy is built.
    ///
    /// # Errors
    ///
    /// [`ChargesError::KeysOnCluster`] if the server is a cluster and the keys are not the same.
    pub fn decides_together<K: PartialEq>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<(), ChargesError> {
        let mut keys = keys.into_iter();
        let first = keys.next();
        if self.0.cluster && keys.any(|key| first.as_ref() != Some(&key)) {
            return Err(ChargesError::KeysOnCluster);
        }
        Ok(())
    }

    /// Decides on a request, in one round trip at most: charges all limits, or none.
    ///
    /// It is to be polled within a Tokio runtime, and is done after the deadline at the latest.
    pub fn decide(&self, charges: Charges) -> Deciding {
        if let Some(outcome) = self.0.decide_now(&charges) {
            return Deciding(Stage::Done(Some(outcome)));
        }
        let inner = Arc::clone(&self.0);
        Deciding(Stage::Asking(Box::pin(async move { inner.ask(charges).await })))
    }

    /// Gives back what the charges of a request still hold.
    pub fn refund(&self, receipt: Receipt) -> impl Future<Output = Refunded> + Send + use<> {
        let inner = Arc::clone(&self.0);
        async move { inner.refund(receipt).await }
    }

    /// Gives back what a request was charged beyond this cost, of each limit, and charges what it
    /// has cost beyond that as far as there is room: up to a whole burst and the
    /// [overdraft](crate::Limit::overdraft), or as many as a window admits.
    pub fn settle(&self, receipt: Receipt, cost: u32) -> impl Future<Output = ()> + Send + use<> {
        let inner = Arc::clone(&self.0);
        async move { inner.settle(receipt, cost).await }
    }

    /// Settles, and nobody waits for it. Outside of a runtime, what was charged stays.
    pub(crate) fn settle_later(&self, receipt: Receipt, cost: u32) {
        if let Ok(runtime) = Handle::try_current() {
            drop(runtime.spawn(self.settle(receipt, cost)));
        }
    }

    /// The clock of everything that this instance remembers.
    pub(crate) fn clock(&self) -> &SharedClock {
        &self.0.clock
    }

    pub(super) fn is_cluster(&self) -> bool {
        self.0.cluster
    }

    pub(super) fn keying(&self) -> &Keying {
        &self.0.keying
    }

    /// Forgets what a client owes to a limit, on the server and here.
    ///
    /// Another instance may go on denying for the second that it remembers a denial. Returns
    /// whether the server did it.
    pub fn reset(&self, limit: Limit, key: Key) -> impl Future<Output = bool> + Send + use<> {
        let inner = Arc::clone(&self.0);
        async move { inner.reset(&Charge { limit, key, cost: 0 }).await }
    }

    /// Gives what this instance leased and did not spend back to the others: when it shuts down.
    /// Returns how many leases the server took back.
    pub fn return_leases(&self) -> impl Future<Output = usize> + Send + use<> {
        let inner = Arc::clone(&self.0);
        async move { inner.return_leases().await }
    }

    /// Whether the server answered when it was asked last.
    #[must_use]
    pub fn is_available(&self) -> bool {
        self.0.breaker.is_closed()
    }

    /// How many times the server did not answer, or not in time, or not as it should.
    #[must_use]
    pub fn faults(&self) -> u64 {
        self.0.faults.load(Ordering::Relaxed)
    }
}

impl Future for Deciding {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        match &mut self.0 {
            Stage::Asking(asking) => {
                let outcome = std::task::ready!(asking.as_mut().poll(cx));
                self.0 = Stage::Done(None);
                Poll::Ready(outcome)
            }
            // Polled once more, it has nothing left to say.
            Stage::Done(outcome) => outcome.take().map_or(Poll::Pending, Poll::Ready),
        }
    }
}

impl fmt::Debug for Deciding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deciding").finish_non_exhaustive()
    }
}

impl fmt::Debug for SharedStore {
    /// Neither the secret nor the connection, whose address may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedStore")
            .field("prefix", &self.0.prefix)
            .field("instances", &self.0.instances)
            .field("on_store_error", &self.0.on_store_error)
            .field("available", &self.is_available())
            .field("faults", &self.faults())
            .finish_non_exhaustive()
    }
}
