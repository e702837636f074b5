use std::borrow::Cow;
use std::fmt::{self, Write as _};

use super::scan;

/// A text as it is written, between its quotes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Text<'a>(&'a str);

impl<'a> Text<'a> {
    pub(super) const fn new(written: &'a str) -> Self {
        Self(written)
    }

    /// The text, if it is written without an escape.
    pub(crate) fn plain(self) -> Option<&'a str> {
        (!self.0.contains('\\')).then_some(self.0)
    }

    /// What it stands for.
    pub(crate) fn decoded(self) -> Cow<'a, str> {
        self.plain().map_or_else(|| Cow::Owned(self.chars().collect()), Cow::Borrowed)
    }

    /// Whether it stands for that.
    pub(crate) fn is(self, wanted: &str) -> bool {
        self.plain().map_or_else(|| self.chars().eq(wanted.chars()), |text| text == wanted)
    }

    /// Whether both stand for the same.
    pub(crate) fn same(self, other: Self) -> bool {
        match (self.plain(), other.plain()) {
            (Some(one), Some(other)) => one == other,
            _ => self.chars().eq(other.chars()),
        }
    }

    fn chars(self) -> impl Iterator<Item = char> + use<'a> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let mut chars = rest.chars();
            let first = chars.next()?;
            rest = chars.as_str();
            if first != '\\' {
                return Some(first);
            }
            let (character, length) = escaped(rest)?;
            rest = rest.get(length..)?;
            Some(character)
        })
    }
}

impl fmt::Display for Text<'_> {
    /// As it is written, with its quotes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

/// The character that an escape stands for, and how long it is after its backslash.
fn escaped(text: &str) -> Option<(char, usize)> {
    let short = |character| Some((character, 1));
    match *text.as_bytes().first()? {
        byte @ (b'"' | b'/' | b'\\') => short(char::from(byte)),
        b'b' => short('\u{8}'),
        b'f' => short('\u{c}'),
        b'n' => short('\n'),
        b'r' => short('\r'),
        b't' => short('\t'),
        _ => {
            let first = scan::unit(text)?;
            let second = text.get(6..).and_then(scan::unit);
            let pair = [first, second.unwrap_or_default()];
            let character = char::decode_utf16(pair).next()?.ok()?;
            Some((character, if character.len_utf16() == 2 { 11 } else { 5 }))
        }
    }
}

/// A text with its quotes, written so that it is read the same.
pub(crate) fn quoted(text: &str) -> String {
    let mut written = String::with_capacity(text.len().saturating_add(2));
    written.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => written.extend(['\\', character]),
            '\0'..' ' => {
                // Writing to a string cannot fail.
                let _ = write!(written, "\\u{:04x}", u32::from(character));
            }
            _ => written.push(character),
        }
    }
    written.push('"');
    written
}
