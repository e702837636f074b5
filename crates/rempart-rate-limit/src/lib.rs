#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc = include_str!("../ATTACKS.md")]
pub mod attacks {}

#[doc = include_str!("../ORDER.md")]
pub mod order {}

#[cfg(feature = "serde")]
mod as_text;
mod bans;
mod body;
mod by;
mod charges;
mod counting;
mod course;
mod decision;
mod error;
mod fields;
mod future;
mod gate;
mod gcra;
#[cfg(feature = "governor")]
mod governor;
mod hints;
mod layer;
mod limit;
mod limiter;
mod passed;
mod policy;
mod prefixes;
mod quota;
mod rejection;
mod service;
#[cfg(feature = "shared")]
#[cfg_attr(docsrs, doc(cfg(feature = "shared")))]
pub mod shared;
mod store;
mod tables;
mod window;
mod words;

pub use self::bans::{BanRule, BanRuleBuilder, BanRuleError, BanRuleFault, BanRulePart, Bans};
pub use self::body::LimitedBody;
pub use self::by::By;
pub use self::counting::Counting;
pub use self::decision::{Decision, is_preflight};
pub use self::error::{ConfigError, ConfigErrors};
pub use self::fields::Revision;
pub use self::future::ResponseFuture;
pub use self::gcra::{Gcra, Standing, Verdict};
pub use self::layer::RateLimitLayer;
pub use self::limit::{IntoQuota, Limit, Rule};
pub use self::limiter::{Limiter, Reservation, Usage};
pub use self::passed::Passed;
pub use self::policy::{Announce, Policy, PolicyBuilder, Violated};
pub use self::prefixes::{Listed, PrefixFault, PrefixSet, PrefixSetBuilder};
pub use self::quota::{Quota, QuotaError, QuotaFault, Quotas, QuotasError, RateError};
pub use self::rejection::Rejection;
pub use self::service::RateLimit;
pub use self::store::{Busy, InFlight, Key, Permit, Store, WhenFull, WindowStore};
pub use self::window::{Admission, Receipt, StrictWindow};
