#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "serde")]
mod as_text;
mod bans;
mod decision;
mod error;
mod fields;
mod future;
mod gcra;
#[cfg(feature = "governor")]
mod governor;
mod layer;
mod limiter;
mod policy;
mod prefixes;
mod quota;
mod rejection;
mod service;
#[cfg(feature = "redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
pub mod shared;
mod store;
mod window;
mod words;

pub use self::bans::{BanRule, BanRuleBuilder, BanRuleError, BanRuleFault, BanRulePart, Bans};
pub use self::decision::{Decision, decide, is_preflight};
pub use self::error::{ConfigError, ConfigErrors};
pub use self::fields::Revision;
pub use self::future::ResponseFuture;
pub use self::gcra::{Gcra, Standing, Verdict};
pub use self::layer::RateLimitLayer;
pub use self::limiter::Limiter;
pub use self::policy::{Announce, IntoQuota, Policy, PolicyBuilder};
pub use self::prefixes::{Listed, PrefixFault, PrefixSet, PrefixSetBuilder};
pub use self::quota::{Quota, QuotaError, QuotaFault, Quotas, QuotasError, RateError};
pub use self::rejection::Rejection;
pub use self::service::RateLimit;
pub use self::store::{Busy, InFlight, Key, Permit, Store, WhenFull, WindowStore};
pub use self::window::{Admission, Receipt, StrictWindow};
