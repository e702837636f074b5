use std::time::Duration;

/// How old a value is, against how often it is to be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rotation {
    /// It is to be changed soon: five sixths of the period have passed.
    Due {
        /// Its age, at the least.
        age: Duration,
        /// The period.
        period: Duration,
    },
    /// Nothing is to be done yet.
    Fresh {
        /// Its age, at the least.
        age: Duration,
        /// The period.
        period: Duration,
    },
    /// Nobody asks that it be changed.
    NotAsked,
    /// The period has passed.
    Overdue {
        /// Its age, at the least.
        age: Duration,
        /// The period.
        period: Duration,
    },
    /// Where it came from says nothing of its age.
    Unknown {
        /// The period.
        period: Duration,
    },
}

impl Rotation {
    pub(crate) fn of(age: Option<Duration>, period: Option<Duration>) -> Self {
        match (age, period) {
            (_, None) => Self::NotAsked,
            (None, Some(period)) => Self::Unknown { period },
            (Some(age), Some(period)) if age > period => Self::Overdue { age, period },
            (Some(age), Some(period)) if age >= due(period) => Self::Due { age, period },
            (Some(age), Some(period)) => Self::Fresh { age, period },
        }
    }
}

/// 75 days of 90.
fn due(period: Duration) -> Duration {
    let sixth = period.checked_div(6).unwrap_or_default();
    period.saturating_sub(sixth)
}
