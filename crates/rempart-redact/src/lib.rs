#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod decision;
mod detector;
mod engine;
mod error;
mod key_rules;
mod policy;
mod pseudonym;
mod redactor;
mod text;

pub use self::decision::{Decision, decide};
pub use self::detector::{Anchor, Class, Detector, Mask, Severity, Validator};
pub use self::error::{ConfigError, ConfigErrors};
pub use self::policy::{Policy, PolicyBuilder};
pub use self::redactor::Redactor;
