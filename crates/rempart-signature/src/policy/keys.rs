use std::time::Duration;

use rempart_core::{Faults, Fingerprint, KeyId};
use rempart_keys::{Key, KeyRing};

use super::Policy;
use crate::key::{KeyFault, VerifyingKey};
use crate::{Algorithm, ConfigError, Scheme, SecretForm};

/// A key, read and ready.
#[derive(Debug)]
pub(crate) struct PolicyKey {
    pub(crate) id: KeyId,
    pub(crate) verifying: VerifyingKey,
    pub(super) until: Option<Duration>,
    /// Tells another key of the same name apart.
    pub(super) fingerprint: Fingerprint,
}

impl PolicyKey {
    /// When it ends, if it is retiring.
    pub(crate) const fn until(&self) -> Option<Duration> {
        self.until
    }

    pub(crate) fn verifies_at(&self, now: Duration) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// Adds it if secrets may be shorter than any should be.
pub(crate) fn check_minimum(
    (algorithm, _, minimum): (Algorithm, &SecretForm, usize),
    faults: &mut Faults<ConfigError>,
) {
    if algorithm.is_mac() && minimum < Scheme::MIN_SECRET {
        faults.push(ConfigError::MinSecretTooLow { minimum });
    }
}

/// The keys of a ring that may verify.
pub(crate) fn keys_of(
    algorithm: Algorithm,
    form: &SecretForm,
    minimum: usize,
    ring: &KeyRing,
    faults: &mut Faults<ConfigError>,
) -> Box<[PolicyKey]> {
    let keys = ring.verifying().map(|key| keys_in(algorithm, form, minimum, key));
    let keys: Box<[_]> = keys.filter_map(|keys| faults.take(keys)).flatten().collect();
    if keys.len() > Policy::MAX_KEYS {
        faults.push(ConfigError::TooManyKeys { count: keys.len() });
    }
    keys
}

/// The keys of one secret: one, unless it is a list.
pub(crate) fn keys_in(
    algorithm: Algorithm,
    form: &SecretForm,
    minimum: usize,
    key: &Key,
) -> Result<Vec<PolicyKey>, ConfigError> {
    let verifying = VerifyingKey::read(algorithm, form, key.secret(), minimum);
    let verifying = verifying.map_err(|fault| {
        let key = key.id();
        match fault {
            KeyFault::Form if algorithm.is_mac() => ConfigError::SecretForm { key },
            KeyFault::Form => ConfigError::PublicKeyForm { key },
            KeyFault::OfPair => ConfigError::SecretOfPair { key },
            KeyFault::Private => ConfigError::PublicKeyIsPrivate { key },
            KeyFault::TooShort { length } => ConfigError::SecretTooShort { key, length, minimum },
            #[cfg(any(feature = "ed25519", feature = "ring"))]
            KeyFault::Weak => ConfigError::PublicKeyWeak { key },
        }
    })?;
    let (id, until, fingerprint) = (key.id(), key.until(), key.secret().fingerprint());
    let keys = verifying.into_iter();
    Ok(keys.map(|verifying| PolicyKey { id, verifying, until, fingerprint }).collect())
}
