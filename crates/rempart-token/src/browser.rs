//! Refuses credentials of a server that a browser bears.

mod credential;
mod decision;
mod error;
mod layer;
mod policy;
mod rejection;
mod role;
mod service;

pub use self::decision::decide;
pub use self::error::{ConfigError, ConfigErrors};
pub use self::layer::BrowserGuardLayer;
pub use self::policy::{Policy, PolicyBuilder};
pub use self::rejection::Rejection;
pub use self::service::BrowserGuard;
pub use crate::ResponseFuture;
