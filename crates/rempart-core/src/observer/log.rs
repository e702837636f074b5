use std::time::Duration;

use tracing::{Level, enabled, event, field};

use super::Observer;
use crate::{Event, Outcome};

/// Writes every event through `tracing`, target `rempart`: what a layer does by default.
///
/// Allowed at DEBUG, shadowed at INFO, refused at WARN; at ERROR what could not be decided and
/// what is critical (a revoked key in use, a secret on its way out). Fields: `event.name`, `owasp`,
/// `outcome`, `reason`, `policy`, `client.address`, `http.route`, `http.request.method`, `key.id`,
/// `elapsed_us`, `severity`. Nothing that a client made up is among them, but for its address.
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingObserver;

impl Observer for TracingObserver {
    fn observe(&self, event: &Event<'_>) {
        // `event!` wants its level as a constant: one callsite a level.
        match event.outcome {
            Outcome::Error => write_at!(Level::ERROR, event),
            _ if event.kind.is_critical() => write_at!(Level::ERROR, event),
            Outcome::Refused => write_at!(Level::WARN, event),
            Outcome::Shadowed => write_at!(Level::INFO, event),
            Outcome::Allowed => write_at!(Level::DEBUG, event),
        }
    }
}

macro_rules! write_at {
    ($level:expr, $event:ident) => {
        // Asked first, so that without a subscriber no field is so much as looked at.
        if enabled!(target: "rempart", $level) {
            event!(
                target: "rempart",
                $level,
                event.name = $event.name(),
                owasp = $event.kind.owasp($event.outcome),
                outcome = $event.outcome.as_str(),
                reason = $event.reason.map(crate::Reason::as_str),
                policy = $event.policy.as_str(),
                client.address = $event.client.map(field::display),
                http.route = $event.route,
                http.request.method = $event.method.map(crate::HttpMethod::as_str),
                key.id = $event.key.map(field::display),
                elapsed_us = $event.elapsed.map(microseconds),
                severity = $event.kind.is_critical().then_some("critical"),
            )
        }
    };
}
use write_at;

fn microseconds(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
}
