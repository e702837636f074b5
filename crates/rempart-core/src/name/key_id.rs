use super::label::{Label, impl_name};
use crate::NameError;

/// Names a key in events and answers: `[A-Za-z0-9._-]`, 1 to 16 bytes, given when the key is made.
///
/// It stands in logs: it says which key it is (`2026-q4`), and nothing of its bytes.
///
/// ```
/// use rempart_core::{KeyId, NameError};
///
/// assert_eq!(KeyId::new("2026-q4")?.as_str(), "2026-q4");
/// assert_eq!(KeyId::new("2026 q4"), Err(NameError::InvalidByte { offset: 4 }));
/// # Ok::<(), NameError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(Label<16>);

impl KeyId {
    /// Checks an identifier.
    ///
    /// # Errors
    ///
    /// [`NameError`] if the text is empty, longer than 16 bytes, or holds a byte outside
    /// `[A-Za-z0-9._-]`.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        Label::new(text, allowed).map(Self)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl_name!(KeyId);
