//! How long what a login gives is good for.

use std::time::Duration;

/// An access token; nothing but its end, or the service, takes it back.
pub(crate) const ACCESS: Duration = Duration::from_secs(15 * 60);

/// A session that is not renewed.
pub(crate) const IDLE: Duration = Duration::from_secs(14 * DAY);

/// A session, however often it is renewed.
pub(crate) const ABSOLUTE: Duration = Duration::from_secs(90 * DAY);

/// How long a revocation is remembered after the end of what it revokes: longer than two clocks
/// may differ.
pub(crate) const REMEMBERED: Duration = Duration::from_secs(5 * 60);

/// The sessions of one user at once; one more ends the one that was left alone the longest.
pub(crate) const MOST_SESSIONS: u32 = 32;

/// The live access tokens of one session; one more revokes the oldest.
pub(crate) const MOST_ACCESS: u32 = 32;

/// When a session ends that is renewed now, if it is not renewed again.
pub(crate) fn end(begun: Duration, now: Duration) -> Duration {
    now.saturating_add(IDLE).min(begun.saturating_add(ABSOLUTE))
}

const DAY: u64 = 24 * 60 * 60;
