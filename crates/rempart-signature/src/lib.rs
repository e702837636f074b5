#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc = include_str!("../ATTACKS.md")]
pub mod attacks {}

#[cfg(feature = "axum")]
mod axum;
mod body;
mod budget;
#[cfg(any(feature = "paypal", feature = "sns"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "paypal", feature = "sns"))))]
pub mod certified;
mod challenge;
mod client;
mod decision;
mod digest;
mod error;
#[cfg(feature = "explain")]
mod explain;
mod form;
mod future;
mod handling;
mod head;
mod items;
mod json;
mod key;
mod layer;
mod message;
#[cfg(feature = "paypal")]
#[cfg_attr(docsrs, doc(cfg(feature = "paypal")))]
pub mod paypal;
mod policy;
mod public_url;
mod rejection;
mod replay;
mod revoked;
mod scheme;
mod service;
#[cfg(feature = "sns")]
#[cfg_attr(docsrs, doc(cfg(feature = "sns")))]
pub mod sns;
mod stopwatch;
mod tenant;
mod token;
mod verified;

#[cfg(feature = "axum")]
pub use self::axum::{NotVerified, PolicyMarker, VerifiedBy, VerifiedJson};
pub use self::challenge::{Answer, Challenge};
pub use self::client::{
    Sign, SignFuture, SignLayer, SignPolicy, SignPolicyBuilder, SignRequestError,
};
pub use self::decision::{Decision, Verification, decide, verify};
pub use self::digest::{ContentDigest, DigestAlgorithm};
pub use self::error::{ConfigError, ConfigErrors};
#[cfg(feature = "explain")]
#[cfg_attr(docsrs, doc(cfg(feature = "explain")))]
pub use self::explain::{
    BodyChange, Explanation, KeyEnd, SecretChange, SignatureChange, UrlChange, explain,
};
pub use self::future::ResponseFuture;
pub use self::head::Head;
pub use self::items::{ItemSignatures, SignedItem, SignedItems};
pub use self::key::Algorithm;
pub use self::layer::SignatureLayer;
pub use self::message::{
    Component, ComponentError, MessageFault, MessageSignError, MessageSignatures, MessageSigner,
    ResponseHead, SignedComponents, structured, verify_response,
};
pub use self::policy::{Policy, PolicyBuilder};
pub use self::public_url::{PublicUrl, PublicUrlError};
pub use self::rejection::Rejection;
pub use self::replay::{Claim, Claimed, MemoryReplayStore, ReplayKey, ReplayStore, Reply, Settled};
#[cfg(feature = "redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
pub use self::replay::{RedisReplayStore, RedisUrlError};
pub use self::revoked::revoked_signer;
pub use self::scheme::{
    Coverage, Elements, Encoding, Extraction, HeaderFamily, HexCase, Member, Message, Part, Scheme,
    SecretForm, SignError, SignedHeaders, Template, TemplateError, TimeUnit, Timestamp,
    TimestampSource, UrlForm, VapiAlgorithm, VapiCredential, VapiEncoding, Window,
};
pub use self::service::Signature;
pub use self::tenant::{
    KeyResolver, ResolveError, Resolving, SyncKeyResolver, TenantId, TenantIdError, TenantSource,
    Tenants,
};
pub use self::token::{BodyToken, TokenFault, TokenTime};
pub use self::verified::Verified;
