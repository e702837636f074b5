use std::ops::Deref;
use std::sync::Arc;

use rempart_core::{Observers, PolicyName, SharedClock};
use tokio::task::spawn_blocking;

use crate::keys::{Keys, Reloaded};
use crate::monitor::Monitor;
use crate::password::Passwords;
use crate::policy::{Limits, Names};
use crate::revocations::Revocations;
use crate::session::Minting;
use crate::store::Store;

/// What the handlers share; a clone bumps one reference count.
#[derive(Clone, Debug)]
pub(crate) struct App(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) revocations: Revocations,
    pub(crate) passwords: Passwords,
    pub(crate) keys: Keys,
    pub(crate) minting: Minting,
    pub(crate) limits: Limits,
    pub(crate) monitor: Monitor,
    pub(crate) observers: Observers,
    pub(crate) names: Names,
    pub(crate) clock: SharedClock,
    /// The origin that the public knows, without a slash at its end.
    pub(crate) public_url: String,
    pub(crate) production: bool,
}

impl App {
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Shared {
    /// Reads everything again that may have changed while the service runs: variables in files,
    /// rings, and what the command has revoked in the database.
    pub(crate) async fn reload(&self) -> Reloaded {
        let keys = self.keys.clone();
        let reloaded = spawn_blocking(move || keys.read_again()).await;
        let mut reloaded = reloaded.unwrap_or_else(|error| Reloaded::failed(&error));
        if let Err(error) = self.revocations.reload(self.clock.unix()).await {
            reloaded.faults.push(error.to_string());
        }
        reloaded.tell();
        reloaded
    }

    /// Whether the last reading of what may change failed, by the name that it is told under.
    pub(crate) fn stale(&self) -> impl Iterator<Item = (PolicyName, bool)> {
        let revocations = (self.revocations.name(), self.revocations.is_stale());
        self.keys.stale().chain([revocations])
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("names", &self.names)
            .field("public_url", &self.public_url)
            .field("production", &self.production)
            .finish_non_exhaustive()
    }
}
