mod printable;

use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing::{Level, enabled, event, field};

use self::printable::printable;
use super::Observer;
use crate::{Event, EventKind, Outcome};

/// Writes every event through `tracing`, target `rempart`: what a layer does by default.
///
/// Allowed at DEBUG, shadowed at INFO, refused at WARN, as is a client that stands out and is only
/// watched; at ERROR what could not be decided and what is critical (a revoked key in use, a secret on its way out). Fields: `event.name`, `owasp`,
/// `outcome`, `reason`, `remedy`, `policy`, `client.address`, `http.route`, `http.request.method`, `key.id`,
/// `secret.name`, `elapsed_us`, `severity`, `suppressed`. Nothing that a client made up is among them, but
/// for its address; and what moves a terminal's cursor or turns its text around stands in none of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingObserver;

impl TracingObserver {
    /// The level that such an event is written at.
    #[must_use]
    pub const fn level(kind: EventKind, outcome: Outcome) -> Level {
        match outcome {
            Outcome::Error => Level::ERROR,
            _ if kind.is_critical() => Level::ERROR,
            Outcome::Refused => Level::WARN,
            // Not a policy on trial: somebody is being watched, and the word is about them.
            Outcome::Shadowed if matches!(kind, EventKind::ClientAnomaly) => Level::WARN,
            Outcome::Shadowed => Level::INFO,
            Outcome::Allowed => Level::DEBUG,
        }
    }

    /// Writes an event that also stands for `suppressed` others, which were not written: for an
    /// observer that bounds the lines of a log.
    pub fn tell(event: &Event<'_>, suppressed: u64) {
        write(event, Some(suppressed));
    }

    /// Whether any subscriber wants events of the level that these are written at.
    pub(super) fn listens(kind: EventKind, outcome: Outcome) -> bool {
        Self::level(kind, outcome) <= LevelFilter::current()
    }
}

impl Observer for TracingObserver {
    fn observe(&self, event: &Event<'_>) {
        write(event, None);
    }
}

fn write(event: &Event<'_>, suppressed: Option<u64>) {
    // `event!` wants its level as a constant: one callsite a level.
    match TracingObserver::level(event.kind, event.outcome) {
        Level::ERROR => write_at!(Level::ERROR, event, suppressed),
        Level::WARN => write_at!(Level::WARN, event, suppressed),
        Level::INFO => write_at!(Level::INFO, event, suppressed),
        _ => write_at!(Level::DEBUG, event, suppressed),
    }
}

macro_rules! write_at {
    ($level:expr, $event:ident, $suppressed:ident) => {
        // Asked first, so that without a subscriber no field is so much as looked at.
        if enabled!(target: "rempart", $level) {
            event!(
                target: "rempart",
                $level,
                event.name = $event.name(),
                owasp = $event.kind.owasp($event.outcome),
                outcome = $event.outcome.as_str(),
                reason = $event.reason.map(crate::Reason::as_str),
                remedy = $event.reason.and_then(crate::Reason::remedy),
                policy = $event.policy.as_str(),
                client.address = $event.client.map(field::display),
                http.route = $event.route.map(printable).as_deref(),
                http.request.method = $event.method.map(crate::HttpMethod::as_str),
                key.id = $event.key.map(field::display),
                secret.name = $event.secret.map(printable).as_deref(),
                elapsed_us = $event.elapsed.map(microseconds),
                severity = $event.kind.is_critical().then_some("critical"),
                suppressed = $suppressed,
            )
        }
    };
}
use write_at;

fn microseconds(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
}
