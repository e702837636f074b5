#![doc = include_str!("../README.md")]
pub mod dotenv;
mod error;
mod key;
mod loader;
mod ring;
mod schema;
mod secret;

pub use rempart_core::{Fingerprint, KeyId};

pub use self::error::{ConfigError, ConfigErrors, FileFault, Provenance, Rule, SchemaFault};
pub use self::key::Key;
pub use self::loader::{Loaded, LoadedEntry, Loader, Warning};
pub use self::ring::{KeyRing, KeyState, RingEntry, RingError};
pub use self::schema::{
    Audience, Kind, Profile, Rotation, Schema, SupabaseRole, VapiScope, Variable,
};
pub use self::secret::{Secret, SecretError};
