#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod base64;
mod decision;
mod detector;
mod engine;
mod entry;
mod error;
mod future;
mod key_rules;
mod layer;
#[cfg(feature = "tracing-subscriber")]
mod make_writer;
mod panic_hook;
mod policy;
mod pseudonym;
mod redactor;
mod service;
mod text;
mod writer;

pub use self::decision::{Decision, decide};
pub use self::detector::{Anchor, Class, Detector, Mask, Severity, Validator};
pub use self::error::{ConfigError, ConfigErrors};
pub use self::future::ResponseFuture;
pub use self::layer::AccessLogLayer;
#[cfg(feature = "tracing-subscriber")]
pub use self::make_writer::{RecordWriter, RedactMakeWriter};
pub use self::panic_hook::{PreviousHook, install_panic_hook, panic_report};
pub use self::policy::{Policy, PolicyBuilder};
pub use self::redactor::Redactor;
pub use self::service::AccessLog;
pub use self::writer::RedactWriter;
