#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod detector;
mod error;
mod event_log;
mod future;
mod history;
mod layer;
mod metrics;
mod policy;
mod rejection;
mod service;

pub use self::detector::{AnomalyDetector, Standing};
pub use self::error::{ConfigError, ConfigErrors};
pub use self::event_log::EventLog;
pub use self::future::ResponseFuture;
pub use self::history::{
    Column, CountedPolicy, Figures, History, RecentRefusal, Snapshot, StatusClass,
};
pub use self::layer::BanLayer;
#[cfg(feature = "prometheus")]
#[cfg_attr(docsrs, doc(cfg(feature = "prometheus")))]
pub use self::metrics::Exporter;
pub use self::metrics::{KeyUseState, Metrics};
pub use self::policy::{Policy, PolicyBuilder};
pub use self::rejection::Rejection;
pub use self::service::Ban;
