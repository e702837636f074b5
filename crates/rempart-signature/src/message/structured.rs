//! Structured fields ([RFC 9651], and [RFC 8941] before it), read strictly and written exactly.
//!
//! What is read is written back in the one form that the standard gives it, with every parameter
//! in its place, known or not: a signature covers that form.
//!
//! ```
//! use rempart_signature::structured::Dictionary;
//!
//! let read = Dictionary::parse(br#"sig1=("@method"  "host");created=1;x=?0,  a;b=1.50"#)?;
//! assert_eq!(read.to_string(), r#"sig1=("@method" "host");created=1;x=?0, a;b=1.5"#);
//! assert!(Dictionary::parse(b"a=1,").is_err());
//! # Ok::<(), rempart_signature::structured::StructuredError>(())
//! ```
//!
//! Stricter than the standard in two places: Base64 is canonical, and there are
//! [limits](MAX_LENGTH) on what is read.
//!
//! [RFC 9651]: https://www.rfc-editor.org/rfc/rfc9651
//! [RFC 8941]: https://www.rfc-editor.org/rfc/rfc8941

mod parse;
mod write;

use thiserror::Error;

pub(crate) use self::parse::Parser;

/// The longest field that is read, its lines joined: 16 KiB.
pub const MAX_LENGTH: usize = 16 * 1024;

/// The most members of a dictionary or list, items of an inner list, and parameters.
pub const MAX_MEMBERS: usize = 256;

/// A dictionary: keys and members, in the order in which they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dictionary(pub(crate) Vec<(String, Member)>);

impl Dictionary {
    /// Reads a dictionary; of members with one key the last one counts, in the place of the first.
    ///
    /// # Errors
    ///
    /// [`StructuredError`] with the place of what is wrong.
    pub fn parse(text: &[u8]) -> Result<Self, StructuredError> {
        Parser::new(text)?.dictionary(MAX_MEMBERS)
    }

    /// As [`parse`](Self::parse), with no key and no parameter twice, and few members.
    pub(crate) fn parse_unique(text: &[u8], most: usize) -> Result<Self, StructuredError> {
        Parser::new(text)?.unique().dictionary(most)
    }

    /// The member of this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Member> {
        self.iter().find_map(|(name, member)| (name == key).then_some(member))
    }

    /// Keys and members, in their order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Member)> {
        self.0.iter().map(|(key, member)| (key.as_str(), member))
    }
}

/// A list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List(pub(crate) Vec<Member>);

impl List {
    /// Reads a list.
    ///
    /// # Errors
    ///
    /// [`StructuredError`] with the place of what is wrong.
    pub fn parse(text: &[u8]) -> Result<Self, StructuredError> {
        Parser::new(text)?.list(MAX_MEMBERS)
    }

    /// The members, in their order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Member> {
        self.0.iter()
    }
}

/// A member of a dictionary or of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    /// Items in parentheses.
    InnerList(InnerList),
    /// One item.
    Item(Item),
}

/// Items in parentheses, with parameters of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InnerList {
    pub(crate) items: Vec<Item>,
    pub(crate) parameters: Parameters,
}

impl InnerList {
    /// The items, in their order.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// What is said of the whole list.
    #[must_use]
    pub const fn parameters(&self) -> &Parameters {
        &self.parameters
    }
}

/// A value and its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub(crate) value: BareItem,
    pub(crate) parameters: Parameters,
}

impl Item {
    /// Reads an item.
    ///
    /// # Errors
    ///
    /// [`StructuredError`] with the place of what is wrong.
    pub fn parse(text: &[u8]) -> Result<Self, StructuredError> {
        Parser::new(text)?.whole_item()
    }

    /// The value.
    #[must_use]
    pub const fn value(&self) -> &BareItem {
        &self.value
    }

    /// What is said of it.
    #[must_use]
    pub const fn parameters(&self) -> &Parameters {
        &self.parameters
    }
}

/// Parameters, in the order in which they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(pub(crate) Vec<(String, BareItem)>);

impl Parameters {
    /// The parameter of this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&BareItem> {
        self.iter().find_map(|(name, value)| (name == key).then_some(value))
    }

    /// Keys and values, in their order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &BareItem)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }
}

/// A value without parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BareItem {
    /// `?0` or `?1`.
    Boolean(bool),
    /// Base64 between colons.
    Bytes(Vec<u8>),
    /// `@` and seconds since the Unix epoch.
    Date(i64),
    /// A number with up to three digits after its point, in thousandths.
    Decimal(i64),
    /// Any text, percent-encoded.
    DisplayString(String),
    /// A whole number of up to 15 digits.
    Integer(i64),
    /// Printable ASCII between quotation marks.
    String(String),
    /// A word without quotation marks.
    Token(String),
}

/// What kind of structured field a field is: not written in it, and known by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldType {
    /// A [`Dictionary`].
    Dictionary,
    /// An [`Item`].
    Item,
    /// A [`List`].
    List,
}

impl FieldType {
    /// The field's one form.
    pub(crate) fn rewrite(self, text: &[u8]) -> Result<String, StructuredError> {
        Ok(match self {
            Self::Dictionary => Dictionary::parse(text)?.to_string(),
            Self::Item => Item::parse(text)?.to_string(),
            Self::List => List::parse(text)?.to_string(),
        })
    }

    /// Of fields that are registered as structured ones.
    pub(crate) fn registered(name: &str) -> Option<Self> {
        Some(match name {
            "accept-signature"
            | "cdn-cache-control"
            | "content-digest"
            | "priority"
            | "repr-digest"
            | "signature"
            | "signature-input"
            | "want-content-digest"
            | "want-repr-digest" => Self::Dictionary,
            "accept-ch" | "cache-status" | "client-cert-chain" | "proxy-status" => Self::List,
            "client-cert"
            | "cross-origin-embedder-policy"
            | "cross-origin-opener-policy"
            | "origin-agent-cluster"
            | "sec-fetch-dest"
            | "sec-fetch-mode"
            | "sec-fetch-site"
            | "sec-fetch-user" => Self::Item,
            _ => return None,
        })
    }
}

/// Why a text is no structured field.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("no structured field, from byte {offset} on")]
pub struct StructuredError {
    pub(crate) offset: usize,
}

impl StructuredError {
    /// Where reading ended.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

#[cfg(test)]
mod tests;
