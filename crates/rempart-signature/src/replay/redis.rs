mod server;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::Cmd;
use thiserror::Error;
use tokio::runtime::Handle;

use self::server::{Failed, Server};
use super::{Claim, Claimed, ReplayKey, ReplayStore, Reply, Settled};

/// Remembers in a Redis or Valkey server, which the instances of a service share.
///
/// ```
/// use rempart_signature::RedisReplayStore;
///
/// // Connects at the first request, and again whenever the connection is lost.
/// let store = RedisReplayStore::new("redis://127.0.0.1:6379/0")?.prefix("acme:production:");
/// assert!(RedisReplayStore::new("postgres://127.0.0.1").is_err());
/// # let _ = store;
/// # Ok::<(), rempart_signature::RedisUrlError>(())
/// ```
///
/// A claim is one `SET` with `NX` and `PX`; it is settled by a script that compares its token
/// first. What is not answered within [`TIMEOUT`](Self::TIMEOUT) is [`Claimed::Unavailable`]: a
/// server that is down stops the requests that it is asked about, and lets none of them pass twice.
/// The server must keep what it was told for as long as it was told: with an eviction policy of
/// `noeviction`, and not on a replica that may be behind.
///
/// It lives on the Tokio runtime that it is called in, with time and I/O enabled; called outside of
/// one it is unavailable. A request that is dropped hands what is left to do to that runtime.
#[derive(Clone)]
pub struct RedisReplayStore {
    server: Arc<Server>,
    prefix: Arc<str>,
    timeout: Duration,
}

/// The text is no address of a server that can be reached.
///
/// It does not say more, since the text may hold a password.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("not an address `redis://[user:password@]host[:port][/database]` (without TLS)")]
pub struct RedisUrlError;

impl RedisReplayStore {
    /// How long a server may take to answer by default.
    pub const TIMEOUT: Duration = Duration::from_secs(1);

    /// What the keys in the server begin with by default.
    pub const PREFIX: &'static str = "rempart:replay:";

    /// Takes `redis://[user:password@]host[:port][/database]`, or `unix:///path`.
    ///
    /// # Errors
    ///
    /// [`RedisUrlError`] if the text is none of these.
    pub fn new(url: &str) -> Result<Self, RedisUrlError> {
        let server = Arc::new(Server::new(url).ok_or(RedisUrlError)?);
        Ok(Self { server, prefix: Self::PREFIX.into(), timeout: Self::TIMEOUT })
    }

    /// Lets the keys in the server begin otherwise: for services that share a server, and whose
    /// policies share names.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Lets the server take so long to answer, a new connection included.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    fn name(&self, key: ReplayKey) -> String {
        let hex = key.to_bytes().map(|byte| format!("{byte:02x}")).concat();
        format!("{}{hex}", self.prefix)
    }

    /// Whether the key was nobody's, and is the claimant's now.
    async fn set(&self, claim: &Claim, lease: Duration) -> Result<bool, Failed> {
        let mut set = Cmd::new();
        set.arg("SET").arg(self.name(claim.key())).arg(&token(claim)[..]);
        set.arg("NX").arg("PX").arg(millis(lease));
        let set: Option<String> = self.server.ask(&set, self.timeout).await?;
        Ok(set.is_some())
    }

    /// Whose the key is, that is not the claimant's.
    async fn get(&self, key: ReplayKey) -> Claimed {
        let mut get = Cmd::new();
        get.arg("GET").arg(self.name(key));
        match self.server.ask::<Option<Vec<u8>>>(&get, self.timeout).await {
            Ok(Some(token)) if token.is_empty() => Claimed::Done,
            // Or given up since: whoever asks again is told.
            Ok(_) => Claimed::InFlight,
            Err(_) => Claimed::Unavailable,
        }
    }

    /// Runs a script, to its end whoever waits for it.
    fn settle(&self, script: &'static str, claim: &Claim, ttl: Option<Duration>) -> Reply<Settled> {
        let Ok(runtime) = Handle::try_current() else { return Reply::now(Settled::Unavailable) };
        let mut eval = Cmd::new();
        eval.arg("EVAL").arg(script).arg(1).arg(self.name(claim.key())).arg(&token(claim)[..]);
        eval.arg(ttl.map(millis));
        let (server, timeout) = (Arc::clone(&self.server), self.timeout);
        let settling = runtime.spawn(async move {
            match server.ask(&eval, timeout).await {
                Ok(true) => Settled::Applied,
                Ok(false) => Settled::Lost,
                Err(_) => Settled::Unavailable,
            }
        });
        Reply::later(async move { settling.await.unwrap_or(Settled::Unavailable) })
    }
}

impl ReplayStore for RedisReplayStore {
    fn claim(&self, key: ReplayKey, lease: Duration) -> Reply<Claimed> {
        let mut random = [0; 16];
        if Handle::try_current().is_err() || getrandom::fill(&mut random).is_err() {
            return Reply::now(Claimed::Unavailable);
        }
        let claim = Claim::new(key, u128::from_be_bytes(random));
        let mut unsure = Unsure { store: self.clone(), claim: Some(claim) };
        Reply::later(async move {
            let Some(claim) = &unsure.claim else { return Claimed::Unavailable };
            match unsure.store.set(claim, lease).await {
                Ok(true) => unsure.sure().map_or(Claimed::Unavailable, Claimed::Fresh),
                Ok(false) => {
                    unsure.sure();
                    unsure.store.get(key).await
                }
                Err(Failed::Unsent) => {
                    unsure.sure();
                    Claimed::Unavailable
                }
                Err(Failed::Unanswered) => Claimed::Unavailable,
            }
        })
    }

    fn commit(&self, claim: Claim, ttl: Duration) -> Reply<Settled> {
        self.settle(COMMIT, &claim, Some(ttl))
    }

    fn release(&self, claim: Claim) -> Reply<Settled> {
        self.settle(RELEASE, &claim, None)
    }
}

impl fmt::Debug for RedisReplayStore {
    /// Not the address, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisReplayStore")
            .field("prefix", &self.prefix)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// A claim that the server may have been told of without anybody knowing: it is let go of when this
/// is dropped, as with the request that waits for it.
struct Unsure {
    store: RedisReplayStore,
    claim: Option<Claim>,
}

impl Unsure {
    /// It is known whose the key is.
    const fn sure(&mut self) -> Option<Claim> {
        self.claim.take()
    }
}

impl Drop for Unsure {
    fn drop(&mut self) {
        if let Some(claim) = self.claim.take() {
            self.store.abandon(claim);
        }
    }
}

/// What a key holds while its request is handled; nothing once it has been.
const fn token(claim: &Claim) -> [u8; 16] {
    claim.token().to_be_bytes()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).max(1)
}

const COMMIT: &str = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end \
                      redis.call('SET', KEYS[1], '', 'PX', ARGV[2]) return 1";

const RELEASE: &str = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end \
                       return redis.call('DEL', KEYS[1])";
