use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rempart_core::Clock;
use rempart_keys::{Audience, KeyState, RingDirectory};

use super::Keys;

impl Keys {
    /// How old each secret is at the least: variables by their names, and the keys that sign by
    /// the names of their rings. Where nobody knows better, it is as old as `since`.
    pub(crate) fn ages(&self, since: Duration) -> BTreeMap<&'static str, Duration> {
        let now = self.0.config.clock.unix();
        let at_least = now.saturating_sub(since);
        let variables = Arc::clone(&self.variables());
        let secrets = variables.entries().filter(|entry| entry.audience == Audience::ServerOnly);
        let mut ages: BTreeMap<_, _> =
            secrets.map(|entry| (entry.name, entry.age_at(now).unwrap_or(at_least))).collect();
        for (purpose, ring) in &self.0.rings {
            let ring = ring.load();
            let Some(key) = ring.entries().find(|key| key.state == KeyState::Active) else {
                continue;
            };
            let of_variable = || ages.get(purpose.variable()).copied();
            let is_variable = key.id.as_str() == RingDirectory::SEED_ID;
            let age = key.created.map(|created| now.saturating_sub(created));
            let age = age.or_else(|| of_variable().filter(|_| is_variable)).unwrap_or(at_least);
            ages.insert(purpose.ring(), age);
        }
        ages
    }
}
