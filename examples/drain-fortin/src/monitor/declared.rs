use rempart_core::{EventKind, NameError, PolicyName};
use rempart_monitor::Metrics;

use super::CLIENTS;
use crate::keys::{Purpose, VARIABLES};
use crate::policy::{LIMITED, Names};
use crate::revocations::REVOCATIONS;

/// Counts from zero what the service's policies may tell, so that a first refusal is an increase
/// and raises the alert that waits for one.
pub(super) fn declare(metrics: &Metrics, names: &Names) -> Result<(), NameError> {
    let policies = |texts: &[&str]| -> Result<Vec<_>, _> {
        texts.iter().map(|text| PolicyName::new(text)).collect()
    };
    let [vapi, twilio, tokens] = Purpose::ALL;
    let verify = [vapi.policy(), twilio.policy()];
    let sign_in = [names.login, names.refresh];
    metrics.declare(EventKind::Signature, policies(&verify)?);
    metrics.declare(EventKind::Token, policies(&[tokens.policy()])?.into_iter().chain(sign_in));
    metrics.declare(EventKind::KeyRevokedUse, policies(&Purpose::ALL.map(Purpose::policy))?);
    metrics.declare(EventKind::RateLimit, policies(&LIMITED)?);
    metrics.declare(EventKind::CorsActual, policies(&["cors"])?);
    metrics.declare(EventKind::CorsPreflight, policies(&["cors"])?);
    metrics.declare(EventKind::Authorization, policies(&["browser"])?);
    metrics.declare(EventKind::Admin, [names.admin, names.monitor]);
    metrics.declare(EventKind::SecretEgress, policies(&["egress"])?);
    metrics.declare(EventKind::ConfigReload, policies(&[VARIABLES, REVOCATIONS])?);
    metrics.declare(EventKind::ConfigReload, policies(&Purpose::ALL.map(Purpose::ring))?);
    metrics.declare(EventKind::ClientAnomaly, policies(&[CLIENTS])?);
    for kind in [EventKind::Body, EventKind::KeyState, EventKind::Replay, EventKind::Report] {
        metrics.declare(kind, [names.body]);
    }
    Ok(())
}
