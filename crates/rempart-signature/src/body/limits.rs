use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rempart_core::{Faults, SharedTimer, Timer};

use crate::{ConfigError, Policy};

/// What one body may be.
#[derive(Clone)]
pub(crate) struct Limits {
    pub(crate) bytes: u64,
    pub(crate) frames: usize,
    /// How long it may take to arrive, and what measures that.
    pub(crate) deadline: Option<(Duration, SharedTimer)>,
}

impl Limits {
    fn new(bytes: u64, deadline: Option<(Duration, SharedTimer)>) -> Self {
        let frames = usize::try_from(bytes / 64).unwrap_or(usize::MAX).saturating_add(1024);
        Self { bytes, frames, deadline }
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits")
            .field("bytes", &self.bytes)
            .field("frames", &self.frames)
            .field("deadline", &self.deadline.as_ref().map(|(deadline, _)| *deadline))
            .finish()
    }
}

/// What a policy's builder was told of bodies.
#[derive(Clone)]
pub(crate) struct LimitSettings {
    pub(crate) bytes: Option<u64>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) timer: Option<SharedTimer>,
}

impl LimitSettings {
    pub(crate) fn set_timer(&mut self, timer: impl Timer + 'static) {
        self.timer = Some(Arc::new(timer));
    }

    /// The limits, where a body may have so many bytes unless told otherwise; what no body could
    /// keep to goes to `faults`.
    pub(crate) fn limits(&self, usual: u64, faults: &mut Faults<ConfigError>) -> Limits {
        if self.bytes == Some(0) {
            faults.push(ConfigError::BodyLimitZero);
        }
        if self.deadline == Some(Duration::ZERO) {
            faults.push(ConfigError::DeadlineZero);
        }
        if self.deadline.is_some() && self.timer.is_none() {
            faults.push(ConfigError::DeadlineWithoutTimer);
        }
        Limits::new(self.bytes.unwrap_or(usual), self.deadline.zip(self.timer.clone()))
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self { bytes: None, deadline: Some(Policy::READ_DEADLINE), timer: None }
    }
}

impl fmt::Debug for LimitSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LimitSettings")
            .field("bytes", &self.bytes)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
