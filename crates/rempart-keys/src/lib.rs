#![doc = include_str!("../README.md")]
mod directory;
pub mod dotenv;
mod error;
mod file;
mod follow;
mod key;
mod loader;
mod random;
mod ring;
mod schema;
mod secret;
mod usage;

pub use rempart_core::{Fingerprint, KeyId, PolicyName};

pub use self::directory::{
    DirectoryEntry, DirectoryError, DirectoryErrors, KeyUsed, LineFault, RingDirectory, RingFile,
    Timestamp, TimestampError, UseRecord, WriteError,
};
pub use self::error::{ConfigError, ConfigErrors, FileFault, Provenance, Rule, SchemaFault};
pub use self::follow::{LiveRing, Reload, Watch};
pub use self::key::Key;
pub use self::loader::{Loaded, LoadedEntry, Loader, Warning};
pub use self::ring::{KeyRing, KeyState, RingEntry, RingError};
pub use self::schema::{
    Audience, Kind, Profile, Rotation, Schema, SupabaseRole, VapiScope, Variable,
};
pub use self::secret::{Secret, SecretError};
pub use self::usage::KeyUse;
