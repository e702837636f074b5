use std::fmt;
use std::time::Duration;

use crate::{Fingerprint, KeyId};

/// One remembered key, without its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RingEntry {
    /// The name.
    pub id: KeyId,
    /// What the key may do.
    pub state: KeyState,
    /// The fingerprint; `None` once the key is destroyed, or where its bytes were lost before.
    pub fingerprint: Option<Fingerprint>,
    /// When the key was made, since the Unix epoch, where somebody has said so.
    pub created: Option<Duration>,
}

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// Signs and verifies; no two keys of a ring are active.
    Active,
    /// Does nothing; its name alone is remembered.
    Destroyed,
    /// Verifies, and waits to be promoted.
    Pending,
    /// Verifies for a while yet.
    Retiring {
        /// When that ends, since the Unix epoch.
        until: Duration,
    },
    /// Does nothing; its use can be recognised.
    Revoked,
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Active => "active",
            Self::Destroyed => "destroyed",
            Self::Pending => "pending",
            Self::Retiring { .. } => "retiring",
            Self::Revoked => "revoked",
        })
    }
}
