mod entry;
mod error;
mod restore;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use self::entry::{KeyState, RingEntry};
pub use self::error::RingError;
pub(crate) use self::restore::Restored;
use crate::{Fingerprint, Key, KeyId, Secret};

/// The keys of one purpose, as a value that never changes.
///
/// Each transition returns a new ring and leaves the old one as it was, so that a request that
/// began under one ring ends under it. A clone bumps one reference count.
///
/// A key is added [`Pending`](KeyState::Pending) (it verifies, so that the other side may switch
/// first), becomes [`Active`](KeyState::Active) (it signs), is
/// [`Retiring`](KeyState::Retiring) for a time in which both are good, and ends
/// [`Revoked`](KeyState::Revoked): nothing verifies by it any more, and its use is recognised until
/// it is [`Destroyed`](KeyState::Destroyed) and its bytes are gone.
///
/// ```
/// use std::time::Duration;
/// use rempart_keys::{Key, KeyId, KeyRing, Secret};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (old, new) = (KeyId::new("2026-q1")?, KeyId::new("2026-q2")?);
/// let ring = KeyRing::single(old, Secret::new("made-up-secret-of-the-first-quarter")?);
///
/// let key = Key::new(new, Secret::new("made-up-secret-of-the-second-quarter")?);
/// let tomorrow = Duration::from_secs(1_780_000_000);
/// let ring = ring.add(key)?.promote(new, tomorrow)?;
///
/// assert_eq!(ring.signing().map(Key::id), Some(new));
/// assert_eq!(ring.verifying().count(), 2);
/// assert_eq!(ring.revoke(old)?.verifying().count(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct KeyRing {
    slots: Arc<[Slot]>,
}

impl KeyRing {
    /// The most keys that may verify at once: each costs a forged request one more MAC.
    pub const MAX_LIVE: usize = 8;

    /// The most keys that are remembered, revoked and destroyed ones included.
    pub const MAX_KEYS: usize = 64;

    /// How many revoked keys are recognised, the latest ones: each costs a forged request one more
    /// MAC.
    pub const MAX_RECOGNISED: usize = 4;

    /// Makes a ring of one active key.
    #[must_use]
    pub fn single(id: KeyId, secret: Secret) -> Self {
        let slot = Slot { id, created: None, material: Material::Active(Key::new(id, secret)) };
        Self { slots: Arc::new([slot]) }
    }

    /// The key that signs; `None` after it was revoked, until another is promoted.
    #[must_use]
    pub fn signing(&self) -> Option<&Key> {
        self.slots.iter().find_map(|slot| match &slot.material {
            Material::Active(key) => Some(key),
            _ => None,
        })
    }

    /// The keys that may verify, in the order in which they were added; at most
    /// [`MAX_LIVE`](Self::MAX_LIVE).
    ///
    /// A retiring key is among them also after its time: [`Key::verifies_at`] tells, or
    /// [`verifying_at`](Self::verifying_at) leaves it out.
    pub fn verifying(&self) -> impl Iterator<Item = &Key> {
        self.slots.iter().filter_map(Slot::key)
    }

    /// The keys that verify at `now`, since the Unix epoch.
    pub fn verifying_at(&self, now: Duration) -> impl Iterator<Item = &Key> {
        self.verifying().filter(move |key| key.verifies_at(now))
    }

    /// The key of this name, if it may verify.
    #[must_use]
    pub fn get(&self, id: KeyId) -> Option<&Key> {
        self.verifying().find(|key| key.id() == id)
    }

    /// What became of the key of this name; `None` if the ring never had it.
    #[must_use]
    pub fn state(&self, id: KeyId) -> Option<KeyState> {
        self.slots.iter().find(|slot| slot.id == id).map(Slot::state)
    }

    /// The revoked keys whose bytes are still there, the one that was added last first; at most
    /// [`MAX_RECOGNISED`](Self::MAX_RECOGNISED).
    ///
    /// To tell of who still uses one, never to accept what it made.
    pub fn revoked(&self) -> impl Iterator<Item = &Key> {
        let revoked = self.slots.iter().rev().filter_map(|slot| match &slot.material {
            Material::Revoked(key) => key.as_ref(),
            _ => None,
        });
        revoked.take(Self::MAX_RECOGNISED)
    }

    /// Every key that is remembered, in the order in which they were added.
    pub fn entries(&self) -> impl Iterator<Item = RingEntry> {
        self.slots.iter().map(|slot| RingEntry {
            id: slot.id,
            state: slot.state(),
            fingerprint: slot.fingerprint(),
            created: slot.created,
        })
    }

    /// Adds a key as [`KeyState::Pending`].
    ///
    /// A ring that remembers [`MAX_KEYS`](Self::MAX_KEYS) forgets the destroyed key that was added
    /// first.
    ///
    /// # Errors
    ///
    /// [`RingError::DuplicateId`] and [`RingError::DuplicateSecret`] when the ring has had the
    /// name or the bytes before, [`RingError::Full`] when there is no room.
    pub fn add(&self, key: Key) -> Result<Self, RingError> {
        let id = key.id();
        if self.state(id).is_some() {
            return Err(RingError::DuplicateId { id });
        }
        // Under two names the bytes would outlive the revocation of one of them.
        let bytes = key.secret().expose();
        let mut known = self.slots.iter().filter_map(Slot::known);
        if let Some(other) = known.find(|other| other.secret().ct_eq(bytes)).map(Key::id) {
            return Err(RingError::DuplicateSecret { id, other });
        }
        let forgotten = if self.slots.len() < Self::MAX_KEYS {
            None
        } else {
            let destroyed = |slot: &Slot| matches!(slot.material, Material::Destroyed);
            Some(self.slots.iter().position(destroyed).ok_or(RingError::Full { id })?)
        };
        if self.verifying().count() >= Self::MAX_LIVE {
            return Err(RingError::Full { id });
        }
        let kept = self.slots.iter().enumerate().filter(|(nth, _)| Some(*nth) != forgotten);
        let created = key.created();
        let added = Slot { id, created, material: Material::Pending(key.unretired()) };
        let slots = kept.map(|(_, slot)| slot.clone()).chain([added]).collect();
        Ok(Self { slots })
    }

    /// Makes a pending key the active one; the one that was active verifies until `until`, since
    /// the Unix epoch.
    ///
    /// # Errors
    ///
    /// [`RingError::Unknown`], or [`RingError::NotAllowed`] when the key is not pending.
    pub fn promote(&self, id: KeyId, until: Duration) -> Result<Self, RingError> {
        match self.state(id) {
            None => return Err(RingError::Unknown { id }),
            Some(KeyState::Pending) => {}
            Some(from) => return Err(RingError::NotAllowed { id, from }),
        }
        Ok(self.map(|slot| match &slot.material {
            Material::Active(key) => Material::Retiring(key.retiring(until), until),
            Material::Pending(key) if slot.id == id => Material::Active(key.clone()),
            other => other.clone(),
        }))
    }

    /// Lets a key verify nothing any more. Revoking again changes nothing.
    ///
    /// The active key may be revoked too, since an incident does not wait for its successor:
    /// nothing is signed then until another is promoted. The bytes stay, so that the key's use can
    /// be told of, until it is [destroyed](Self::destroy).
    ///
    /// # Errors
    ///
    /// [`RingError::Unknown`], or [`RingError::NotAllowed`] when the key is destroyed.
    pub fn revoke(&self, id: KeyId) -> Result<Self, RingError> {
        match self.state(id) {
            None => Err(RingError::Unknown { id }),
            Some(from @ KeyState::Destroyed) => Err(RingError::NotAllowed { id, from }),
            Some(_) => Ok(self.map(|slot| slot.revoked_if(slot.id == id))),
        }
    }

    /// Revokes every key at once.
    #[must_use]
    pub fn revoke_all(&self) -> Self {
        self.map(|slot| slot.revoked_if(true))
    }

    /// Revokes the retiring keys whose time is over at `now`, since the Unix epoch.
    #[must_use]
    pub fn expire(&self, now: Duration) -> Self {
        let over = |slot: &Slot| slot.key().is_some_and(|key| !key.verifies_at(now));
        self.map(|slot| slot.revoked_if(over(slot)))
    }

    /// Forgets the bytes of a revoked key; its name stays taken. They are wiped once the last ring
    /// that holds them is dropped.
    ///
    /// # Errors
    ///
    /// [`RingError::Unknown`], or [`RingError::NotAllowed`] when the key is still live.
    pub fn destroy(&self, id: KeyId) -> Result<Self, RingError> {
        match self.state(id) {
            None => Err(RingError::Unknown { id }),
            Some(KeyState::Revoked | KeyState::Destroyed) => Ok(self.map(|slot| {
                if slot.id == id { Material::Destroyed } else { slot.material.clone() }
            })),
            Some(from) => Err(RingError::NotAllowed { id, from }),
        }
    }

    /// Whether the other ring has the same keys, of the same bytes, in the same states.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let live = |ring: &Self, id| ring.get(id).map(|key| key.secret().clone());
        self.entries().eq(other.entries())
            && self.entries().all(|entry| match (live(self, entry.id), live(other, entry.id)) {
                (Some(ours), Some(theirs)) => ours.ct_eq(theirs.expose()),
                (ours, theirs) => ours.is_none() && theirs.is_none(),
            })
    }

    fn map(&self, change: impl Fn(&Slot) -> Material) -> Self {
        let changed =
            |slot: &Slot| Slot { id: slot.id, created: slot.created, material: change(slot) };
        Self { slots: self.slots.iter().map(changed).collect() }
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyRing ")?;
        f.debug_map().entries(self.slots.iter().map(|slot| (slot.id, slot.state()))).finish()
    }
}

#[derive(Clone)]
struct Slot {
    id: KeyId,
    created: Option<Duration>,
    material: Material,
}

impl Slot {
    /// The key, while it may verify.
    const fn key(&self) -> Option<&Key> {
        match &self.material {
            Material::Active(key) | Material::Pending(key) | Material::Retiring(key, _) => {
                Some(key)
            }
            Material::Destroyed | Material::Revoked(_) => None,
        }
    }

    /// The key, while its bytes are there.
    const fn known(&self) -> Option<&Key> {
        match &self.material {
            Material::Revoked(key) => key.as_ref(),
            _ => self.key(),
        }
    }

    const fn state(&self) -> KeyState {
        match self.material {
            Material::Active(_) => KeyState::Active,
            Material::Destroyed => KeyState::Destroyed,
            Material::Pending(_) => KeyState::Pending,
            Material::Retiring(_, until) => KeyState::Retiring { until },
            Material::Revoked(_) => KeyState::Revoked,
        }
    }

    fn fingerprint(&self) -> Option<Fingerprint> {
        self.known().map(|key| key.secret().fingerprint())
    }

    fn revoked_if(&self, wanted: bool) -> Material {
        match self.key() {
            Some(key) if wanted => Material::Revoked(Some(key.clone().unretired())),
            _ => self.material.clone(),
        }
    }
}

#[derive(Clone)]
enum Material {
    Active(Key),
    Destroyed,
    Pending(Key),
    Retiring(Key, Duration),
    /// Without the key where its bytes were lost before.
    Revoked(Option<Key>),
}
