use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rempart_core::{Faults, Observers};

use super::{BoxError, LiveRing};
use crate::directory::Reading;
use crate::{
    DirectoryError, DirectoryErrors, FileFault, Fingerprint, Key, KeyId, KeyRing, RingDirectory,
    RingError, RingFile,
};

pub(super) type Subscriber = Box<dyn Fn(&KeyRing) -> Result<(), BoxError> + Send + Sync>;

/// What a ring that follows its directory knows beside the ring itself.
pub(super) struct State {
    pub(super) directory: RingDirectory,
    pub(super) observers: Observers,
    /// What was read last.
    pub(super) digest: [u8; 32],
    /// The faults that have been told, until they are gone.
    pub(super) told: Option<DirectoryErrors>,
    subscribers: Vec<Subscriber>,
    /// What has been revoked as far as this process has seen, with what recognises its bytes.
    revoked: BTreeMap<KeyId, Option<Fingerprint>>,
    /// Whether there has been a file `ring`: one that goes away is then a fault.
    had_ring: bool,
}

impl State {
    pub(super) fn new(directory: RingDirectory, had_ring: bool, digest: [u8; 32]) -> Self {
        Self {
            directory,
            observers: Observers::default(),
            digest,
            told: None,
            subscribers: Vec::new(),
            revoked: BTreeMap::new(),
            had_ring,
        }
    }

    pub(super) fn subscribe(&mut self, subscriber: Subscriber) {
        self.subscribers.push(subscriber);
    }

    /// Keeps these names revoked for good, and the bytes that they have in one of the rings. There
    /// is always room for a key of the rings.
    pub(super) fn remember(&mut self, revoked: &[KeyId], rings: &[&KeyRing]) {
        let entries: Vec<_> = rings.iter().flat_map(|ring| ring.entries()).collect();
        let of_ring = |id: KeyId| entries.iter().any(|entry| entry.id == id);
        for id in revoked {
            let mut known = entries.iter().filter(|entry| entry.id == *id);
            let fingerprint = known.find_map(|entry| entry.fingerprint);
            if let Some(remembered) = self.revoked.get_mut(id) {
                *remembered = remembered.or(fingerprint);
                continue;
            }
            if self.revoked.len() >= LiveRing::MAX_REVOKED {
                let strangers = self.revoked.iter().filter(|(other, _)| !of_ring(**other));
                // One that was never a key of a ring, if there is one.
                let stranger = strangers.min_by_key(|(_, bytes)| bytes.is_some());
                let stranger = stranger.map(|(other, _)| *other).filter(|_| of_ring(*id));
                let Some(stranger) = stranger else { continue };
                self.revoked.remove(&stranger);
            }
            self.revoked.insert(*id, fingerprint);
        }
    }

    pub(super) fn is_revoked(&self, id: KeyId) -> bool {
        self.revoked.contains_key(&id)
    }

    /// The ring that was read, or why it is not taken.
    pub(super) fn judge(&mut self, reading: Reading) -> Result<KeyRing, DirectoryErrors> {
        let ring = reading.ring?;
        if self.had_ring && !reading.has_ring {
            let fault = FileFault::Io(ErrorKind::NotFound);
            return Err(DirectoryError::File { file: RingFile::Ring, fault }.into());
        }
        self.had_ring |= reading.has_ring;
        let mut faults = Faults::new();
        for key in ring.verifying().filter(|key| !self.is_revoked(key.id())) {
            // The bytes of a revoked key do not come back under another name.
            let fingerprint = Some(key.secret().fingerprint());
            let mut revoked = self.revoked.iter();
            if let Some((other, _)) = revoked.find(|(_, revoked)| **revoked == fingerprint) {
                let (id, other) = (key.id(), *other);
                faults.push(RingError::DuplicateSecret { id, other }.into());
            }
        }
        faults.finish().map(|()| ring)
    }

    pub(super) fn without_revoked(&self, ring: &KeyRing) -> KeyRing {
        let live: Vec<KeyId> = ring.verifying().map(Key::id).collect();
        let revoked = live.into_iter().filter(|id| self.is_revoked(*id));
        revoked.fold(ring.clone(), |ring, id| ring.revoke(id).unwrap_or(ring))
    }

    /// Calls every subscriber, and returns the first refusal.
    pub(super) fn publish(&self, ring: &KeyRing) -> Result<(), BoxError> {
        let results = self.subscribers.iter().map(|subscriber| call(&**subscriber, ring));
        results.fold(Ok(()), Result::and)
    }
}

pub(super) fn call(
    subscriber: &(impl Fn(&KeyRing) -> Result<(), BoxError> + ?Sized),
    ring: &KeyRing,
) -> Result<(), BoxError> {
    let result = catch_unwind(AssertUnwindSafe(|| subscriber(ring)));
    result.unwrap_or_else(|_| Err("the subscriber panicked".into()))
}
