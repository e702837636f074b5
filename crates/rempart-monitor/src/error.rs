use std::time::Duration;

use rempart_core::{EventKind, NameError};
use thiserror::Error;

use crate::{AnomalyDetector, Policy};

/// Every fault of a configuration, in the order of its fields; never empty.
pub type ConfigErrors = rempart_core::ConfigErrors<ConfigError>;

/// One fault of a configuration.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// A ban is too short to be one, or too long to be undone by waiting.
    #[error("ban: {ban:?}; a ban lasts {:?} to {:?}", Policy::SHORTEST_BAN, Policy::LONGEST_BAN)]
    Ban {
        /// What was asked for.
        ban: Duration,
    },
    /// A detector cannot be made for so many clients.
    #[error(
        "capacity: {clients} clients; a detector is made for 1 to {}",
        AnomalyDetector::MAX_CAPACITY
    )]
    Capacity {
        /// How many clients were asked for.
        clients: usize,
    },
    /// A point leaks away at once, or practically never.
    #[error(
        "leak: a point in {leak:?}; it leaks in {:?} to {:?}",
        Policy::FASTEST_LEAK,
        Policy::SLOWEST_LEAK
    )]
    Leak {
        /// What was asked for.
        leak: Duration,
    },
    /// The policy's name is no name.
    #[error("name: {0}")]
    Name(#[source] NameError),
    /// Points for what is no conduct of a client: what the detector says itself.
    #[error("points: `{kind}` is what the detector says, and cannot be counted by it")]
    Points {
        /// The kind that was given points.
        kind: EventKind,
    },
    /// A client would be told of at every offence, or practically never again.
    #[error(
        "pause: {pause:?}; it lasts {:?} to {:?}",
        Policy::SHORTEST_PAUSE,
        Policy::LONGEST_PAUSE
    )]
    Pause {
        /// What was asked for.
        pause: Duration,
    },
    /// Everybody, or practically nobody, would stand out.
    #[error("threshold: {points} points; it is 1 to {}", Policy::MAX_THRESHOLD)]
    Threshold {
        /// What was asked for.
        points: u32,
    },
}
