use std::borrow::Cow;
use std::fmt;

use super::Scheme;
use crate::Rejection;
use crate::json::{self, Value};

/// Names a member of a JSON body: `webhookTimestamp`, or `signature.token` for one inside another.
///
/// ```
/// use rempart_signature::Member;
///
/// assert_eq!(Member::new("signature.token").to_string(), "signature.token");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member(Cow<'static, str>);

impl Member {
    /// How many names a path may have.
    pub const MAX_DEPTH: usize = 4;

    /// The member at the end of this path, whose names are set apart by dots.
    #[must_use]
    pub fn new(path: impl Into<Cow<'static, str>>) -> Self {
        Self(path.into())
    }

    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the member of a JSON body holds: the characters between the quotes of a text, or those
    /// of a number.
    ///
    /// # Errors
    ///
    /// [`Rejection::Missing`], [`Rejection::Duplicated`] if the member or one that it is in is there
    /// twice, and [`Rejection::Malformed`] if the body is no JSON object, or the text has escapes: what
    /// is signed is what is written.
    pub(crate) fn text_in<'a>(&self, body: &'a [u8]) -> Result<&'a [u8], Rejection> {
        let mut place = body;
        let mut found = None;
        for name in self.names() {
            if let Some(outer) = found.take() {
                let Value::Object(object) = outer else { return Err(Rejection::Malformed) };
                place = object.as_str().as_bytes();
            }
            json::each_member(place, |key, value| {
                let again = key.is(name) && found.replace(value).is_some();
                if again { Err(Rejection::Duplicated) } else { Ok(()) }
            })?;
            if found.is_none() {
                return Err(Rejection::Missing);
            }
        }
        let text = match found {
            Some(Value::Text(text)) => text.plain(),
            Some(Value::Number(number)) => Some(number),
            _ => None,
        };
        let text = text.filter(|text| text.len() <= Scheme::MAX_HEADER);
        text.map(str::as_bytes).ok_or(Rejection::Malformed)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }

    /// Whether it is a path of names that need no escape.
    pub(super) fn fits(&self) -> bool {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        self.names().count() <= Self::MAX_DEPTH
            && self.names().all(|name| !name.is_empty() && name.bytes().all(plain))
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(body: &str, path: &'static str) -> Result<String, Rejection> {
        let text = Member::new(path).text_in(body.as_bytes())?;
        Ok(String::from_utf8_lossy(text).into_owned())
    }

    #[test]
    fn finds_a_member_or_says_why_not() {
        use Rejection::{Duplicated, Malformed, Missing};
        #[rustfmt::skip]
        let rows: &[(&str, &str, Result<&str, Rejection>)] = &[
            (r#"{"a":1}"#,                              "a",   Ok("1")),
            (" {\t\"a\" :\n\"x\" }\r\n",                "a",   Ok("x")),
            (r#"{"b":{"a":2},"a":1}"#,                  "a",   Ok("1")),
            (r#"{"b":{"a":2},"a":1}"#,                  "b.a", Ok("2")),
            (r#"{"b":[{"a":2},"a",3],"a":-1}"#,         "a",   Ok("-1")),
            (r#"{"b":"\"a\":2,","a":1}"#,               "a",   Ok("1")),
            (r#"{"b":"\\","a":1}"#,                     "a",   Ok("1")),
            (r#"{"b":true,"c":null,"d":1.5e+3,"a":1}"#, "a",   Ok("1")),
            (r#"{"a":""}"#,                             "a",   Ok("")),
            ("{}",                                      "a",   Err(Missing)),
            (r#"{"A":1}"#,                              "a",   Err(Missing)),
            (r#"{"b":{"a":2}}"#,                        "a",   Err(Missing)),
            (r#"{"a":1,"a":1}"#,                        "a",   Err(Duplicated)),
            (r#"{"b":{"a":1},"b":{}}"#,                 "b.a", Err(Duplicated)),
            (r#"{"\u0061":1}"#,                         "a",   Ok("1")),
            (r#"{"\u0061":1,"a":1}"#,                   "a",   Err(Duplicated)),
            (r#"{"b":[1,],"a":1}"#,                     "a",   Err(Malformed)),
            (r#"{"b":[1}],"a":1}"#,                     "a",   Err(Malformed)),
            (r#"{"b":{"c":01},"a":1}"#,                 "a",   Err(Malformed)),
            (r#"{"a":"\u0031"}"#,                       "a",   Err(Malformed)),
            (r#"{"a":true}"#,                           "a",   Err(Malformed)),
            (r#"{"a":[1]}"#,                            "a",   Err(Malformed)),
            (r#"{"a":{}}"#,                             "a",   Err(Malformed)),
            (r#"{"b":1}"#,                              "b.a", Err(Malformed)),
            (r#"{"a":1"#,                               "a",   Err(Malformed)),
            (r#"{"a":1}}"#,                             "a",   Err(Malformed)),
            (r#"{"a":1},"#,                             "a",   Err(Malformed)),
            (r#"{"a":1,}"#,                             "a",   Err(Malformed)),
            (r#"{"a" 1}"#,                              "a",   Err(Malformed)),
            (r#"{"a":}"#,                               "a",   Err(Malformed)),
            ("{a:1}",                                    "a",   Err(Malformed)),
            (r#"{"a":"x}"#,                             "a",   Err(Malformed)),
            (r#"{"a":"x\"#,                             "a",   Err(Malformed)),
            (r#"[{"a":1}]"#,                            "a",   Err(Malformed)),
            ("a=1",                                     "a",   Err(Malformed)),
            ("",                                        "a",   Err(Malformed)),
        ];
        for (body, path, want) in rows {
            assert_eq!(text(body, path), want.map(str::to_owned), "{path} of {body}");
        }
    }

    #[test]
    fn depth_and_a_text_are_bounded() {
        let deep = |depth| format!(r#"{{"b":{}1{},"a":1}}"#, "[".repeat(depth), "]".repeat(depth));
        assert_eq!(text(&deep(128), "a").as_deref(), Ok("1"));
        assert_eq!(text(&deep(129), "a"), Err(Rejection::Malformed));
        assert_eq!(text(&deep(500_000), "a"), Err(Rejection::Malformed));
        let long = |length: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(length));
        assert!(text(&long(Scheme::MAX_HEADER), "a").is_ok());
        assert_eq!(text(&long(Scheme::MAX_HEADER + 1), "a"), Err(Rejection::Malformed));
    }
}
