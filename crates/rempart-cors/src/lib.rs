#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod corpus;
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

pub use self::decision::{Allowed, Decision, decide};
pub use self::error::{
    ConfigError, ConfigErrors, Field, HeaderNameError, MaxAgeError, MethodError,
};
pub use self::future::ResponseFuture;
pub use self::grant::Grant;
pub use self::layer::CorsLayer;
pub use self::origin::{Origin, OriginError};
pub use self::policy::{Anonymous, Credentialed, Policy, PolicyBuilder};
pub use self::rejection::Rejection;
pub use self::service::Cors;
