use std::fmt;

use rempart_keys::Secret;

/// A secret, and the name by which events tell of it.
#[derive(Clone)]
pub(crate) struct Named {
    pub(crate) name: Box<str>,
    pub(crate) secret: Secret,
}

impl Named {
    pub(crate) fn new(name: impl Into<Box<str>>, secret: &Secret) -> Self {
        Self { name: name.into(), secret: secret.clone() }
    }

    /// Whether events may tell of it by its name: 1 to 64 bytes of `[A-Za-z0-9._-]`, and not the
    /// secret itself. Whoever gives the value for the name would have it in every event.
    pub(crate) fn may_be_told(&self) -> bool {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let is_name = (1..=64).contains(&self.name.len()) && self.name.bytes().all(allowed);
        let mut windows = self.name.as_bytes().windows(self.secret.len());
        is_name && !windows.any(|window| window == self.secret.expose())
    }
}

// Without the name: until that is checked, it may be the value.
impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.secret.fmt(f)
    }
}
