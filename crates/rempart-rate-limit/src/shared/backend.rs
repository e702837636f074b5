use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use super::job::Job;
use super::server::{Engine, Running};
use super::{Decided, Transaction};

/// Keeps the counts of limits that instances share: any store that can read a few keys and write
/// them in one transaction.
///
/// What is counted, and how, is no affair of its own: a [`Transaction`] decides by what the store
/// holds, and says what is to be written. A whole one, which the instances of one process share:
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::Mutex;
/// use std::time::{Duration, UNIX_EPOCH};
///
/// use rempart_core::ClientAddr;
/// use rempart_rate_limit::shared::{
///     Backend, BackendError, Decided, SharedLimiter, SharedPolicy, SharedStore, Transaction, Write,
/// };
/// use rempart_rate_limit::{Decision, Policy};
///
/// #[derive(Default)]
/// struct InProcess(Mutex<HashMap<String, (Vec<u8>, Duration)>>);
///
/// impl Backend for InProcess {
///     async fn transact(&self, transaction: Transaction) -> Result<Decided, BackendError> {
///         // Held to the end: nobody reads what somebody else is about to write.
///         let mut rows = self.0.lock().map_err(|_| BackendError::new("poisoned"))?;
///         let now = UNIX_EPOCH.elapsed().map_err(BackendError::new)?;
///         rows.retain(|_, (_, until)| *until > now);
///         let decided = transaction.decide(now, |key| rows.get(key).map(|(value, _)| value))?;
///         for write in decided.writes() {
///             match write {
///                 Write::Set { key, value, life } => {
///                     rows.insert(key.to_owned(), (value.to_vec(), now + life));
///                 }
///                 Write::Delete { key } => {
///                     rows.remove(key);
///                 }
///             }
///         }
///         Ok(decided)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = SharedStore::on(InProcess::default())
///     .secret("made up for the documentation, and no secret")
///     .instances(1)
///     .build()?;
/// let policy = Policy::builder("login").quota("2 per minute").build()?;
/// let limiter = SharedLimiter::new(SharedPolicy::new(policy, &store)?);
///
/// let client = ClientAddr::new("203.0.113.9".parse()?);
/// for _ in 0..2 {
///     assert!(matches!(limiter.check(client).await, Decision::Allowed(_)));
/// }
/// assert!(matches!(limiter.check(client).await, Decision::Refused(_)));
/// assert!(store.is_available());
/// # Ok(())
/// # }
/// ```
///
/// [What it has to keep](super#another-store), and what goes wrong where it does not.
pub trait Backend: Send + Sync + 'static {
    /// Reads the values of [`Transaction::keys`], has them decided on by [`Transaction::decide`],
    /// writes [`Decided::writes`], and hands back what was decided once that is committed.
    ///
    /// It is dropped where it stands when the deadline is over: what it has begun is then done as a
    /// whole or not at all. It is polled on the thread of a request, which it must not block.
    ///
    /// # Errors
    ///
    /// [`BackendError`] for whatever went wrong. It is a fault of the store, of which no client is
    /// told; what was decided may have been written all the same.
    fn transact(
        &self,
        transaction: Transaction,
    ) -> impl Future<Output = Result<Decided, BackendError>> + Send;
}

/// The store could not do it.
///
/// It is counted ([`SharedStore::faults`](super::SharedStore::faults)), and its text is told to
/// nobody, since it may hold an address with a password: who wants it in a log writes it there.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BackendError {
    /// No clock tells such a time.
    #[error("a clock that tells {now:?}")]
    Clock {
        /// What it told.
        now: Duration,
    },
    /// Something of the store's own.
    #[error("the store failed")]
    Store(#[source] Box<dyn Error + Send + Sync>),
}

impl BackendError {
    /// Takes the error of a driver, or a text.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Store(source.into())
    }
}

impl<B: Backend> Backend for Arc<B> {
    fn transact(
        &self,
        transaction: Transaction,
    ) -> impl Future<Output = Result<Decided, BackendError>> + Send {
        B::transact(self, transaction)
    }
}

/// A store that somebody else supplied.
pub(super) struct Supplied<B>(pub(super) B);

impl<B: Backend> Engine for Supplied<B> {
    fn run(&self, job: Job) -> Running<'_> {
        let transaction = Transaction::new(job);
        Box::pin(async move {
            let decided = self.0.transact(transaction.clone()).await.ok()?;
            decided.numbers(&transaction)
        })
    }
}
