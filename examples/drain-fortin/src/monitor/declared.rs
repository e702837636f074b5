use rempart_core::{EventKind, NameError, PolicyName};
use rempart_monitor::Metrics;

use super::CLIENTS;
use crate::keys::Purpose;
use crate::policy::{LIMITED, Names};

/// Counts from zero what the service's policies may tell, so that a first refusal is an increase
/// and raises the alert that waits for one.
pub(super) fn declare(metrics: &Metrics, names: &Names) -> Result<(), NameError> {
    let named = |texts: &[&str]| -> Result<Vec<_>, _> {
        texts.iter().map(|text| PolicyName::new(text)).collect()
    };
    let [vapi, twilio, tokens] = Purpose::ALL;
    let verify = [vapi.policy(), twilio.policy()];
    let sign_in = [names.login, names.refresh];
    metrics.declare(EventKind::Signature, named(&verify)?);
    metrics.declare(EventKind::Token, named(&[tokens.policy()])?.into_iter().chain(sign_in));
    metrics.declare(EventKind::KeyRevokedUse, named(&Purpose::ALL.map(Purpose::policy))?);
    metrics.declare(EventKind::RateLimit, named(&LIMITED)?);
    metrics.declare(EventKind::CorsActual, named(&["cors"])?);
    metrics.declare(EventKind::CorsPreflight, named(&["cors"])?);
    metrics.declare(EventKind::Authorization, named(&["browser"])?);
    metrics.declare(EventKind::Admin, [names.admin, names.monitor]);
    metrics.declare(EventKind::SecretEgress, named(&["egress"])?);
    metrics.declare(EventKind::ConfigReload, named(&["variables"])?);
    metrics.declare(EventKind::ConfigReload, named(&Purpose::ALL.map(Purpose::ring))?);
    metrics.declare(EventKind::ClientAnomaly, named(&[CLIENTS])?);
    for kind in [EventKind::Body, EventKind::KeyState, EventKind::Replay, EventKind::Report] {
        metrics.declare(kind, [names.body]);
    }
    Ok(())
}
