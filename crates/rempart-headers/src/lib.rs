#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "axum")]
mod axum;
mod csp;
mod decision;
mod error;
mod future;
mod header;
mod hsts;
mod layer;
mod nonce;
mod permissions;
mod policy;
mod reporting;
mod service;
mod value;

#[cfg(feature = "axum")]
pub use self::axum::MissingNonce;
pub use self::csp::{
    Csp, CspBuilder, CspError, CspErrors, Directive, HashSource, HostSource, IntoSource,
    SandboxFlag, SchemeSource, Source, SourceError,
};
pub use self::decision::{Channel, Decision, decide};
pub use self::error::{ConfigError, ConfigErrors};
pub use self::future::ResponseFuture;
pub use self::header::SecurityHeader;
pub use self::hsts::Hsts;
pub use self::layer::HeadersLayer;
pub use self::nonce::{Nonce, NonceError};
pub use self::permissions::{Allow, Feature, FeatureError, PermissionsError, PermissionsPolicy};
pub use self::policy::{Policy, PolicyBuilder};
pub use self::service::Headers;
pub use self::value::{EmbedderPolicy, FrameOptions, OpenerPolicy, ReferrerPolicy, ResourcePolicy};
