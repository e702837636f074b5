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
        Revocations::new(CAPACITY, life::ACCESS).map(Self)
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

/// More tokens than the database, which writes down each for itself, can give away in the time that
/// they live: when there is no room everybody is signed out, and no user may bring that about.
/// 32 MiB at most, and as good as nothing as long as nobody tries.
const CAPACITY: usize = 8 * Revocations::CAPACITY;

/// The moment before which everything that was issued so far was issued: tokens tell the time in
/// whole seconds.
pub(crate) fn after(now: Duration) -> Duration {
    Duration::from_secs(now.as_secs().saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_renews_as_fast_as_the_disk_writes_signs_nobody_else_out() {
        let revoked = Revoked::new().unwrap();
        let now = Duration::from_secs(1_800_000_000);
        let each_two_milliseconds = life::ACCESS.as_secs() * 500;
        let access = |n: u64| Access { id: n.to_string(), ends: now + life::ACCESS };
        revoked.take((0..each_two_milliseconds).map(access), now);
        // When there is no room the list is given up, and everything is refused instead.
        assert_eq!(revoked.0.len() as u64, each_two_milliseconds);
    }
}
