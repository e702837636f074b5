use std::hash::{Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use super::label::{Label, impl_name};
use crate::NameError;

/// Names a policy in events, metrics and headers: `[a-z0-9-]`, 1 to 32 bytes.
///
/// ```
/// use rempart_core::PolicyName;
///
/// let name: PolicyName = "webhook".parse()?;
/// assert_eq!(name.as_str(), "webhook");
/// assert_eq!(name.index(), PolicyName::new("webhook")?.index());
/// # Ok::<(), rempart_core::NameError>(())
/// ```
#[derive(Clone, Copy)]
pub struct PolicyName {
    label: Label<32>,
    index: u16,
}

impl PolicyName {
    /// How many names get an index of their own in one process. The names past them share the
    /// index of this value: their figures fall together, nothing else changes.
    pub const INDEXED: u16 = 1024;

    /// Checks a name.
    ///
    /// # Errors
    ///
    /// [`NameError`] if the text is empty, longer than 32 bytes, or holds a byte outside
    /// `[a-z0-9-]`.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let label = Label::new(text, |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))?;
        Ok(Self { label, index: index_of(label) })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.label.as_str()
    }

    /// A small number, the same for the same text during the life of the process: metrics keep
    /// their handles in a table by it, and look no text up on the path of a request.
    #[must_use]
    pub const fn index(&self) -> u16 {
        self.index
    }
}

impl_name!(PolicyName);

impl PartialEq for PolicyName {
    fn eq(&self, other: &Self) -> bool {
        self.label == other.label
    }
}

impl Eq for PolicyName {}

impl Hash for PolicyName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.label.hash(state);
    }
}

impl PartialOrd for PolicyName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PolicyName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.label.cmp(&other.label)
    }
}

/// The place of a name in the process's list of names. Taken when a policy is built, never while
/// a request is served; bounded, so that names made up at run time cannot fill the memory.
fn index_of(label: Label<32>) -> u16 {
    static NAMES: Mutex<Vec<Label<32>>> = Mutex::new(Vec::new());
    // A thread that panicked here left the list whole.
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    let place = names.iter().position(|known| *known == label).unwrap_or_else(|| {
        let place = names.len();
        if place < usize::from(PolicyName::INDEXED) {
            names.push(label);
        }
        place
    });
    u16::try_from(place).unwrap_or(PolicyName::INDEXED)
}
