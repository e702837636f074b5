use std::time::Duration;

use rempart_token::Revocations;

use super::life;
use crate::store::Access;

/// The access tokens that are no good before their time, as the policy of tokens asks for them.
///
/// The database holds the same; this is what is looked at for each request. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Revoked(Revocations);

impl Revoked {
    pub(crate) fn new() -> Result<Self, rempart_token::ConfigError> {
        Revocations::new(Revocations::CAPACITY, life::ACCESS).map(Self)
    }

    pub(crate) fn revocations(&self) -> Revocations {
        self.0.clone()
    }

    /// Revokes tokens.
    pub(crate) fn take(&self, revoked: impl IntoIterator<Item = Access>, now: Duration) {
        for access in revoked {
            self.0.revoke_id(&access.id, access.ends, now);
        }
    }

    /// Revokes what a user was given before.
    pub(crate) fn signed_out(&self, email: &str, before: Duration, now: Duration) {
        self.0.revoke_subject(email, before, now);
    }
}

/// The moment before which everything that was issued so far was issued: tokens tell the time in
/// whole seconds.
pub(crate) fn after(now: Duration) -> Duration {
    Duration::from_secs(now.as_secs().saturating_add(1))
}
