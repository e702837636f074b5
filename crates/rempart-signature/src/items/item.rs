use std::borrow::Cow;

use smallvec::SmallVec;

use super::{ItemSignatures, SignedItem};
use crate::json::{Array, Object, Text, Value};
use crate::key::Tag;
use crate::{Algorithm, Rejection};

/// A field that is signed: where it stands in an item, and what it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// Its name, after that of the object that it is in.
    pub(super) path: &'static str,
    kind: Kind,
    required: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A text without the separator.
    Code,
    /// `true` or `false`, as a text.
    Flag,
    /// A whole number.
    Number,
    /// Any text: only one field of an item may be one.
    Text,
}

const fn required(path: &'static str, kind: Kind) -> Field {
    Field { path, kind, required: true }
}

const fn optional(path: &'static str, kind: Kind) -> Field {
    Field { path, kind, required: false }
}

pub(super) const ADYEN: &[Field] = &[
    required("pspReference", Kind::Code),
    optional("originalReference", Kind::Code),
    required("merchantAccountCode", Kind::Code),
    optional("merchantReference", Kind::Text),
    optional("amount.value", Kind::Number),
    optional("amount.currency", Kind::Code),
    required("eventCode", Kind::Code),
    required("success", Kind::Flag),
];

impl ItemSignatures {
    /// The items of a body.
    pub(super) fn items<'a>(&self, body: Object<'a>) -> Result<Array<'a>, Rejection> {
        match body.only(self.items)? {
            None => Err(Rejection::Missing),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(Rejection::Malformed),
        }
    }

    /// The item in one place of the array.
    pub(super) fn item<'a>(&self, place: Value<'a>) -> Result<Object<'a>, Rejection> {
        let place = place.object().ok_or(Rejection::Malformed)?;
        inner(place, self.item)?.ok_or(Rejection::Missing)
    }

    /// What is to be signed of an item, by whomever.
    pub(super) fn read(&self, item: Object<'_>) -> Result<SignedItem, Rejection> {
        let read = |field: &Field| Ok((field.path, field.read(item, self.separator)?));
        let values: SmallVec<[_; ADYEN.len()]> =
            self.fields.iter().map(read).collect::<Result<_, Rejection>>()?;
        Ok(SignedItem::new(&values, self.separator))
    }

    /// The signature of an item, which says nothing yet.
    pub(super) fn signature(&self, item: Object<'_>) -> Result<Tag, Rejection> {
        let [outer, name] = self.signature;
        let place = inner(item, outer)?.ok_or(Rejection::Missing)?;
        let text = place.only(name)?.ok_or(Rejection::Missing)?;
        // Base64 in which a slash may be written with its escape.
        let text = text.text().ok_or(Rejection::Malformed)?.decoded();
        let tag = Self::ENCODING.decode(text.as_bytes(), Algorithm::HmacSha256);
        tag.ok_or(Rejection::Malformed)
    }
}

impl Field {
    fn read<'a>(
        &self,
        item: Object<'a>,
        separator: char,
    ) -> Result<Option<Cow<'a, str>>, Rejection> {
        let value = match self.path.split_once('.') {
            None => item.only(self.path)?,
            Some((outer, name)) => match inner(item, outer)? {
                Some(outer) => outer.only(name)?,
                None => None,
            },
        };
        let Some(value) = value else {
            return if self.required { Err(Rejection::Missing) } else { Ok(None) };
        };
        let text = match (self.kind, value) {
            (Kind::Number, Value::Number(digits)) => {
                let number = digits.parse::<i64>().ok().filter(|_| digits != "-0");
                number.map(|_| Cow::Borrowed(digits))
            }
            (Kind::Number, _) => None,
            (kind, value) => value.text().map(Text::decoded).filter(|text| match kind {
                Kind::Code => !text.contains(separator) && (!self.required || !text.is_empty()),
                Kind::Flag => matches!(&**text, "true" | "false"),
                Kind::Number | Kind::Text => true,
            }),
        };
        text.ok_or(Rejection::Malformed).map(Some)
    }
}

/// The object of this name in another, if there is one.
fn inner<'a>(outer: Object<'a>, name: &str) -> Result<Option<Object<'a>>, Rejection> {
    match outer.only(name)? {
        None => Ok(None),
        Some(value) => value.object().map(Some).ok_or(Rejection::Malformed),
    }
}
