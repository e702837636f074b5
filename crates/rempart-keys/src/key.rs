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
    until: Option<Duration>,
}

impl Key {
    /// Names a secret.
    #[must_use]
    pub const fn new(id: KeyId, secret: Secret) -> Self {
        Self { id, secret, until: None }
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
