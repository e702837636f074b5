use rempart::rate_limit::{Gcra, Quota, RateError, StrictWindow};

use super::plan::nanoseconds;

/// How a client's requests are counted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule {
    Gcra(Gcra),
    Window(StrictWindow),
}

impl Rule {
    pub(super) fn new(quota: Quota, strict_window: bool) -> Result<Self, RateError> {
        if strict_window {
            return StrictWindow::new(quota).map(Self::Window);
        }
        Gcra::new(quota).map(Self::Gcra)
    }

    /// How many requests a client is allowed in so many nanoseconds, whatever it does.
    pub(super) fn most(&self, time: u64) -> u64 {
        match self {
            Self::Gcra(gcra) => {
                let back = time.checked_div(nanoseconds(gcra.interval())).unwrap_or_default();
                back.saturating_add(gcra.burst().into())
            }
            Self::Window(window) => time
                .div_ceil(nanoseconds(window.period()).max(1))
                .saturating_mul(window.limit().into()),
        }
    }

    /// How many numbers are kept of a client to count it exactly.
    pub(super) const fn numbers(&self) -> u32 {
        match self {
            Self::Gcra(_) => 1,
            Self::Window(window) => window.limit(),
        }
    }
}
