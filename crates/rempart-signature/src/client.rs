//! Requests on their way out: signed, or not sent.

mod collect;
mod error;
mod future;
mod layer;
mod policy;
mod service;
mod signer;

pub use self::error::SignRequestError;
pub use self::future::SignFuture;
pub use self::layer::SignLayer;
pub use self::policy::{SignPolicy, SignPolicyBuilder};
pub use self::service::Sign;
