use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rempart_core::Live;
use rempart_keys::{Fingerprint, Key, KeyRing, Loaded, Secret};
use rempart_redact as redact;
use rempart_token::{browser, egress};
use thiserror::Error;

/// What nobody outside may see, wherever it comes from: variables, and the keys of rings. The log,
/// the guard on what leaves and the one on what browsers bear follow it. Clones share it.
#[derive(Clone)]
pub(crate) struct Hidden {
    known: Arc<Mutex<Known>>,
    redaction: Live<redact::Policy>,
    egress: Live<egress::Policy>,
    browser: Live<browser::Policy>,
}

/// The log or a guard cannot look for one of these.
#[derive(Debug, Error)]
pub(crate) enum HiddenError {
    #[error("the redaction: {0}")]
    Redaction(#[from] redact::ConfigErrors),
    #[error("the guard on what leaves: {0}")]
    Egress(#[from] egress::ConfigErrors),
    #[error("the guard on what browsers bear: {0}")]
    Browser(#[from] browser::ConfigErrors),
}

#[derive(Clone)]
struct Known {
    variables: Arc<Loaded>,
    rings: BTreeMap<&'static str, KeyRing>,
}

impl Hidden {
    /// Starts with the variables.
    pub(crate) fn new(variables: Arc<Loaded>) -> Result<Self, HiddenError> {
        let known = Known { variables, rings: BTreeMap::new() };
        let redaction = Live::new(known.redaction()?);
        let (egress, browser) = (Live::new(known.egress()?), Live::new(known.browser()?));
        Ok(Self { known: Arc::new(Mutex::new(known)), redaction, egress, browser })
    }

    /// What the log hides.
    pub(crate) fn redaction(&self) -> Live<redact::Policy> {
        self.redaction.clone()
    }

    /// What does not leave.
    pub(crate) fn egress(&self) -> Live<egress::Policy> {
        self.egress.clone()
    }

    /// What no browser may bear.
    pub(crate) fn browser(&self) -> Live<browser::Policy> {
        self.browser.clone()
    }

    /// Takes the keys of a ring in place of those that it had.
    pub(super) fn ring(&self, name: &'static str, ring: &KeyRing) -> Result<(), HiddenError> {
        self.change(|known| drop(known.rings.insert(name, ring.clone())))
    }

    /// Takes these variables in place of those before.
    pub(super) fn variables(&self, variables: Arc<Loaded>) -> Result<(), HiddenError> {
        self.change(|known| known.variables = variables)
    }

    fn change(&self, change: impl FnOnce(&mut Known)) -> Result<(), HiddenError> {
        // A panic leaves what was there.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = known.clone();
        change(&mut next);
        // Compiling them is dear, and most changes of a ring change no key.
        if next.fingerprints() != known.fingerprints() {
            let (redaction, egress) = (next.redaction()?, next.egress()?);
            let browser = next.browser()?;
            self.redaction.store(redaction);
            self.egress.store(egress);
            self.browser.store(browser);
        }
        *known = next;
        Ok(())
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hidden").finish_non_exhaustive()
    }
}

impl Known {
    /// Each secret once, by the name that markers and events give it.
    fn secrets(&self) -> impl Iterator<Item = (String, &Secret)> {
        let variables = self.variables.server_only();
        let variables = variables.map(|(name, secret)| (name.to_owned(), secret));
        // A variable that changed is not yet the key `env`, nor ever, if its ring refuses it.
        let is_variable = |key: &&Key| {
            let mut variables = self.variables.server_only();
            variables.any(|(_, secret)| secret.ct_eq(key.secret().expose()))
        };
        let keys = self.rings.iter().flat_map(move |(name, ring)| {
            let keys = ring.verifying().filter(move |key| !is_variable(key));
            keys.map(move |key| (format!("{name}.{}", key.id()), key.secret()))
        });
        variables.chain(keys)
    }

    fn fingerprints(&self) -> Vec<(String, Fingerprint)> {
        self.secrets().map(|(name, secret)| (name, secret.fingerprint())).collect()
    }

    fn redaction(&self) -> Result<redact::Policy, redact::ConfigErrors> {
        let policy = redact::Policy::builder("log");
        self.secrets().fold(policy, |policy, (name, secret)| policy.secret(&name, secret)).build()
    }

    fn egress(&self) -> Result<egress::Policy, egress::ConfigErrors> {
        let policy = egress::Policy::builder("egress").secrets(self.secrets());
        policy.body_limit(MOST_SEARCHED).refuse_longer().build()
    }

    fn browser(&self) -> Result<browser::Policy, browser::ConfigErrors> {
        browser::Policy::builder("browser").secrets(self.secrets()).build()
    }
}

/// A page of a list with the transcripts of the longest calls is a few megabytes, and in memory
/// anyway; what is longer than this is asked for in smaller pages.
const MOST_SEARCHED: usize = 32 << 20;
