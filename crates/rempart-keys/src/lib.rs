#![doc = include_str!("../README.md")]
mod key;
mod ring;
mod secret;

pub use rempart_core::{Fingerprint, KeyId};

pub use self::key::Key;
pub use self::ring::{KeyRing, KeyState, RingEntry, RingError};
pub use self::secret::{Secret, SecretError};
