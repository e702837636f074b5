//! A ring that follows its directory.

mod reload;
mod state;
mod watch;

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rempart_core::{Clock, Current, Live, Observers, SharedClock};

use self::reload::Asked;
use self::state::{State, call};
pub use self::watch::Watch;
use crate::directory::Reading;
use crate::{DirectoryErrors, KeyRing, RingDirectory, Secret};

/// What a subscriber says against a ring.
type BoxError = Box<dyn Error + Send + Sync>;

/// The ring of a directory, read again when it changes. Clones share it.
///
/// Reading it ([`load`](Self::load)) takes no lock. A directory with a fault keeps the ring that
/// was there; a revocation is honoured whatever else is wrong, and no later file of this process's
/// life undoes it.
///
/// ```
/// use std::time::Duration;
/// use rempart_core::SystemClock;
/// use rempart_keys::{KeyId, LiveRing, PolicyName, RingDirectory, Secret};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// # let keys = std::env::temp_dir().join(format!("rempart-doc-live-{}", std::process::id()));
/// let directory = RingDirectory::new(&keys, PolicyName::new("vapi")?);
/// let variable = Secret::new("made-up-for-the-documentation-only")?;
/// let ring = LiveRing::open(directory.clone().seed(variable), SystemClock)?;
/// ring.on_change(|ring| {
///     // Here a policy is made of the ring and put in the place of the one before.
///     assert!(ring.signing().is_some());
///     Ok(())
/// })?;
/// let _watch = ring.watch(Duration::from_secs(5))?;
///
/// // What the tool does beside the service, and what SIGHUP does in it.
/// directory.generate(KeyId::new("2026-q4")?, Duration::from_secs(1_793_491_200))?;
/// assert!(ring.reload().faults.is_none());
/// assert_eq!(ring.load().verifying().count(), 2);
/// # drop(_watch);
/// # std::fs::remove_dir_all(keys)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct LiveRing(Arc<Shared>);

struct Shared {
    live: Live<KeyRing>,
    clock: SharedClock,
    state: Mutex<State>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // A subscriber that panics is caught, so that nothing is left half-done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LiveRing {
    /// How many revoked keys a process remembers, when their names have left the files.
    pub const MAX_REVOKED: usize = 4096;

    /// Reads the directory for the first time.
    ///
    /// # Errors
    ///
    /// Every fault of every file at once: a service does not start with a ring that it does not
    /// understand.
    pub fn open(
        directory: RingDirectory,
        clock: impl Clock + 'static,
    ) -> Result<Self, DirectoryErrors> {
        let reading = Reading::take(&directory);
        let ring = reading.ring?.expire(clock.unix());
        let mut state = State::new(directory, reading.has_ring, reading.digest);
        state.remember(&reading.revoked, &[&ring]);
        let live = Live::new(ring);
        Ok(Self(Arc::new(Shared { live, clock: Arc::new(clock), state: Mutex::new(state) })))
    }

    /// Tells these observers of reloads and of keys that change their state, for this ring and all
    /// its clones; the log by default.
    #[must_use]
    pub fn observer(self, observers: impl Into<Observers>) -> Self {
        self.0.state().observers = observers.into();
        self
    }

    /// The ring of this moment. It takes no lock.
    #[must_use]
    pub fn load(&self) -> Current<'_, KeyRing> {
        self.0.live.load()
    }

    /// Calls `subscriber` with the ring now, and with each later one before it is in force.
    ///
    /// If one of the subscribers does not take a new ring, none gets it: all are called again with
    /// the ring that was there, less what was revoked. A subscriber therefore has to take any ring
    /// with fewer keys than one that it took, down to none at all; if it does not, that is told as
    /// an event of outcome *error*.
    ///
    /// It may call [`load`](Self::load), and neither `on_change` nor a reload of the same ring.
    ///
    /// # Errors
    ///
    /// What `subscriber` said against the ring of this moment; it is not called again then.
    pub fn on_change(
        &self,
        subscriber: impl Fn(&KeyRing) -> Result<(), BoxError> + Send + Sync + 'static,
    ) -> Result<(), BoxError> {
        let mut state = self.0.state();
        let ring = self.load().clone();
        call(&subscriber, &ring)?;
        state.subscribe(Box::new(subscriber));
        Ok(())
    }

    /// Reads the directory now, and returns when what is in it is in force.
    ///
    /// Each call with faults is told to the observers.
    #[expect(clippy::must_use_candidate, reason = "it is told to the observers as well")]
    pub fn reload(&self) -> Reload {
        self.0.reload(Asked::ByCaller)
    }

    /// Reads the directory now, as [`watch`](Self::watch) does at each interval: a fault is told
    /// once, until it is another or gone.
    #[expect(clippy::must_use_candidate, reason = "it is told to the observers as well")]
    pub fn poll(&self) -> Reload {
        self.0.reload(Asked::ByTime)
    }

    /// Gives the variable's key other bytes, and reloads.
    ///
    /// The bytes before are not good from then on. A revoked `env` stays revoked.
    #[expect(clippy::must_use_candidate, reason = "it is told to the observers as well")]
    pub fn reseed(&self, secret: Secret) -> Reload {
        {
            let mut state = self.0.state();
            state.directory = state.directory.clone().seed(secret);
        }
        self.reload()
    }

    /// Whether the last reading had a fault, so that what is in the directory is not in force but
    /// for its revocations.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.0.state().told.is_some()
    }

    /// The directory that is followed.
    #[must_use]
    pub fn directory(&self) -> RingDirectory {
        self.0.state().directory.clone()
    }
}

impl fmt::Debug for LiveRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LiveRing").field(&*self.load()).finish()
    }
}

/// What came of a reload.
#[non_exhaustive]
pub struct Reload {
    /// Whether another ring is in force than before.
    pub changed: bool,
    /// Why what is in the directory is not in force, if it is not. What is revoked there is revoked
    /// all the same.
    pub faults: Option<DirectoryErrors>,
    /// What the subscriber said that does not take the ring, where that is the fault.
    pub refusal: Option<BoxError>,
}

impl fmt::Debug for Reload {
    /// Without the words of the subscriber, which may be about anything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reload")
            .field("changed", &self.changed)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}
