//! The keys of the service: rings on disk that turn while it serves.
//!
//! Each ring is a folder, and the variable of the same purpose is a key of it, named `env`. What a
//! ring's keys are for follows the ring: the policies that verify with them, the log that hides
//! them, and the guard that keeps them from leaving.

mod ages;
mod following;
mod hidden;
mod http;
mod reload;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fmt, io};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rempart_core::{Clock, KeyId, NameError, Observers, PolicyName, SystemClock};
use rempart_keys::{
    KeyRing, KeyUse, LiveRing, Loaded, Profile, RingDirectory, Secret, Variable, Watch,
};

pub(crate) use self::hidden::{Hidden, HiddenError};
pub(crate) use self::http::{list, reload};
pub use self::reload::{Reloaded, RingReload, VariablesReload};
use crate::config::{self, Config};
use crate::serve::StartError;
use crate::variables::{AUTH_TOKEN_SECRET, TWILIO_AUTH_TOKEN, VAPI_WEBHOOK_SECRET};

/// What the keys of a ring are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Vapi signs its webhooks with them.
    Vapi,
    /// Twilio signs its webhooks with them.
    Twilio,
    /// The service signs access tokens with them.
    Tokens,
}

impl Purpose {
    pub(crate) const ALL: [Self; 3] = [Self::Vapi, Self::Twilio, Self::Tokens];

    /// The name of the ring, and of its folder.
    pub(crate) const fn ring(self) -> &'static str {
        match self {
            Self::Vapi => "vapi-webhook",
            Self::Twilio => "twilio",
            Self::Tokens => "auth-token",
        }
    }

    /// The variable of the same purpose.
    pub(crate) const fn variable(self) -> &'static str {
        match self {
            Self::Vapi => VAPI_WEBHOOK_SECRET,
            Self::Twilio => TWILIO_AUTH_TOKEN,
            Self::Tokens => AUTH_TOKEN_SECRET,
        }
    }

    /// The policy that verifies with the ring's keys.
    pub(crate) const fn policy(self) -> &'static str {
        match self {
            Self::Vapi => "vapi",
            Self::Twilio => "twilio",
            Self::Tokens => "token",
        }
    }

    fn directory(self, keys: &Path) -> Result<RingDirectory, NameError> {
        Ok(RingDirectory::new(keys, PolicyName::new(self.ring())?))
    }
}

/// The variables that nobody needs, since their rings have an active key of their own.
pub(crate) fn replaced(keys: &Path) -> Vec<&'static str> {
    let signs = |purpose: &Purpose| {
        let ring = purpose.directory(keys).ok().map(|ring| ring.read(SystemClock.unix()));
        ring.is_some_and(|ring| ring.is_ok_and(|ring| ring.signing().is_some()))
    };
    Purpose::ALL.into_iter().filter(signs).map(Purpose::variable).collect()
}

/// A ring of a key that nobody has, until the ring that is followed takes its place: what is
/// checked when it is built asks for a key, and a ring may have none.
pub(crate) fn stand_in() -> Result<KeyRing, StartError> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|_| StartError::Key)?;
    let secret = Secret::new(URL_SAFE_NO_PAD.encode(random)).map_err(|_| StartError::Key)?;
    Ok(KeyRing::single(KeyId::new("stand-in")?, secret))
}

/// The rings of a running service; clones share them.
#[derive(Clone)]
pub(crate) struct Keys(Arc<Shared>);

struct Shared {
    config: Config,
    rings: [(Purpose, LiveRing); 3],
    uses: Arc<KeyUse>,
    hidden: Hidden,
    observers: Observers,
    variables_name: PolicyName,
    /// As they were read last; held while they are read again.
    variables: Mutex<Arc<Loaded>>,
    /// Whether reading them again failed the last time. It changes while they are held.
    variables_stale: AtomicBool,
}

impl Keys {
    /// Reads every ring for the first time. `observers` are told of what changes in them, from
    /// whatever thread sees it.
    pub(crate) fn open(
        config: &Config,
        hidden: Hidden,
        observers: Observers,
    ) -> Result<Self, StartError> {
        let minimum = match config.profile {
            Profile::Production => Variable::MIN_BYTES,
            Profile::Development => Variable::MIN_BYTES_IN_DEVELOPMENT,
        };
        let mut uses = KeyUse::new(Arc::clone(&config.clock));
        for purpose in Purpose::ALL {
            let directory = purpose.directory(&config.keys)?;
            // A folder that is there is watched, and takes the file that tells of uses. Where none
            // can be made, one that an operator makes is found all the same.
            let _ = config::private_folder(directory.path());
            uses = uses.ring(PolicyName::new(purpose.policy())?, &directory);
        }
        let open = |purpose: Purpose| -> Result<_, StartError> {
            let directory = purpose.directory(&config.keys)?.minimum(minimum);
            let directory = match config.variables.secret(purpose.variable()) {
                Some(secret) => directory.seed(secret.clone()),
                None => directory,
            };
            let fault = |faults| StartError::Ring { ring: purpose.ring(), faults };
            let ring = LiveRing::open(directory, Arc::clone(&config.clock)).map_err(fault)?;
            Ok((purpose, ring.observer(observers.clone())))
        };
        let [vapi, twilio, tokens] = Purpose::ALL;
        let rings = [open(vapi)?, open(twilio)?, open(tokens)?];
        let keys = Self(Arc::new(Shared {
            config: config.clone(),
            rings,
            uses: Arc::new(uses),
            hidden,
            observers,
            variables_name: PolicyName::new(VARIABLES)?,
            variables: Mutex::new(Arc::clone(&config.variables)),
            variables_stale: AtomicBool::new(false),
        }));
        for (purpose, ring) in &keys.0.rings {
            // Before any policy takes a key of it: what is in use must not be shown.
            let (hidden, name) = (keys.0.hidden.clone(), purpose.ring());
            let hide = move |ring: &_| Ok(hidden.ring(name, ring)?);
            ring.on_change(hide).map_err(|why| StartError::refused(*purpose, &*why))?;
        }
        Ok(keys)
    }

    /// The ring of this purpose.
    pub(crate) fn ring(&self, purpose: Purpose) -> &LiveRing {
        let [(_, vapi), (_, twilio), (_, tokens)] = &self.0.rings;
        match purpose {
            Purpose::Vapi => vapi,
            Purpose::Twilio => twilio,
            Purpose::Tokens => tokens,
        }
    }

    /// What notes which key verified something: an observer of the layers.
    pub(crate) fn uses(&self) -> Arc<KeyUse> {
        Arc::clone(&self.0.uses)
    }

    /// Follows the folders until what is returned is dropped.
    pub(crate) fn watch(&self) -> io::Result<Vec<Watch>> {
        self.0.rings.iter().map(|(_, ring)| ring.watch(LiveRing::POLL)).collect()
    }

    /// Writes down when each key last verified something. Rings whose folder takes no file go
    /// without; each is returned once.
    pub(crate) fn write_uses(&self) -> Vec<(PolicyName, io::ErrorKind)> {
        self.0.uses.write()
    }

    /// Whether the last reading of each ring, and of the variables, failed.
    pub(crate) fn stale(&self) -> impl Iterator<Item = (PolicyName, bool)> {
        let rings = self.0.rings.iter();
        let rings = rings.map(|(_, ring)| (*ring.directory().name(), ring.is_stale()));
        let variables = self.0.variables_stale.load(Ordering::Relaxed);
        rings.chain([(self.0.variables_name, variables)])
    }

    fn variables(&self) -> MutexGuard<'_, Arc<Loaded>> {
        // It is replaced in one step.
        self.0.variables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name that the reading of the variables is told under.
pub(crate) const VARIABLES: &str = "variables";

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.rings.iter().map(|(purpose, ring)| (purpose, ring))).finish()
    }
}
