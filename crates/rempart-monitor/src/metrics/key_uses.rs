use std::sync::OnceLock;

use metrics::Counter;
use rempart_core::PolicyName;

use super::family::{By, KEY_USES};
use super::places::Places;
use super::recorder::Registrar;

/// The state of a key that somebody uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyUseState {
    /// It signs and verifies.
    Active,
    /// It verifies, and waits to be promoted.
    Pending,
    /// It verifies for a while yet.
    Retiring,
    /// It does nothing, and somebody still uses it.
    Revoked,
}

impl KeyUseState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Active, Self::Pending, Self::Retiring, Self::Revoked];

    /// The word of the label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Retiring => "retiring",
            Self::Revoked => "revoked",
        }
    }
}

/// The handles, by the place of the policy and by state within it.
pub(super) struct KeyUses(Box<[OnceLock<Counter>]>);

impl KeyUses {
    pub(super) fn new() -> Self {
        let uses = Places::COUNT.saturating_mul(KeyUseState::ALL.len());
        Self((0..uses).map(|_| OnceLock::new()).collect())
    }

    pub(super) fn counter(
        &self,
        registrar: &Registrar,
        place: usize,
        policy: &PolicyName,
        state: KeyUseState,
    ) -> Option<&Counter> {
        let at = place.saturating_mul(KeyUseState::ALL.len()).saturating_add(state as usize);
        let register = || {
            let labels = [
                (By::Policy.label(), Places::label(place, policy)),
                (By::State.label(), state.as_str().to_owned()),
            ];
            registrar.counter(KEY_USES.name, &labels)
        };
        Some(self.0.get(at)?.get_or_init(register))
    }
}
