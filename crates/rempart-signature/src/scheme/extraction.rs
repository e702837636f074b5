use std::borrow::Cow;

use memchr::memchr;

use super::Member;

/// Says how signatures stand in their header, or where in the body.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Extraction {
    /// Several elements, each a key and a value: `t=1700000000,v1=…`, or `v1,… v1,…`.
    Elements(Elements),
    /// One signature, in a member of the JSON body: it cannot cover the body that it stands in.
    Member(Member),
    /// One signature after these characters: `sha256=…`.
    Prefixed(Cow<'static, str>),
}

impl Extraction {
    /// One signature, alone.
    pub const WHOLE: Self = Self::Prefixed(Cow::Borrowed(""));

    /// One signature after a fixed text. Another text there, such as another algorithm's name,
    /// is malformed: the algorithm is configuration.
    #[must_use]
    pub const fn prefixed(prefix: &'static str) -> Self {
        Self::Prefixed(Cow::Borrowed(prefix))
    }
}

/// The shape of a header that lists its values by key.
///
/// Elements whose key is not asked for are skipped: that is how senders introduce a new version.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "kebab-case"))]
pub struct Elements {
    #[cfg_attr(feature = "serde", serde(with = "super::written::byte"))]
    separator: u8,
    #[cfg_attr(feature = "serde", serde(with = "super::written::byte"))]
    assign: u8,
    signature: Cow<'static, str>,
}

impl Elements {
    /// Elements set apart by `separator`, keys and values by `assign`; signatures have the key
    /// `signature`. Spaces around an element do not count.
    #[must_use]
    pub const fn new(separator: u8, assign: u8, signature: &'static str) -> Self {
        Self { separator, assign, signature: Cow::Borrowed(signature) }
    }

    /// What stands between two elements.
    #[must_use]
    pub const fn separator(&self) -> u8 {
        self.separator
    }

    /// What stands between a key and its value.
    #[must_use]
    pub const fn assign(&self) -> u8 {
        self.assign
    }

    /// The key of signatures.
    #[must_use]
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// What stands after the key of signatures, if the value begins with it: the one signature, where
    /// there is one element. Of more than one it is no signature, for none holds a separator.
    pub(crate) fn alone<'a>(&self, value: &'a [u8]) -> Option<&'a [u8]> {
        let after = value.strip_prefix(self.signature.as_bytes())?;
        after.strip_prefix(&[self.assign])
    }

    /// Keys and values in turn; `None` for an element that is not of the shape.
    pub(crate) fn split<'a>(
        &self,
        value: &'a [u8],
    ) -> impl Iterator<Item = Option<(&'a [u8], &'a [u8])>> + use<'a> {
        let (separator, assign) = (self.separator, self.assign);
        let mut rest = Some(value);
        std::iter::from_fn(move || {
            let text = rest?;
            let end = memchr(separator, text).unwrap_or(text.len());
            let (element, after) = text.split_at_checked(end)?;
            rest = after.split_first().map(|(_, after)| after);
            Some(element.trim_ascii())
        })
        .map(move |element| {
            let place = element.iter().position(|byte| *byte == assign)?;
            let (key, value) = element.split_at_checked(place)?;
            Some((key, value.split_first()?.1))
        })
    }
}
