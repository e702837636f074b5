//! Names that events, refusals and metrics carry: short, plain, never secret.

mod fingerprint;
mod key_id;
mod label;
mod policy_name;
mod route_name;

pub use self::fingerprint::Fingerprint;
pub use self::key_id::KeyId;
pub use self::label::NameError;
pub use self::policy_name::PolicyName;
pub use self::route_name::RouteName;
