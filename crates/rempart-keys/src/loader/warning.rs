use std::fmt;
use std::time::Duration;

use thiserror::Error;

use crate::{Provenance, Rotation};

/// What is no fault in this profile, and would be better otherwise.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// Five sixths of the period in which the value is to be changed have passed.
    #[error("{variable}: {from}: is {} old, and due to be changed at {}", Days(.age), Days(.period))]
    DueForRotation {
        /// The variable.
        variable: &'static str,
        /// Where the value came from.
        from: Provenance,
        /// Its age, at the least.
        age: Duration,
        /// The period.
        period: Duration,
    },
    /// Others than the owner may read or write a file.
    #[error("{}{from}: is open to others than its owner", variable.map(|name| format!("{name}: ")).unwrap_or_default())]
    OpenToOthers {
        /// The variable whose value it holds; `None` for a file of several.
        variable: Option<&'static str>,
        /// What the file is for.
        from: Provenance,
    },
    /// The value should have been changed. No fault: an old key must not stop a service that a
    /// younger one would be deployed by.
    #[error("{variable}: {from}: is {} old, and was to be changed at {}", Days(.age), Days(.period))]
    OverdueForRotation {
        /// The variable.
        variable: &'static str,
        /// Where the value came from.
        from: Provenance,
        /// Its age, at the least.
        age: Duration,
        /// The period.
        period: Duration,
    },
    /// A secret is shorter than production allows.
    #[error("{variable}: {from}: has {length} bytes, production asks for {wanted}")]
    Short {
        /// The variable.
        variable: &'static str,
        /// Where the value came from.
        from: Provenance,
        /// How many bytes it has.
        length: usize,
        /// How many production asks for.
        wanted: usize,
    },
}

impl Warning {
    /// What is to be said of the age of a value.
    pub(super) const fn of_age(
        variable: &'static str,
        from: Provenance,
        rotation: Rotation,
    ) -> Option<Self> {
        match rotation {
            Rotation::Due { age, period } => {
                Some(Self::DueForRotation { variable, from, age, period })
            }
            Rotation::Overdue { age, period } => {
                Some(Self::OverdueForRotation { variable, from, age, period })
            }
            Rotation::Fresh { .. } | Rotation::NotAsked | Rotation::Unknown { .. } => None,
        }
    }
}

/// A time as those who plan a change count it.
struct Days<'a>(&'a Duration);

impl fmt::Display for Days<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs() / (24 * 60 * 60) {
            1 => f.write_str("1 day"),
            days => write!(f, "{days} days"),
        }
    }
}
