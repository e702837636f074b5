use std::borrow::Cow;
use std::fmt;

/// Names a member of a JSON body: `webhookTimestamp`, or `signature.token` for one inside another.
///
/// ```
/// use rempart_signature::Member;
///
/// assert_eq!(Member::new("signature.token").to_string(), "signature.token");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member(Cow<'static, str>);

impl Member {
    /// How many names a path may have.
    pub const MAX_DEPTH: usize = 4;

    /// The member at the end of this path, whose names are set apart by dots.
    #[must_use]
    pub fn new(path: impl Into<Cow<'static, str>>) -> Self {
        Self(path.into())
    }

    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }

    /// Whether it is a path of names that need no escape.
    pub(super) fn fits(&self) -> bool {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        self.names().count() <= Self::MAX_DEPTH
            && self.names().all(|name| !name.is_empty() && name.bytes().all(plain))
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
