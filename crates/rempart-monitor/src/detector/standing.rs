use std::time::Duration;

use rempart_core::IpPrefix;

use super::record::{Moment, Record, Scale};

/// What is known of a client, or of a network, at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Standing {
    /// Whom it is about: one client (IPv4 /32, IPv6 /64), or one network (/24, /48).
    pub who: IpPrefix,
    /// The points that have not leaked away yet.
    pub score: f64,
    /// Requests a second, over the last ten seconds or so.
    pub rate: f64,
    /// Whether the score is at the threshold or above it.
    pub abnormal: bool,
    /// For how long it is still banned by itself.
    pub banned: Option<Duration>,
}

impl Standing {
    pub(super) fn of(who: IpPrefix, record: &Record, now: Moment, scale: &Scale) -> Self {
        let score = record.score(now, scale);
        Self {
            who,
            score: scale.points(score),
            rate: record.rate(now),
            abnormal: scale.stands_out(score),
            banned: scale.ban_left(score),
        }
    }
}
