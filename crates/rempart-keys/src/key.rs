use std::time::Duration;

use crate::{KeyId, Secret};

/// A secret with the name it goes by in logs and events.
///
/// ```
/// use rempart_keys::{Key, KeyId, Secret};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = Secret::new("made-up-for-the-documentation-only")?;
/// let key = Key::new(KeyId::new("2026-q1")?, secret);
/// assert_eq!(key.id().as_str(), "2026-q1");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Key {
    id: KeyId,
    secret: Secret,
    created: Option<Duration>,
    until: Option<Duration>,
}

impl Key {
    /// Names a secret.
    #[must_use]
    pub const fn new(id: KeyId, secret: Secret) -> Self {
        Self { id, secret, created: None, until: None }
    }

    /// The name.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The secret.
    #[must_use]
    pub const fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Says when the key was made, since the Unix epoch.
    #[must_use]
    pub const fn created_at(mut self, created: Duration) -> Self {
        self.created = Some(created);
        self
    }

    /// When the key was made, since the Unix epoch, where somebody has said so.
    #[must_use]
    pub const fn created(&self) -> Option<Duration> {
        self.created
    }

    /// When a retiring key stops verifying, since the Unix epoch; `None` for the others.
    ///
    /// Whoever keeps a state computed from the key has to look at this too.
    #[must_use]
    pub const fn until(&self) -> Option<Duration> {
        self.until
    }

    /// Whether the key still verifies at `now`, since the Unix epoch.
    #[must_use]
    pub fn verifies_at(&self, now: Duration) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    pub(crate) fn retiring(&self, until: Duration) -> Self {
        Self { until: Some(until), ..self.clone() }
    }

    pub(crate) fn unretired(self) -> Self {
        Self { until: None, ..self }
    }
}
