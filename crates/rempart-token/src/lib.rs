#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod admin;
#[cfg(feature = "axum")]
mod axum;
mod base64url;
pub mod browser;
mod claims;
mod decision;
pub mod egress;
mod error;
mod future;
mod head;
mod json;
mod layer;
mod lifetime;
mod mac;
mod minter;
mod named;
mod number;
mod policy;
mod refused;
mod rejection;
mod revocations;
mod service;
mod shared;
mod vapi;

pub use self::admin::AdminGuardLayer;
#[cfg(feature = "axum")]
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
pub use self::axum::NoClaims;
pub use self::browser::BrowserGuardLayer;
pub use self::claims::{Claims, DecodeError};
pub use self::decision::decide;
pub use self::egress::EgressGuardLayer;
pub use self::error::{ConfigError, ConfigErrors, MintError};
pub use self::future::ResponseFuture;
pub use self::layer::TokenLayer;
pub use self::lifetime::{Lifetime, LifetimeError};
pub use self::mac::Algorithm;
pub use self::minter::{Minter, MinterBuilder, Token};
pub use self::policy::{Policy, PolicyBuilder, TokenType};
pub use self::rejection::Rejection;
pub use self::revocations::{Revocations, Revoked};
pub use self::service::Bearer;
pub use self::vapi::{AllowedOrigin, AssistantId, PublicScope, ScopeError, VapiMinter};
