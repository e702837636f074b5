use rempart_core::{Event, EventKind, NameError, Observer, Outcome, PolicyName};
use rempart_keys::KeyState;
use rempart_monitor::{KeyUseState, Metrics};

use crate::keys::{Keys, Purpose};

/// Counts which state the keys are in that verify something: an event says the key, and its ring
/// knows the state.
pub(super) struct KeyStates {
    keys: Keys,
    metrics: Metrics,
    policies: [(PolicyName, Purpose); 3],
}

impl KeyStates {
    pub(super) fn new(keys: Keys, metrics: Metrics) -> Result<Self, NameError> {
        let [vapi, twilio, tokens] = Purpose::ALL;
        let named = |purpose: Purpose| Ok((PolicyName::new(purpose.policy())?, purpose));
        Ok(Self { keys, metrics, policies: [named(vapi)?, named(twilio)?, named(tokens)?] })
    }
}

impl Observer for KeyStates {
    fn observe(&self, event: &Event<'_>) {
        let verified = matches!(event.kind, EventKind::Signature | EventKind::Token);
        let (true, Outcome::Allowed, Some(key)) = (verified, event.outcome, event.key) else {
            return;
        };
        let mut policies = self.policies.iter();
        let Some((policy, purpose)) = policies.find(|(policy, _)| policy == event.policy) else {
            return;
        };
        let state = match self.keys.ring(*purpose).load().state(key) {
            Some(KeyState::Active) => KeyUseState::Active,
            Some(KeyState::Pending) => KeyUseState::Pending,
            // It was good when the request came; if it is revoked by now, that was no abuse.
            _ => KeyUseState::Retiring,
        };
        self.metrics.key_used(policy, state);
    }
}
