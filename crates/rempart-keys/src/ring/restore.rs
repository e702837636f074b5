use std::time::Duration;

use super::{Material, Slot};
use crate::{Key, KeyId, KeyRing, KeyState, RingError, Secret};

/// A key as it was written down.
pub(crate) struct Restored {
    pub(crate) id: KeyId,
    pub(crate) state: KeyState,
    pub(crate) created: Option<Duration>,
    /// Needed by a live key; a revoked one is recognised by it, if it is there still.
    pub(crate) secret: Option<Secret>,
}

impl Restored {
    const fn is_live(&self) -> bool {
        !matches!(self.state, KeyState::Revoked | KeyState::Destroyed)
    }

    /// A live key without its bytes is none; a revoked one is not recognised then.
    fn slot(&self) -> Option<Slot> {
        let key = || {
            let key = Key::new(self.id, self.secret.clone()?);
            Some(match self.created {
                Some(created) => key.created_at(created),
                None => key,
            })
        };
        let material = match self.state {
            KeyState::Active => Material::Active(key()?),
            KeyState::Destroyed => Material::Destroyed,
            KeyState::Pending => Material::Pending(key()?),
            KeyState::Retiring { until } => Material::Retiring(key()?.retiring(until), until),
            KeyState::Revoked => Material::Revoked(key()),
        };
        Some(Slot { id: self.id, created: self.created, material })
    }
}

impl KeyRing {
    /// Makes a ring of keys as they were written down, with every fault: the rules are those of
    /// the transitions. A key that breaks one is left out.
    pub(crate) fn restore(keys: &[Restored], mut fault: impl FnMut(RingError)) -> Self {
        let mut taken: Vec<&Restored> = Vec::with_capacity(keys.len());
        for key in keys {
            match broken_rule(key, &taken) {
                Some(broken) => fault(broken),
                None => taken.push(key),
            }
        }
        Self { slots: taken.into_iter().filter_map(Restored::slot).collect() }
    }
}

fn broken_rule(key: &Restored, taken: &[&Restored]) -> Option<RingError> {
    let id = key.id;
    let others = || taken.iter().copied();
    if others().any(|other| other.id == id) {
        return Some(RingError::DuplicateId { id });
    }
    let active = |other: &&Restored| other.state == KeyState::Active;
    if let Some(other) = others().find(active).filter(|_| key.state == KeyState::Active) {
        return Some(RingError::SecondActive { id, other: other.id });
    }
    // Under two names the bytes would outlive the revocation of one of them.
    let twin = |other: &&Restored| match (&key.secret, &other.secret) {
        (Some(ours), Some(theirs)) => {
            (key.is_live() || other.is_live()) && ours.ct_eq(theirs.expose())
        }
        _ => false,
    };
    if let Some(other) = others().find(twin) {
        return Some(RingError::DuplicateSecret { id, other: other.id });
    }
    let live = others().filter(|other| other.is_live()).count();
    let full = taken.len() >= KeyRing::MAX_KEYS || (key.is_live() && live >= KeyRing::MAX_LIVE);
    full.then_some(RingError::Full { id })
}
