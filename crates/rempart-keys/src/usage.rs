use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use std::{fmt, io};

use rempart_core::{Clock, Event, Observer, Outcome, PolicyName, SharedClock};

use crate::directory::Used;
use crate::{KeyId, KeyRing, KeyUsed, RingDirectory, UseRecord};

/// Notes when each key last verified something: what has to be known before one is revoked.
///
/// It is an [`Observer`] of the layers whose keys come from rings. Noting takes no lock and
/// allocates nothing; [`write`](Self::write), called about once a second, writes the file `used`
/// of each ring, which `rempart keys status` reads.
///
/// ```
/// use std::sync::Arc;
/// use rempart_core::{Event, EventKind, ManualClock, Observer, Outcome};
/// use rempart_keys::{KeyId, KeyUse, PolicyName, RingDirectory};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let keys = std::env::temp_dir().join(format!("rempart-doc-use-{}", std::process::id()));
/// # std::fs::create_dir_all(keys.join("vapi"))?;
/// let policy = PolicyName::new("vapi")?;
/// let directory = RingDirectory::new(&keys, policy);
/// let uses = KeyUse::new(ManualClock::default()).ring(policy, &directory);
/// // What a layer's `.observer(…)` takes, beside others.
/// let uses = Arc::new(uses);
///
/// let id = KeyId::new("env")?;
/// uses.observe(&Event::new(EventKind::Signature, Outcome::Allowed, &policy).key(Some(id)));
/// assert!(uses.write().is_empty(), "no fault");
/// assert_eq!(directory.entries()?[0].used.map(|used| used.count), Some(1));
/// # std::fs::remove_dir_all(keys)?;
/// # Ok(())
/// # }
/// ```
pub struct KeyUse {
    clock: SharedClock,
    rings: Vec<Ring>,
}

struct Ring {
    policies: Vec<PolicyName>,
    directory: RingDirectory,
    /// Filled from the front; a key stays where it was put.
    keys: Box<[OnceLock<Slot>]>,
    written: Mutex<Written>,
}

struct Slot {
    id: KeyId,
    /// In seconds since the Unix epoch.
    last: AtomicU64,
    count: AtomicU64,
}

#[derive(Default)]
struct Written {
    /// The uses that the file tells of.
    uses: u64,
    /// When that was; `None` before this process has written it.
    at: Option<Duration>,
    /// Since when the keys have been watched.
    since: Duration,
    /// Why it could not be written, the last time.
    fault: Option<io::ErrorKind>,
}

impl KeyUse {
    /// How old the file `used` becomes while no key is used.
    pub const BEAT: Duration = Duration::from_secs(15);

    /// Starts with no ring. Events of policies without one are not noted.
    #[must_use]
    pub fn new(clock: impl Clock + 'static) -> Self {
        Self { clock: Arc::new(clock), rings: Vec::new() }
    }

    /// Notes the keys that this policy uses with those of a ring. Several policies may share one.
    ///
    /// What an earlier process has written down is taken over.
    #[must_use]
    pub fn ring(mut self, policy: PolicyName, directory: &RingDirectory) -> Self {
        let shared = self.rings.iter_mut().find(|ring| ring.directory.path() == directory.path());
        match shared {
            Some(ring) => ring.policies.push(policy),
            None => self.rings.push(Ring::new(policy, directory.clone(), self.clock.unix())),
        }
        self
    }

    /// Writes the file `used` of each ring whose keys were used since it was written last, or that
    /// was written [`BEAT`](Self::BEAT) ago: who reads it sees by its age whether anybody watches.
    ///
    /// It returns the rings of which it could not be written, each once for each cause: a mounted
    /// directory that cannot be written goes without.
    #[must_use = "else nobody learns that nothing is written"]
    pub fn write(&self) -> Vec<(PolicyName, io::ErrorKind)> {
        let now = self.clock.unix();
        let faults = self.rings.iter().map(|ring| (*ring.directory.name(), ring.write(now)));
        faults.filter_map(|(name, fault)| Some((name, fault?))).collect()
    }
}

impl Observer for KeyUse {
    fn observe(&self, event: &Event<'_>) {
        let (Outcome::Allowed, Some(id)) = (event.outcome, event.key) else { return };
        // Of a key that changes its state an event tells as well, and that is no use of it.
        if event.kind == rempart_core::EventKind::KeyState {
            return;
        }
        let ring = self.rings.iter().find(|ring| ring.policies.contains(event.policy));
        if let Some(slot) = ring.and_then(|ring| ring.slot(id)) {
            slot.last.fetch_max(self.clock.unix().as_secs(), Ordering::Relaxed);
            slot.count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for KeyUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rings = self.rings.iter().map(|ring| (ring.directory.name(), ring.used()));
        f.debug_map().entries(rings).finish()
    }
}

impl Ring {
    fn new(policy: PolicyName, directory: RingDirectory, now: Duration) -> Self {
        let keys = (0..KeyRing::MAX_KEYS).map(|_| OnceLock::new()).collect();
        let written = Mutex::default();
        let ring = Self { policies: vec![policy], directory, keys, written };
        let before = Used::read(&ring.directory);
        // Nobody was served between two processes: the watch of the first goes on.
        let since = before.record().map_or(now, |record| record.since.min(now));
        for (id, used) in before.iter() {
            if let Some(slot) = ring.slot(id) {
                slot.last.store(used.last.as_secs(), Ordering::Relaxed);
                slot.count.store(used.count, Ordering::Relaxed);
            }
        }
        let uses = ring.uses();
        *ring.written.lock().unwrap_or_else(PoisonError::into_inner) =
            Written { uses, at: None, since, fault: None };
        ring
    }

    /// The place of a key; `None` when the table is full, which it is after as many keys as a ring
    /// remembers.
    fn slot(&self, id: KeyId) -> Option<&Slot> {
        let new = || Slot { id, last: AtomicU64::new(0), count: AtomicU64::new(0) };
        self.keys.iter().map(|place| place.get_or_init(new)).find(|slot| slot.id == id)
    }

    fn uses(&self) -> u64 {
        self.slots().fold(0, |sum, slot| sum.wrapping_add(slot.count.load(Ordering::Relaxed)))
    }

    fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.keys.iter().map_while(OnceLock::get)
    }

    fn used(&self) -> Vec<(KeyId, KeyUsed)> {
        let used = self.slots().map(|slot| {
            let last = Duration::from_secs(slot.last.load(Ordering::Relaxed));
            (slot.id, KeyUsed { last, count: slot.count.load(Ordering::Relaxed) })
        });
        used.filter(|(_, used)| used.count > 0).collect()
    }

    /// Why the file could not be written, if that has not been said.
    fn write(&self, now: Duration) -> Option<io::ErrorKind> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let uses = self.uses();
        let beat = written.at.is_some_and(|at| now.saturating_sub(at) < KeyUse::BEAT);
        if uses == written.uses && beat {
            return None;
        }
        let others = Used::read(&self.directory);
        let mut keys = self.used();
        for (id, used) in &mut keys {
            // Another process may serve with the same directory.
            let last = others.of(*id).map_or(Duration::ZERO, |other| other.last);
            used.last = used.last.max(last);
        }
        let record = UseRecord { at: now, since: written.since };
        match Used::new(record, keys).write(&self.directory) {
            Ok(()) => {
                *written = Written { uses, at: Some(now), since: written.since, fault: None };
                None
            }
            Err(error) => {
                let fault = Some(error.kind());
                (written.fault != fault).then(|| written.fault = fault)?;
                fault
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rempart_core::{EventKind, ManualClock};

    use super::*;

    #[test]
    fn the_record_tells_that_somebody_watches_also_while_no_key_is_used() {
        let keys = std::env::temp_dir().join(format!("rempart-beat-{}", std::process::id()));
        fs::create_dir_all(keys.join("vapi")).unwrap();
        let policy = PolicyName::new("vapi").unwrap();
        let directory = RingDirectory::new(&keys, policy);
        let clock = ManualClock::at(Duration::from_secs(1_793_491_200));
        let seconds = |record: Option<crate::UseRecord>| {
            record.map(|record| (record.at.as_secs() % 1000, record.since.as_secs() % 1000))
        };
        let record = || seconds(directory.use_record());
        let uses = KeyUse::new(clock.clone()).ring(policy, &directory);
        assert_eq!(record(), None);
        for (passed, used, want) in [
            (0, false, (200, 200)),
            (14, false, (200, 200)),
            (1, false, (215, 200)),
            (1, true, (216, 200)),
            (14, false, (216, 200)),
        ] {
            clock.advance(Duration::from_secs(passed));
            if used {
                let id = KeyId::new("env").unwrap();
                let event = Event::new(EventKind::Signature, Outcome::Allowed, &policy);
                uses.observe(&event.key(Some(id)));
            }
            assert!(uses.write().is_empty());
            assert_eq!(record(), Some(want));
        }
        // The next process goes on with the watch of this one.
        clock.advance(Duration::from_secs(60));
        let uses = KeyUse::new(clock.clone()).ring(policy, &directory);
        assert!(uses.write().is_empty());
        assert_eq!(record(), Some((290, 200)));
        let of_key = directory.entries().unwrap()[0].used.unwrap();
        assert_eq!((of_key.last.as_secs() % 1000, of_key.count), (216, 1));
        for (text, want) in [
            ("", None),
            ("at\n", None),
            ("since 2026-11-01T00:00:00Z\n", None),
            ("at 2026-11-01T00:00:00Z\n", Some((200, 200))),
            ("at 2026-11-01T00:00:00Z since nonsense\n", Some((200, 200))),
            ("at 2026-11-01T00:00:00Z since 2027-11-01T00:00:00Z\n", Some((200, 200))),
        ] {
            fs::write(directory.path().join("used"), text).unwrap();
            assert_eq!(record(), want, "{text}");
        }
        fs::remove_dir_all(keys).unwrap();
    }
}
