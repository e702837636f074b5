use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use crate::{ConfigError, Policy};

/// Tokens that are refused before they end: one by its identifier, all of a subject, or all that
/// were issued before a time. Clones share what is revoked.
///
/// Looked at after the signature. Its memory is bounded, and it forgets nothing that matters: what
/// has ended is dropped, and when it is full of what has not, every token issued so far is refused
/// instead ([`Revoked::Everything`]), and every one that is issued in the next five minutes: the
/// clock of who issued them may be ahead by that much ([`Policy::WIDEST_SKEW`]). What it knows is
/// this process's, and gone when it ends.
///
/// ```
/// use std::time::Duration;
/// use rempart_token::{Claims, Revocations, Revoked};
///
/// let revocations = Revocations::default();
///
/// // Signing out:
/// fn sign_out(revocations: &Revocations, claims: &Claims, now: Duration) {
///     if let Some(id) = claims.id() {
///         revocations.revoke_id(id, claims.expires_at(), now);
///     }
/// }
///
/// // A changed password: whatever was issued to her before this moment.
/// let now = Duration::from_secs(1_800_000_000);
/// assert_eq!(revocations.revoke_subject("ada", now, now), Revoked::AsAsked);
/// assert_eq!(revocations.len(), 1);
/// ```
///
/// # Security
///
/// Times in tokens are whole seconds: a token that was issued in the second of the revocation is
/// refused too, and so is one that is issued to the same subject before that second is over.
#[derive(Clone)]
pub struct Revocations(Arc<Store>);

struct Store {
    max_life: Duration,
    capacity: usize,
    hasher: RandomState,
    /// How many entries there are: who finds none asks no lock.
    count: AtomicUsize,
    /// Nanoseconds since 1970.
    issued_before: AtomicU64,
    entries: RwLock<HashMap<u64, Entry>>,
}

/// What is revoked under the hash of an identifier or a subject.
#[derive(Clone, Copy)]
struct Entry {
    /// Tokens issued before this.
    issued_before: Duration,
    /// When every such token has ended by itself.
    until: Duration,
}

/// What a revocation came to; either way what was asked for is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// What was asked for is revoked.
    AsAsked,
    /// There was no room: every token issued so far is, and for five minutes more every new one.
    Everything,
}

impl Revocations {
    /// How many entries are kept by default: about 4 MiB at most.
    pub const CAPACITY: usize = 65_536;

    /// How many entries can be kept.
    pub const MAX_CAPACITY: usize = 1 << 22;

    /// Keeps up to `capacity` entries, for tokens that live up to `max_life`: no less than the
    /// policy's.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Capacity`] and [`ConfigError::MaxLife`].
    pub fn new(capacity: usize, max_life: Duration) -> Result<Self, ConfigError> {
        if capacity == 0 || capacity > Self::MAX_CAPACITY {
            return Err(ConfigError::Capacity { capacity });
        }
        if max_life.is_zero() || max_life > Policy::LONGEST_LIFE {
            return Err(ConfigError::MaxLife { life: max_life });
        }
        Ok(Self::unchecked(capacity, max_life))
    }

    /// For how long a life revocations are kept.
    #[must_use]
    pub fn max_life(&self) -> Duration {
        self.0.max_life
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.count.load(Ordering::Acquire)
    }

    /// Whether there is none; [`revoke_issued_before`](Self::revoke_issued_before) makes none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Refuses the token of this identifier (`jti`) until it ends by itself. Times are since the
    /// Unix epoch.
    #[expect(clippy::must_use_candidate, reason = "it is revoked, whoever looks at the answer")]
    pub fn revoke_id(&self, id: &str, expires_at: Duration, now: Duration) -> Revoked {
        let entry = Entry { issued_before: Duration::MAX, until: expires_at };
        self.insert(Name::Id(id), entry, now)
    }

    /// Refuses what was issued to a subject (`sub`) before a time, both since the Unix epoch.
    #[expect(clippy::must_use_candidate, reason = "it is revoked, whoever looks at the answer")]
    pub fn revoke_subject(&self, subject: &str, issued_before: Duration, now: Duration) -> Revoked {
        let until = issued_before.saturating_add(self.0.max_life);
        self.insert(Name::Subject(subject), Entry { issued_before, until }, now)
    }

    /// Refuses whatever was issued before a time since the Unix epoch, whoever it was issued to.
    /// An earlier time than one that was said before changes nothing.
    pub fn revoke_issued_before(&self, time: Duration) {
        let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.0.issued_before.fetch_max(time, Ordering::AcqRel);
    }

    /// Whether a token is revoked.
    pub(crate) fn cover(
        &self,
        id: Option<&str>,
        subject: Option<&str>,
        issued_at: Duration,
    ) -> bool {
        let issued = u64::try_from(issued_at.as_nanos()).unwrap_or(u64::MAX);
        if issued < self.0.issued_before.load(Ordering::Acquire) {
            return true;
        }
        if self.is_empty() {
            return false;
        }
        let names = [id.map(Name::Id), subject.map(Name::Subject)];
        let entries = self.entries();
        names.into_iter().flatten().any(|name| {
            let entry = entries.get(&self.hash(name));
            entry.is_some_and(|entry| issued_at < entry.issued_before)
        })
    }

    fn insert(&self, name: Name<'_>, entry: Entry, now: Duration) -> Revoked {
        let hash = self.hash(name);
        let mut entries = self.entries_mut();
        if entries.len() >= self.0.capacity && !entries.contains_key(&hash) {
            entries.retain(|_, entry| entry.until > now);
        }
        let revoked = if entries.len() < self.0.capacity || entries.contains_key(&hash) {
            let kept = entries.entry(hash).or_insert(entry);
            kept.issued_before = kept.issued_before.max(entry.issued_before);
            kept.until = kept.until.max(entry.until);
            Revoked::AsAsked
        } else {
            // The clocks of issuers may be ahead: what is younger than any token makes sure.
            let ahead = Policy::WIDEST_SKEW;
            self.revoke_issued_before(now.saturating_add(ahead));
            entries.clear();
            Revoked::Everything
        };
        self.0.count.store(entries.len(), Ordering::Release);
        revoked
    }

    fn unchecked(capacity: usize, max_life: Duration) -> Self {
        Self(Arc::new(Store {
            max_life,
            capacity,
            hasher: RandomState::new(),
            count: AtomicUsize::new(0),
            issued_before: AtomicU64::new(0),
            entries: RwLock::new(HashMap::new()),
        }))
    }

    /// Under a key of this process's: who chooses identifiers cannot make two of them meet.
    fn hash(&self, name: Name<'_>) -> u64 {
        self.0.hasher.hash_one(name)
    }

    fn entries(&self) -> RwLockReadGuard<'_, HashMap<u64, Entry>> {
        // A thread that panicked here left the table whole.
        self.0.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn entries_mut(&self) -> RwLockWriteGuard<'_, HashMap<u64, Entry>> {
        self.0.entries.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Revocations {
    /// Keeps [`CAPACITY`](Self::CAPACITY) entries, for lives of [`Policy::MAX_LIFE`].
    fn default() -> Self {
        Self::unchecked(Self::CAPACITY, Policy::MAX_LIFE)
    }
}

impl fmt::Debug for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocations")
            .field("len", &self.len())
            .field("capacity", &self.0.capacity)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Hash)]
enum Name<'a> {
    Id(&'a str),
    Subject(&'a str),
}
