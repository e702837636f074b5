use std::sync::Arc;
use std::sync::atomic::Ordering;

use rempart_core::{Event, EventKind, Outcome, Reason};
use rempart_keys::{LiveRing, Loaded, Reload};
use serde::Serialize;

use super::{Keys, Purpose};

/// What came of reading everything again. It holds names and rules, and no value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Reloaded {
    /// Each ring.
    pub rings: Vec<RingReload>,
    /// The variables, of which those in files may have changed.
    pub variables: VariablesReload,
    /// Why what the command has revoked in the database was not read again, or nothing at all.
    pub faults: Vec<String>,
}

/// What came of reading a ring again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RingReload {
    /// The name of the ring.
    pub ring: &'static str,
    /// Whether it has other keys than before, or keys in other states.
    pub changed: bool,
    /// Why what is in the folder is not in force, if it is not; revocations are all the same.
    pub faults: Vec<String>,
}

/// What came of reading the variables again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct VariablesReload {
    /// The names of those that changed.
    pub changed: Vec<&'static str>,
    /// Why the variables are as they were before, if they are.
    pub faults: Vec<String>,
}

impl Reloaded {
    /// Writes into the log what changed and what could not be taken over.
    pub(crate) fn tell(&self) {
        for ring in &self.rings {
            for fault in &ring.faults {
                tracing::warn!(ring = ring.ring, fault, "a ring is not as its folder says");
            }
        }
        for fault in self.variables.faults.iter().chain(&self.faults) {
            tracing::warn!(fault, "not everything could be read again");
        }
        let rings = self.rings.iter().filter(|ring| ring.changed).count();
        let variables = self.variables.changed.len();
        tracing::info!(rings, variables, "read again, and so many changed");
    }

    /// Nothing was read again.
    pub(crate) fn failed(why: &dyn std::fmt::Display) -> Self {
        let faults = vec![why.to_string()];
        Self { rings: Vec::new(), variables: VariablesReload::default(), faults }
    }

    /// Whether something could not be taken over.
    #[must_use]
    pub fn has_faults(&self) -> bool {
        let rings = self.rings.iter().any(|ring| !ring.faults.is_empty());
        rings || !self.variables.faults.is_empty() || !self.faults.is_empty()
    }
}

impl Keys {
    /// Reads the variables that files hold and every ring again. It reads files and waits for
    /// nothing else; when it returns, what could be taken over is in force.
    pub(crate) fn read_again(&self) -> Reloaded {
        let mut current = self.variables();
        let before = Arc::clone(&current);
        let mut variables = VariablesReload::default();
        match self.0.config.variables_again(&before) {
            Ok(after) => {
                let after = Arc::new(after);
                variables.changed = changed(&before, &after);
                match self.0.hidden.variables(Arc::clone(&after)) {
                    Ok(()) => *current = after,
                    Err(error) => variables.faults.push(error.to_string()),
                }
            }
            Err(faults) => variables.faults.extend(faults.iter().map(ToString::to_string)),
        }
        self.tell(&variables);
        let rings = self.0.rings.iter();
        let rings = rings.map(|(purpose, ring)| again(*purpose, ring, &before, &current)).collect();
        Reloaded { rings, variables, faults: Vec::new() }
    }

    fn tell(&self, variables: &VariablesReload) {
        let event = |outcome| Event::new(EventKind::ConfigReload, outcome, &self.0.variables_name);
        let stale = !variables.faults.is_empty();
        let was_stale = self.0.variables_stale.swap(stale, Ordering::Relaxed);
        if stale {
            let refused = event(Outcome::Refused).reason(Reason::InvalidConfiguration);
            self.0.observers.emit(&refused);
        } else if was_stale || !variables.changed.is_empty() {
            self.0.observers.emit(&event(Outcome::Allowed));
        }
    }
}

fn again(purpose: Purpose, ring: &LiveRing, before: &Loaded, after: &Loaded) -> RingReload {
    let seed = after.secret(purpose.variable());
    let same = |seed: &&rempart_keys::Secret| {
        before.secret(purpose.variable()).is_some_and(|before| before.ct_eq(seed.expose()))
    };
    let Reload { changed, faults, refusal, .. } = match seed.filter(|seed| !same(seed)) {
        Some(seed) => ring.reseed(seed.clone()),
        None => ring.reload(),
    };
    let faults = faults.iter().flatten().map(ToString::to_string);
    let faults = faults.chain(refusal.map(|why| why.to_string())).collect();
    RingReload { ring: purpose.ring(), changed, faults }
}

/// The variables whose values are not what they were.
fn changed(before: &Loaded, after: &Loaded) -> Vec<&'static str> {
    let is_new = |name: &str| match (before.secret(name), after.secret(name)) {
        (Some(before), Some(after)) => !before.ct_eq(after.expose()),
        (before, after) => before.is_some() != after.is_some(),
    };
    let mut names: Vec<&'static str> = Vec::new();
    for entry in before.entries().chain(after.entries()) {
        if is_new(entry.name) && !names.contains(&entry.name) {
            names.push(entry.name);
        }
    }
    names
}
