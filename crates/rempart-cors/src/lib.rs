#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc = include_str!("../MIGRATING.md")]
pub mod migrating {}
#[doc = include_str!("../MISTAKES.md")]
pub mod mistakes {}

pub mod corpus;
mod debug;
mod decision;
mod error;
mod future;
mod grant;
mod layer;
mod lines;
mod list;
mod methods;
mod names;
mod origin;
mod policy;
mod preflight;
pub mod preset;
mod rejection;
mod service;

pub use self::debug::DebugSwitch;
pub use self::decision::{Allowed, Decision, decide};
pub use self::error::{
    ConfigError, ConfigErrors, Field, HeaderNameError, MaxAgeError, MethodError, SchemeError,
};
pub use self::future::ResponseFuture;
pub use self::grant::Grant;
pub use self::layer::CorsLayer;
pub use self::origin::{Origin, OriginError};
pub use self::policy::{
    Anonymous, Credentialed, Enforce, Hatch, Policy, PolicyBuilder, PolicyConfig,
};
pub use self::rejection::Rejection;
pub use self::service::Cors;

/// What the macro [`origin!`] expands to.
#[doc(hidden)]
pub mod __private {
    pub use crate::origin::Literal;
}
