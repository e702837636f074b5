use std::time::Duration;

/// What is to be written of one key.
///
/// There are no others, so that whoever matches them has matched all.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum Write<'a> {
    /// The key has this value from now on.
    Set {
        /// One of [`Transaction::keys`](super::Transaction::keys).
        key: &'a str,
        /// At most [`Write::LONGEST`] bytes.
        value: &'a [u8],
        /// For how long the value counts: the key is never let go of earlier. Later does no harm
        /// but to the room that it takes.
        life: Duration,
    },
    /// The key has no value any more.
    Delete {
        /// One of [`Transaction::keys`](super::Transaction::keys).
        key: &'a str,
    },
}

impl Write<'_> {
    /// How many bytes a value has at most: a strict window's mark, and 16 for each admission.
    pub const LONGEST: usize = 2_049;
}

/// What is to be written of a key that is known by its place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    Delete,
    Set { value: Vec<u8>, life: Duration },
}

impl Change {
    /// A life in microseconds, of a millisecond at least, which is the shortest that Redis knows.
    pub(super) fn set(value: Vec<u8>, life: u64) -> Self {
        Self::Set { value, life: Duration::from_millis(life.div_ceil(1_000).max(1)) }
    }

    pub(super) fn of<'a>(&'a self, key: &'a str) -> Write<'a> {
        match self {
            Self::Delete => Write::Delete { key },
            Self::Set { value, life } => Write::Set { key, value, life: *life },
        }
    }
}
