//! A strict reader of [JSON], for texts in which a handful of members matter: it builds nothing, what
//! it finds are pieces of the text.
//!
//! Members that are there twice are all given, so that their reader can refuse them. Names and texts
//! are compared as what they stand for: an escape hides nothing.
//!
//! [JSON]: https://www.rfc-editor.org/rfc/rfc8259

mod scan;
#[cfg(test)]
mod tests;
mod text;

use std::fmt;

use smallvec::SmallVec;

pub(crate) use self::text::{Text, quoted};
use crate::Rejection;

/// A value, as far as anybody asks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Array(Array<'a>),
    /// A number, as it is written.
    Number(&'a str),
    Object(Object<'a>),
    /// `true`, `false` or `null`, as it is written.
    Other(&'a str),
    Text(Text<'a>),
}

/// An object: its text from brace to brace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Object<'a>(&'a str);

/// An array: its text from bracket to bracket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Array<'a>(&'a str);

/// The members of a small object, none of them twice.
#[derive(Clone, Debug)]
pub(crate) struct Distinct<'a>(SmallVec<[(Text<'a>, Value<'a>); 12]>);

/// Gives each member of a text that is one object, and looks at all of it once.
///
/// # Errors
///
/// [`Rejection::Malformed`] for any other text, and what `each` says.
pub(crate) fn each_member<'a>(
    text: &'a [u8],
    mut each: impl FnMut(Text<'a>, Value<'a>) -> Result<(), Rejection>,
) -> Result<(), Rejection> {
    let text = str::from_utf8(text).map_err(|_| Rejection::Malformed)?;
    let mut members = Members::of(scan::blank(text)).ok_or(Rejection::Malformed)?;
    for member in members.by_ref() {
        let (name, value) = member.map_err(|NoJson| Rejection::Malformed)?;
        each(name, value)?;
    }
    if scan::blank(members.rest).is_empty() { Ok(()) } else { Err(Rejection::Malformed) }
}

impl<'a> Object<'a> {
    /// Reads a text that is one object; `None` for any other.
    pub(crate) fn parse(text: &'a [u8]) -> Option<Self> {
        each_member(text, |_, _| Ok(())).ok()?;
        Some(Self(str::from_utf8(text).ok()?.trim_matches(scan::BLANKS)))
    }

    pub(crate) fn members(self) -> impl Iterator<Item = (Text<'a>, Value<'a>)> {
        Members::of(self.0).into_iter().flatten().flatten()
    }

    /// Every value of this name.
    pub(crate) fn all(self, name: &str) -> impl Iterator<Item = Value<'a>> {
        self.members().filter(move |(found, _)| found.is(name)).map(|(_, value)| value)
    }

    /// The value of this name; `None` also for one that is there twice.
    pub(crate) fn one(self, name: &str) -> Option<Value<'a>> {
        self.only(name).ok().flatten()
    }

    /// The value of this name, if there is one.
    ///
    /// # Errors
    ///
    /// [`Rejection::Duplicated`] if it is there twice.
    pub(crate) fn only(self, name: &str) -> Result<Option<Value<'a>>, Rejection> {
        let mut values = self.all(name);
        let value = values.next();
        if values.next().is_some() { Err(Rejection::Duplicated) } else { Ok(value) }
    }

    /// From brace to brace.
    pub(crate) const fn as_str(self) -> &'a str {
        self.0
    }
}

impl<'a> Array<'a> {
    pub(crate) fn items(self) -> impl Iterator<Item = Value<'a>> {
        let mut rest = scan::blank(self.0.get(1..).unwrap_or_default());
        std::iter::from_fn(move || {
            let (value, after) = Value::read(rest)?;
            let after = scan::blank(after);
            rest = after.strip_prefix(',').map_or(after, scan::blank);
            Some(value)
        })
    }
}

impl<'a> Distinct<'a> {
    /// Reads a text that is one object of at most so many members.
    ///
    /// # Errors
    ///
    /// [`Rejection::Malformed`] for any other, and [`Rejection::Duplicated`] if a name is there twice.
    pub(crate) fn read(text: &'a [u8], most: usize) -> Result<Self, Rejection> {
        let mut members = SmallVec::<[(Text<'a>, Value<'a>); 12]>::new();
        each_member(text, |name, value| {
            if members.iter().any(|(other, _)| other.same(name)) {
                return Err(Rejection::Duplicated);
            }
            if members.len() >= most {
                return Err(Rejection::Malformed);
            }
            members.push((name, value));
            Ok(())
        })?;
        Ok(Self(members))
    }

    pub(crate) fn get(&self, name: &str) -> Option<Value<'a>> {
        self.0.iter().find_map(|(found, value)| found.is(name).then_some(*value))
    }
}

impl<'a> Value<'a> {
    /// The value that a text begins with, and what follows it.
    fn read(text: &'a str) -> Option<(Self, &'a str)> {
        let rest = scan::value(text)?;
        let value = text.get(..text.len().checked_sub(rest.len())?)?;
        let value = match *value.as_bytes().first()? {
            b'"' => Self::Text(Text::new(scan::string(value)?.0)),
            b'{' => Self::Object(Object(value)),
            b'[' => Self::Array(Array(value)),
            b't' | b'f' | b'n' => Self::Other(value),
            _ => Self::Number(value),
        };
        Some((value, rest))
    }

    pub(crate) fn is_text(self, wanted: &str) -> bool {
        self.text().is_some_and(|text| text.is(wanted))
    }

    pub(crate) const fn text(self) -> Option<Text<'a>> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) const fn object(self) -> Option<Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }
}

impl fmt::Display for Value<'_> {
    /// As it is written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Array(Array(text))
            | Self::Number(text)
            | Self::Object(Object(text))
            | Self::Other(text) => f.write_str(text),
            Self::Text(text) => write!(f, "{text}"),
        }
    }
}

/// The members of an object in turn; an error in the place of what is none, and nothing after it.
struct Members<'a> {
    rest: &'a str,
    place: Place,
}

#[derive(Clone, Copy)]
enum Place {
    /// After the brace.
    First,
    /// After a member.
    Later,
    End,
}

/// The text is no JSON.
struct NoJson;

impl<'a> Members<'a> {
    /// Of the object that a text begins with.
    fn of(text: &'a str) -> Option<Self> {
        let rest = scan::blank(text.strip_prefix('{')?);
        Some(Self { rest, place: Place::First })
    }

    /// Whether another member is to come: where it begins, unless the object ends.
    fn begin(&self) -> Option<&'a str> {
        match self.place {
            Place::First => Some(self.rest).filter(|rest| !rest.starts_with('}')),
            Place::Later => self.rest.strip_prefix(',').map(scan::blank),
            Place::End => None,
        }
    }

    fn read(&mut self, text: &'a str) -> Option<(Text<'a>, Value<'a>)> {
        let (name, rest) = scan::string(text)?;
        let (value, rest) = Value::read(scan::colon(rest)?)?;
        self.rest = scan::blank(rest);
        Some((Text::new(name), value))
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Result<(Text<'a>, Value<'a>), NoJson>;

    fn next(&mut self) -> Option<Self::Item> {
        if matches!(self.place, Place::End) {
            return None;
        }
        let begin = self.begin();
        self.place = Place::End;
        let Some(text) = begin else {
            let end = self.rest.strip_prefix('}');
            self.rest = end.unwrap_or_default();
            return end.is_none().then_some(Err(NoJson));
        };
        let Some(member) = self.read(text) else { return Some(Err(NoJson)) };
        self.place = Place::Later;
        Some(Ok(member))
    }
}
