//! Lets the administration's endpoints be reached by whom the policy names, and tells of each
//! access.

mod decision;
mod error;
mod layer;
mod policy;
mod rejection;
mod service;

pub use self::decision::decide;
pub use self::error::{ConfigError, ConfigErrors};
pub use self::layer::AdminGuardLayer;
pub use self::policy::{Policy, PolicyBuilder};
pub use self::rejection::Rejection;
pub use self::service::AdminGuard;
pub use crate::ResponseFuture;
