//! Which of the alerts fire, as far as the process can judge them itself: by the same thresholds
//! as the rules for Prometheus, over the same spans.

use std::time::Duration;

use rempart_core::{EventKind, Outcome, PolicyName};
use rempart_monitor::{Figures, History, Snapshot};

use super::words::{counted, long, number, share, short};

/// One alert at one moment.
pub(super) struct Alert {
    /// As in the rules, and in the runbook.
    pub(super) name: &'static str,
    pub(super) severity: Severity,
    pub(super) state: State,
    /// What it means if it fires.
    pub(super) means: &'static str,
    /// Where the figure stands that it looks at.
    pub(super) now: String,
    /// Where it fires.
    pub(super) limit: &'static str,
}

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    Info,
    Warning,
    Critical,
}

impl Severity {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// Whether it fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    Quiet,
    /// Over its threshold, not yet for as long as it takes.
    Pending,
    Firing,
}

impl State {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Pending => "rising",
            Self::Firing => "firing",
        }
    }
}

/// Judges every alert; `oldest` is the oldest secret, and `stale` is what could not be read again.
pub(super) fn judge(
    hour: &Snapshot,
    oldest: Option<(&str, Duration)>,
    stale: &[PolicyName],
) -> Vec<Alert> {
    let mut alerts = vec![
        revoked_key_used(hour),
        secret_egress_blocked(hour),
        invalid_tokens(hour),
        abnormal_client(hour),
        webhook_signature_failures(hour),
        admin_access_denied(hour),
        cors_blocked_ratio_high(hour),
        signature_latency_high(hour),
        config_reload_failed(stale),
        secret_too_old(oldest),
        admin_access(hour),
    ];
    alerts.sort_by_key(|alert| std::cmp::Reverse((alert.state, alert.severity)));
    alerts
}

fn revoked_key_used(hour: &Snapshot) -> Alert {
    let uses = hour.last(minutes(5)).all(EventKind::KeyRevokedUse);
    Alert {
        name: "RevokedKeyUsed",
        severity: Severity::Critical,
        state: at_once(uses),
        means: "Somebody uses a key that was revoked.",
        now: format!("{} in 5 min", counted(uses, "use", "uses")),
        limit: "fires at the first",
    }
}

fn secret_egress_blocked(hour: &Snapshot) -> Alert {
    let stopped = hour.last(minutes(5)).count(EventKind::SecretEgress, Outcome::Refused);
    Alert {
        name: "SecretEgressBlocked",
        severity: Severity::Critical,
        state: at_once(stopped),
        means: "An answer held a secret of the service, and was stopped.",
        now: format!("{} in 5 min", counted(stopped, "answer", "answers")),
        limit: "fires at the first",
    }
}

fn invalid_tokens(hour: &Snapshot) -> Alert {
    let refused = |figures: Figures<'_>| figures.count(EventKind::Token, Outcome::Refused);
    let state = held(minutes(2), |ago| refused(hour.window(ago, minutes(2))) > 2 * INVALID_TOKENS);
    let now = refused(hour.last(minutes(2)));
    Alert {
        name: "InvalidTokens",
        severity: Severity::Warning,
        state,
        means: "Somebody tries tokens or passwords.",
        now: format!("{} refused in 2 min", number(now)),
        limit: "fires above 10 a minute for 2 min",
    }
}

/// A minute, for two minutes.
pub(super) const INVALID_TOKENS: u64 = 10;

fn abnormal_client(hour: &Snapshot) -> Alert {
    let found = hour.last(minutes(5)).anomalies();
    Alert {
        name: "AbnormalClient",
        severity: Severity::Warning,
        state: at_once(found),
        means: "A client asks too often, or for what it may not.",
        now: format!("{} in 5 min", counted(found, "finding", "findings")),
        limit: "fires at the first",
    }
}

fn webhook_signature_failures(hour: &Snapshot) -> Alert {
    let policies = hour.policies(EventKind::Signature);
    // As in the rules, each policy by itself: the worst.
    let worst = |ago| {
        let window = hour.window(ago, minutes(2));
        policies.iter().map(|policy| window.by_policy(*policy, Outcome::Refused)).max()
    };
    let worst = |ago| worst(ago).unwrap_or_default();
    Alert {
        name: "WebhookSignatureFailures",
        severity: Severity::Warning,
        // More than 0.1 a second over two minutes.
        state: held(minutes(2), |ago| worst(ago) > 12),
        means: "Somebody forges webhooks, or a key was changed at one end only.",
        now: format!("{} refused in 2 min", number(worst(Duration::ZERO))),
        limit: "fires above 0.1 a second for 2 min",
    }
}

fn admin_access_denied(hour: &Snapshot) -> Alert {
    let denied = hour.last(minutes(5)).count(EventKind::Admin, Outcome::Refused);
    Alert {
        name: "AdminAccessDenied",
        severity: Severity::Warning,
        state: at_once(denied),
        means: "Somebody was denied the administration.",
        now: format!("{} in 5 min", counted(denied, "attempt", "attempts")),
        limit: "fires at the first",
    }
}

fn cors_blocked_ratio_high(hour: &Snapshot) -> Alert {
    let over = |ago| {
        let (figures, busy) = (hour.window(ago, minutes(5)), hour.window(ago, minutes(10)));
        // More than a fifth.
        figures.cross_origin_blocked().saturating_mul(5) > figures.cross_origin()
            && busy.cross_origin() >= 50
    };
    let now = hour.last(minutes(5));
    let share = share(now.cross_origin_blocked(), now.cross_origin());
    Alert {
        name: "CorsBlockedRatioHigh",
        severity: Severity::Warning,
        state: held(minutes(10), over),
        means: "Many requests of other origins are blocked: an attack, or an origin that is missing from the list.",
        now: share.map_or("none in 5 min".to_owned(), |share| format!("{share} in 5 min")),
        limit: "fires above 20 % for 10 min, of 50 or more",
    }
}

fn signature_latency_high(hour: &Snapshot) -> Alert {
    let p99 = |ago| hour.window(ago, minutes(5)).signature_percentile(99);
    let over = |ago| p99(ago).is_some_and(|p99| p99 > SIGNATURE_LATENCY);
    Alert {
        name: "SignatureLatencyHigh",
        severity: Severity::Warning,
        state: held(minutes(5), over),
        // The history knows how long signatures took, and not whose.
        means: "Signatures take long to verify: the machine is overloaded. Judged here over all together, accepted or not.",
        now: p99(Duration::ZERO)
            .map_or("none in 5 min".to_owned(), |p99| format!("p99 {}", short(p99))),
        limit: "fires above 5 ms for 5 min",
    }
}

pub(super) const SIGNATURE_LATENCY: Duration = Duration::from_millis(5);

fn config_reload_failed(stale: &[PolicyName]) -> Alert {
    let names: Vec<_> = stale.iter().map(PolicyName::as_str).collect();
    Alert {
        name: "ConfigReloadFailed",
        severity: Severity::Warning,
        state: if stale.is_empty() { State::Quiet } else { State::Firing },
        means: "Keys, variables or revocations could not be read again; what was in force before still is.",
        now: if stale.is_empty() { "none".to_owned() } else { names.join(", ") },
        limit: "fires while the last reading of any failed",
    }
}

fn secret_too_old(oldest: Option<(&str, Duration)>) -> Alert {
    let over = oldest.is_some_and(|(_, age)| age > SECRET_AGE);
    Alert {
        name: "SecretTooOld",
        severity: Severity::Warning,
        state: at_once(over.into()),
        means: "A secret is due for rotation.",
        now: oldest.map_or("none".to_owned(), |(name, age)| format!("{name}: {}", long(age))),
        limit: "fires above 90 days",
    }
}

const SECRET_AGE: Duration = Duration::from_secs(90 * 86_400);

fn admin_access(hour: &Snapshot) -> Alert {
    let window = hour.last(minutes(5));
    let policies = hour.policies(EventKind::Admin).into_iter();
    let others =
        policies.filter(|policy| policy.name().is_none_or(|name| name.as_str() != WATCHING));
    let uses = others
        .fold(0_u64, |sum, policy| sum.saturating_add(window.by_policy(policy, Outcome::Allowed)));
    Alert {
        name: "AdminAccess",
        severity: Severity::Info,
        state: at_once(uses),
        means: "Somebody uses the administration; this page does not count.",
        now: format!("{} in 5 min", counted(uses, "request", "requests")),
        limit: "told at the first",
    }
}

/// The policy that those are let in by who watch.
const WATCHING: &str = "monitor";

/// An alert that waits for nothing.
const fn at_once(count: u64) -> State {
    if count > 0 { State::Firing } else { State::Quiet }
}

/// An alert that waits until it has been over its threshold for so long.
fn held(wait: Duration, over: impl Fn(Duration) -> bool) -> State {
    let slots = wait.as_nanos().div_euclid(History::SLOT.as_nanos());
    let mut agos = (0..=u32::try_from(slots).unwrap_or(u32::MAX))
        .map(|slots| History::SLOT.saturating_mul(slots));
    match agos.find(|ago| !over(*ago)) {
        Some(Duration::ZERO) => State::Quiet,
        Some(_) => State::Pending,
        None => State::Firing,
    }
}

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes.saturating_mul(60))
}

#[cfg(test)]
mod tests;
