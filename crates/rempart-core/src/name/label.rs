use std::str;

use thiserror::Error;

/// Why a text is no name.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameError {
    /// A name has at least one byte.
    #[error("a name may not be empty")]
    Empty,
    /// This byte may not stand in such a name.
    #[error("byte {offset} may not stand in a name")]
    InvalidByte {
        /// Where it stands, counted from 0.
        offset: usize,
    },
    /// Names are bounded.
    #[error("a name of {length} bytes is longer than {max}")]
    TooLong {
        /// The length of the text, in bytes.
        length: usize,
        /// The longest allowed, in bytes.
        max: usize,
    },
}

/// Up to `N` ASCII bytes held in place, so that an event copies a name instead of counting it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Label<const N: usize> {
    // Padded with zero bytes, which no name holds: the derived order is that of the texts.
    bytes: [u8; N],
    length: u8,
}

impl<const N: usize> Label<N> {
    pub(super) fn new(text: &str, allowed: fn(u8) -> bool) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if let Some(offset) = text.bytes().position(|byte| !allowed(byte)) {
            return Err(NameError::InvalidByte { offset });
        }
        let too_long = NameError::TooLong { length: text.len(), max: N };
        let mut bytes = [0; N];
        bytes.get_mut(..text.len()).ok_or(too_long)?.copy_from_slice(text.as_bytes());
        Ok(Self { bytes, length: u8::try_from(text.len()).map_err(|_| too_long)? })
    }

    pub(super) fn as_str(&self) -> &str {
        // Neither default is ever taken: the bytes were checked when the label was made.
        let bytes = self.bytes.get(..usize::from(self.length)).unwrap_or_default();
        str::from_utf8(bytes).unwrap_or_default()
    }
}

/// The common traits of a name made of one label.
macro_rules! impl_name {
    ($Name:ty) => {
        impl ::std::fmt::Debug for $Name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, concat!(stringify!($Name), "({})"), self.as_str())
            }
        }

        impl ::std::fmt::Display for $Name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::std::str::FromStr for $Name {
            type Err = $crate::NameError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl AsRef<str> for $Name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }
    };
}
pub(super) use impl_name;
