use std::ops::Deref;
use std::sync::Arc;

use rempart_core::{Observers, SharedClock};

use crate::password::Passwords;
use crate::policy::Names;
use crate::store::Store;
use crate::token::Tokens;
use crate::user::Email;

/// What the handlers share; a clone bumps one reference count.
#[derive(Clone, Debug)]
pub(crate) struct App(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) passwords: Passwords,
    pub(crate) tokens: Tokens,
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
    /// The user of development is nobody in production, whatever the database holds.
    pub(crate) fn may_sign_in(&self, email: &Email) -> bool {
        !(self.production && email.as_str() == DEV_ADMIN)
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

/// Who may sign in on a developer's machine.
pub(crate) const DEV_ADMIN: &str = "admin@example.test";
