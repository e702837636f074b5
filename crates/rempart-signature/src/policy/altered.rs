//! Policies as they might have been meant.

use std::sync::Arc;

use rempart_keys::{Key, KeyRing};

use super::{Checked, Policy, PolicyKey, Rules, keys_in};
use crate::Scheme;
use crate::public_url::Origins;

impl Policy {
    /// The ring that its keys were read from.
    pub(crate) fn ring(&self) -> Option<&KeyRing> {
        self.0.ring.as_ref()
    }

    /// The same policy, with these keys in a scheme that may read them otherwise.
    pub(crate) fn with_other_keys(&self, scheme: Scheme, keys: &[Key]) -> Self {
        let rules = Rules::Scheme(Box::new(scheme));
        let keys = read(&rules, keys.iter());
        Self(Arc::new(Checked { rules, ..self.0.copy(keys, None) }))
    }

    /// The same policy under another URL.
    pub(crate) fn with_other_origins(&self, origins: Origins) -> Self {
        let keys = self.ring().map(|ring| read(&self.0.rules, ring.verifying()));
        Self(Arc::new(Checked { origins, ..self.0.copy(keys.unwrap_or_default(), None) }))
    }
}

/// Of any length: what is guessed is no configuration.
fn read<'a>(rules: &Rules, keys: impl Iterator<Item = &'a Key>) -> Box<[PolicyKey]> {
    let (algorithm, form, _) = rules.reading(true);
    keys.filter_map(|key| keys_in(algorithm, form, 0, key).ok()).flatten().collect()
}
