//! Whether a key can go: what is known of its use, and what follows.

use std::fmt;
use std::time::Duration;

use rempart::keys::KeyState;

use crate::stamp::coarse;

/// What the services' record tells of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// There is no record that could tell.
    Nothing(Ignorance),
    /// The key verified nothing since the record was begun.
    Never {
        /// How long the record had been kept when it was last written.
        watched: Duration,
    },
    /// The key verified something.
    Used {
        /// How long before the record was last written.
        idle: Duration,
    },
}

/// Why nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ignorance {
    /// The record says that it was written so much later than now.
    Ahead(Duration),
    /// No service keeps a record here.
    Missing,
    /// The record was last written so long ago.
    Stale(Duration),
}

impl Ignorance {
    /// The word that programs read.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Ahead(_) | Self::Stale(_) => "stale",
        }
    }
}

impl fmt::Display for Ignorance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ahead(span) => {
                write!(f, "the record of use is {} ahead of this machine's clock", coarse(*span))
            }
            Self::Missing => f.write_str("no service has kept a record of use here"),
            Self::Stale(age) => {
                write!(f, "the record of use was last written {} ago", coarse(*age))
            }
        }
    }
}

/// Whether a key may be revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// The key does nothing any more.
    Gone,
    /// The key verified something a short time ago.
    InUse(Duration),
    /// The time of the key is over: it verifies nothing any more.
    Over,
    /// The key verified nothing for as long as was asked for.
    Safe(Duration),
    /// The key signs.
    Signs,
    /// Nobody knows.
    Unknown(Ignorance),
    /// Nobody has watched for long enough.
    Watched(Duration),
}

impl Judgement {
    /// Of a key in this state at `now`, of which this is known, when `idle` without use is out of
    /// use.
    pub(super) fn of(state: KeyState, known: Known, idle: Duration, now: Duration) -> Self {
        match (state, known) {
            (KeyState::Retiring { until }, _) if until <= now => Self::Over,
            (KeyState::Revoked | KeyState::Destroyed, _) => Self::Gone,
            (KeyState::Active, _) => Self::Signs,
            (_, Known::Nothing(why)) => Self::Unknown(why),
            (_, Known::Never { watched }) if watched < idle => Self::Watched(watched),
            (_, Known::Used { idle: own }) if own < idle => Self::InUse(own),
            (_, Known::Never { .. } | Known::Used { .. }) => Self::Safe(idle),
        }
    }

    /// The word that programs read.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::InUse(_) => "in_use",
            Self::Over | Self::Safe(_) => "safe_to_revoke",
            Self::Signs => "signs",
            Self::Unknown(_) | Self::Watched(_) => "unknown",
        }
    }
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("gone"),
            Self::InUse(_) => f.write_str("in use"),
            Self::Over => f.write_str("safe to revoke: its time is over"),
            Self::Safe(idle) => write!(f, "safe to revoke: 0 uses in {}", coarse(*idle)),
            Self::Signs => f.write_str("signs"),
            Self::Unknown(_) => f.write_str("nobody knows"),
            Self::Watched(span) => write!(f, "watched for {} only", coarse(*span)),
        }
    }
}

/// Whether the active key is due for rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rotation {
    DueIn(Duration),
    OverdueBy(Duration),
}

impl Rotation {
    pub(super) fn of(age: Duration, period: Duration) -> Self {
        match period.checked_sub(age) {
            Some(left) => Self::DueIn(left),
            None => Self::OverdueBy(age.saturating_sub(period)),
        }
    }

    pub(super) const fn is_overdue(self) -> bool {
        matches!(self, Self::OverdueBy(_))
    }
}

impl fmt::Display for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DueIn(left) => write!(f, "due in {}", coarse(*left)),
            Self::OverdueBy(late) => write!(f, "overdue by {}", coarse(*late)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_may_go_when_it_is_known_to_be_out_of_use() {
        let seconds = Duration::from_secs;
        let retiring = KeyState::Retiring { until: seconds(2) };
        let over = KeyState::Retiring { until: seconds(1) };
        let used = |idle| Known::Used { idle: seconds(idle) };
        let never = |watched| Known::Never { watched: seconds(watched) };
        let missing = Known::Nothing(Ignorance::Missing);
        let stale = Known::Nothing(Ignorance::Stale(seconds(90)));
        for (state, known, want) in [
            (retiring, used(0), "in use"),
            (retiring, used(1799), "in use"),
            (retiring, used(1800), "safe to revoke: 0 uses in 30m"),
            (retiring, never(1799), "watched for 29m only"),
            (retiring, never(1800), "safe to revoke: 0 uses in 30m"),
            (retiring, missing, "nobody knows"),
            (retiring, stale, "nobody knows"),
            (over, used(0), "safe to revoke: its time is over"),
            (over, missing, "safe to revoke: its time is over"),
            (KeyState::Pending, used(5), "in use"),
            (KeyState::Pending, never(9999), "safe to revoke: 0 uses in 30m"),
            (KeyState::Pending, missing, "nobody knows"),
            (KeyState::Active, used(9999), "signs"),
            (KeyState::Active, never(9999), "signs"),
            (KeyState::Revoked, missing, "gone"),
            (KeyState::Destroyed, used(0), "gone"),
        ] {
            let judgement = Judgement::of(state, known, seconds(1800), seconds(1));
            assert_eq!(judgement.to_string(), want, "{state:?} {known:?}");
        }
    }

    #[test]
    fn a_key_falls_due() {
        let days = |days: u64| Duration::from_secs(days * 86_400);
        for (age, want) in [(0, "due in 90d"), (90, "due in 0s"), (113, "overdue by 23d")] {
            assert_eq!(Rotation::of(days(age), days(90)).to_string(), want);
        }
    }
}
