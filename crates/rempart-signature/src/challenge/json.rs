//! A strict reader of [JSON], for texts of a few KiB in which a handful of members matter. It keeps
//! members that are there twice, so that their reader can refuse them.
//!
//! [JSON]: https://www.rfc-editor.org/rfc/rfc8259

use std::borrow::Cow;
use std::str::Chars;

/// How deep objects and arrays may be nested.
const DEPTH: u8 = 32;

/// An object, with every member as it came.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Object<'a>(Vec<(Cow<'a, str>, Value<'a>)>);

/// A value, as far as anybody asks.
#[derive(Debug, PartialEq)]
pub(super) enum Value<'a> {
    /// An array, `true`, `false` or `null`.
    Other,
    /// A number, as it is written.
    Number(&'a str),
    Object(Object<'a>),
    /// A text, unescaped.
    Text(Cow<'a, str>),
}

impl<'a> Object<'a> {
    /// Reads a text that is one object; `None` for any other.
    pub(super) fn parse(text: &'a [u8]) -> Option<Self> {
        let mut parser = Parser { rest: str::from_utf8(text).ok()? };
        parser.blank();
        let object = parser.object(DEPTH)?;
        parser.blank();
        parser.rest.is_empty().then_some(object)
    }

    /// Every value of this name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &Value<'a>> {
        self.0.iter().filter(move |(found, _)| found == name).map(|(_, value)| value)
    }

    /// The value of this name; `None` also for one that is there twice.
    pub(super) fn one(&self, name: &str) -> Option<&Value<'a>> {
        let mut values = self.all(name);
        values.next().filter(|_| values.next().is_none())
    }
}

impl<'a> Value<'a> {
    pub(super) fn is_text(&self, wanted: &str) -> bool {
        self.text().is_some_and(|text| text == wanted)
    }

    pub(super) const fn text(&self) -> Option<&Cow<'a, str>> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) const fn object(&self) -> Option<&Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn blank(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn take(&mut self, text: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }

    fn value(&mut self, depth: u8) -> Option<Value<'a>> {
        match self.rest.as_bytes().first()? {
            b'"' => self.text().map(Value::Text),
            b'{' => self.object(depth).map(Value::Object),
            b'[' => self.list(depth, "[", "]", |parser, depth| parser.value(depth).map(drop)),
            b't' => self.take("true").map(|()| Value::Other),
            b'f' => self.take("false").map(|()| Value::Other),
            b'n' => self.take("null").map(|()| Value::Other),
            _ => self.number().map(Value::Number),
        }
    }

    fn object(&mut self, depth: u8) -> Option<Object<'a>> {
        let mut members = Vec::new();
        self.list(depth, "{", "}", |parser, depth| {
            let name = parser.text()?;
            parser.blank();
            parser.take(":")?;
            parser.blank();
            members.push((name, parser.value(depth)?));
            Some(())
        })?;
        Some(Object(members))
    }

    /// What stands between brackets, separated by commas.
    fn list(
        &mut self,
        depth: u8,
        open: &str,
        close: &str,
        mut item: impl FnMut(&mut Self, u8) -> Option<()>,
    ) -> Option<Value<'a>> {
        let depth = depth.checked_sub(1)?;
        self.take(open)?;
        self.blank();
        if self.take(close).is_some() {
            return Some(Value::Other);
        }
        loop {
            item(self, depth)?;
            self.blank();
            if self.take(close).is_some() {
                return Some(Value::Other);
            }
            self.take(",")?;
            self.blank();
        }
    }

    fn text(&mut self) -> Option<Cow<'a, str>> {
        let inner = self.rest.strip_prefix('"')?;
        let plain = inner.find(|c| matches!(c, '"' | '\\') || c < ' ')?;
        let (plain, rest) = inner.split_at_checked(plain)?;
        if let Some(rest) = rest.strip_prefix('"') {
            self.rest = rest;
            return Some(Cow::Borrowed(plain));
        }
        let mut text = plain.to_owned();
        let mut chars = rest.chars();
        loop {
            match chars.next()? {
                '"' => break,
                '\\' => text.push(escaped(&mut chars)?),
                c if c < ' ' => return None,
                c => text.push(c),
            }
        }
        self.rest = chars.as_str();
        Some(Cow::Owned(text))
    }

    fn number(&mut self) -> Option<&'a str> {
        let whole = self.rest;
        let rest = whole.strip_prefix('-').unwrap_or(whole);
        let rest = rest.strip_prefix('0').or_else(|| digits(rest))?;
        let rest = match rest.strip_prefix('.') {
            Some(fraction) => digits(fraction)?,
            None => rest,
        };
        let rest = match rest.strip_prefix(['e', 'E']) {
            Some(exponent) => digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))?,
            None => rest,
        };
        self.rest = rest;
        whole.get(..whole.len().checked_sub(rest.len())?)
    }
}

/// What follows the digits; `None` if there is no digit.
fn digits(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < text.len()).then_some(rest)
}

/// The character that an escape sequence stands for, after its backslash.
fn escaped(chars: &mut Chars<'_>) -> Option<char> {
    Some(match chars.next()? {
        c @ ('"' | '/' | '\\') => c,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let first = unit(chars)?;
            if !(0xd800..0xdc00).contains(&first) {
                return char::from_u32(first.into());
            }
            let second = (chars.next()? == '\\' && chars.next()? == 'u').then(|| unit(chars));
            char::decode_utf16([first, second??]).next()?.ok()?
        }
        _ => return None,
    })
}

/// Four hexadecimal digits.
fn unit(chars: &mut Chars<'_>) -> Option<u16> {
    (0..4).try_fold(0_u16, |unit, _| {
        let digit = chars.next()?.to_digit(16)?;
        unit.checked_mul(16)?.checked_add(u16::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Members as they came, the names and the texts alone.
    fn told(value: &Value<'_>) -> String {
        match value {
            Value::Number(number) => (*number).to_owned(),
            Value::Object(Object(members)) => {
                let member =
                    |(name, value): &(Cow<'_, str>, Value<'_>)| format!("{name:?}:{}", told(value));
                format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
            }
            Value::Other => "_".to_owned(),
            Value::Text(text) => format!("{text:?}"),
        }
    }

    fn read(text: &[u8]) -> Option<String> {
        Object::parse(text).map(|object| told(&Value::Object(object)))
    }

    #[test]
    fn reads_what_the_grammar_allows() {
        #[rustfmt::skip]
        let rows = [
            ("{}",                                  "{}"),
            (" \t\r\n{ } \n",                       "{}"),
            (r#"{"a":"b"}"#,                        r#"{"a":"b"}"#),
            (r#"{"a":"b","a":"c"}"#,                r#"{"a":"b","a":"c"}"#),
            (r#"{ "a" : { "b" : 1 } , "c" : [ ] }"#, r#"{"a":{"b":1},"c":_}"#),
            (r#"{"a":[1,[true],{"b":null}],"c":false}"#, r#"{"a":_,"c":_}"#),
            (r#"{"":-0.5e+10}"#,                    r#"{"":-0.5e+10}"#),
            (r#"{"a":"\u0041\n\/\"\\"}"#,           r#"{"a":"A\n/\"\\"}"#),
            (r#"{"t\u0079pe":"\ud83d\ude00é"}"#,    r#"{"type":"😀é"}"#),
        ];
        for (text, wanted) in rows {
            assert_eq!(read(text.as_bytes()).as_deref(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn refuses_what_the_grammar_does_not() {
        #[rustfmt::skip]
        let rows = [
            "", " ", "1", "[]", r#""a""#, "null",
            "{", "{}}", "{} {}", "{,}", r#"{"a"}"#, r#"{"a":}"#, r#"{"a":1,}"#, r#"{"a":1 "b":2}"#,
            r"{a:1}", r"{'a':1}", r#"{"a":'b'}"#, r#"{"a":01}"#, r#"{"a":+1}"#, r#"{"a":.5}"#,
            r#"{"a":1.}"#, r#"{"a":1e}"#, r#"{"a":-}"#, r#"{"a":NaN}"#, r#"{"a":tru}"#,
            r#"{"a":[1,]}"#, r#"{"a":[1}"#, "{\"a\":\"\n\"}", r#"{"a":"\x41"}"#, r#"{"a":"\u00"}"#,
            r#"{"a":"\ud83d"}"#, r#"{"a":"\ude00\ud83d"}"#, r#"{"a":"\ud83dx"}"#, r#"{"a":"b"#,
            "{\"a\":\u{a0}1}", "\u{feff}{}", r#"{"a":1}//"#, r#"{"a":1/**/}"#,
        ];
        for text in rows {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
        assert_eq!(read(b"{\"a\":\"\xff\"}"), None, "no UTF-8");
        assert_eq!(read(b"{\"a\":\"\xed\xa0\x80\"}"), None, "a surrogate in UTF-8");
    }

    #[test]
    fn is_bounded_in_depth() {
        let nested =
            |depth: usize| format!("{{\"a\":{}1{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(nested(31).as_bytes()).is_some());
        assert!(read(nested(32).as_bytes()).is_none());
        assert!(read("{\"a\":".repeat(100_000).as_bytes()).is_none());
        assert!(read(format!("{{\"a\":{}", "[".repeat(100_000)).as_bytes()).is_none());
    }

    #[test]
    fn a_member_that_is_there_twice_is_no_member() {
        let object = Object::parse(br#"{"a":1,"b":2,"a":1}"#).unwrap();
        assert_eq!((object.one("a"), object.all("a").count()), (None, 2));
        assert_eq!(object.one("b"), Some(&Value::Number("2")));
        assert_eq!(object.one("c"), None);
    }

    /// Texts that are nearly JSON: made of its own pieces.
    fn nearly_json() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"",
            "\"a\"",
            "\"b\":",
            "\"\\u00e9\"",
            "\\",
            "\\u",
            "1",
            "0",
            "-",
            ".",
            "e",
            "true",
            "null",
            " ",
            "\n",
            "é",
            "\"c\":{",
            "\"d\":[",
        ]);
        prop::collection::vec(piece, 0..12).prop_map(|pieces| format!("{{{}}}", pieces.concat()))
    }

    proptest! {
        #[test]
        fn reads_what_serde_reads(text in nearly_json()) {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            let ours = Object::parse(text.as_bytes());
            prop_assert_eq!(ours.is_some(), theirs.is_ok(), "{}", text);
            let (Some(ours), Ok(theirs)) = (ours, theirs) else { return Ok(()) };
            for (name, value) in theirs.as_object().unwrap() {
                // Of members that are there twice theirs keeps the last.
                let last = ours.all(name).last().unwrap();
                prop_assert_eq!(last.text().map(AsRef::as_ref), value.as_str());
            }
        }

        #[test]
        fn never_panics(text in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = Object::parse(&text);
        }
    }
}
