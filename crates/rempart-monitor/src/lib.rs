#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod detector;
mod event_log;
mod history;
mod metrics;

pub use self::detector::AnomalyDetector;
pub use self::event_log::EventLog;
pub use self::history::{
    Column, Figures, History, LimitPolicy, RecentRefusal, Snapshot, StatusClass,
};
#[cfg(feature = "prometheus")]
#[cfg_attr(docsrs, doc(cfg(feature = "prometheus")))]
pub use self::metrics::Exporter;
pub use self::metrics::{KeyUseState, Metrics};
