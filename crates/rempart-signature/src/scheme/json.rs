//! Finds a member of a JSON body without building the rest of it: one pass, no recursion.

use memchr::memchr2;

use super::{Member, Scheme};
use crate::Rejection;

/// The text of a member: what stands between the quotes of a string, or the characters of a number.
///
/// # Errors
///
/// [`Rejection::Missing`], [`Rejection::Duplicated`] if the member or one that it is in is there
/// twice, and [`Rejection::Malformed`] if the body is no JSON object as far as it is read, or the
/// text would need unescaping.
pub(crate) fn text_of<'a>(body: &'a [u8], member: &Member) -> Result<&'a [u8], Rejection> {
    let mut value = body;
    for name in member.names() {
        value = value_in(value, name.as_bytes())?;
    }
    let text = match value.split_first() {
        Some((b'"', _)) => Scanner { rest: value }.string().ok_or(Rejection::Malformed)?,
        Some((b'-' | b'0'..=b'9', _)) => value,
        _ => return Err(Rejection::Malformed),
    };
    if text.len() > Scheme::MAX_HEADER || text.contains(&b'\\') {
        return Err(Rejection::Malformed);
    }
    Ok(text)
}

/// The value of this name in an object, which must have it once.
fn value_in<'a>(object: &'a [u8], name: &[u8]) -> Result<&'a [u8], Rejection> {
    let mut scanner = Scanner { rest: object };
    let mut found = None;
    scanner.object(|key, value| {
        // A name in disguise may be the one that is asked for.
        if key.contains(&b'\\') {
            return Err(Rejection::Malformed);
        }
        if key == name && found.replace(value).is_some() {
            Err(Rejection::Duplicated)
        } else {
            Ok(())
        }
    })?;
    found.ok_or(Rejection::Missing)
}

struct Scanner<'a> {
    rest: &'a [u8],
}

impl<'a> Scanner<'a> {
    /// One object and nothing after it.
    fn object(
        &mut self,
        mut each: impl FnMut(&'a [u8], &'a [u8]) -> Result<(), Rejection>,
    ) -> Result<(), Rejection> {
        self.take(b'{')?;
        if self.peek() == Some(b'}') {
            self.take(b'}')?;
            return self.end();
        }
        loop {
            self.blanks();
            let key = self.string().ok_or(Rejection::Malformed)?;
            self.take(b':')?;
            let value = self.value().ok_or(Rejection::Malformed)?;
            each(key, value)?;
            if self.peek() == Some(b',') {
                self.take(b',')?;
            } else {
                self.take(b'}')?;
                return self.end();
            }
        }
    }

    fn blanks(&mut self) {
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let length = self.rest.iter().take_while(|byte| blank(byte)).count();
        self.rest = self.rest.get(length..).unwrap_or_default();
    }

    fn peek(&mut self) -> Option<u8> {
        self.blanks();
        self.rest.first().copied()
    }

    fn take(&mut self, byte: u8) -> Result<(), Rejection> {
        self.blanks();
        let rest = self.rest.strip_prefix(&[byte]).ok_or(Rejection::Malformed)?;
        self.rest = rest;
        Ok(())
    }

    fn end(&mut self) -> Result<(), Rejection> {
        self.peek().map_or(Ok(()), |_| Err(Rejection::Malformed))
    }

    /// What stands between two quotes, escapes as they are.
    fn string(&mut self) -> Option<&'a [u8]> {
        let text = self.rest.strip_prefix(b"\"")?;
        let mut length = 0_usize;
        loop {
            let from = text.get(length..)?;
            let offset = memchr2(b'"', b'\\', from)?;
            length = length.checked_add(offset)?;
            if text.get(length) == Some(&b'"') {
                self.rest = text.get(length.checked_add(1)?..)?;
                return text.get(..length);
            }
            // What is escaped is one byte at least, and never the end.
            length = length.checked_add(2)?;
        }
    }

    /// Any value, skipped: of an array or object only where it ends is looked at.
    fn value(&mut self) -> Option<&'a [u8]> {
        self.blanks();
        let from = self.rest;
        let mut depth = 0_usize;
        loop {
            match self.rest.split_first()? {
                (b'"', _) => _ = self.string()?,
                (b'{' | b'[', after) => {
                    depth = depth.checked_add(1)?;
                    self.rest = after;
                    continue;
                }
                (b'}' | b']', after) => {
                    depth = depth.checked_sub(1)?;
                    self.rest = after;
                }
                (b',' | b':' | b' ' | b'\t' | b'\n' | b'\r', after) if depth > 0 => {
                    self.rest = after;
                    continue;
                }
                _ => self.scalar()?,
            }
            if depth == 0 {
                let length = from.len().checked_sub(self.rest.len())?;
                return from.get(..length);
            }
        }
    }

    /// A number or one of the three words: anything that no other value begins with.
    fn scalar(&mut self) -> Option<()> {
        let scalar = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let length = self.rest.iter().take_while(|byte| scalar(byte)).count();
        self.rest = self.rest.get(length..)?;
        (length > 0).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(body: &str, path: &'static str) -> Result<String, Rejection> {
        let text = text_of(body.as_bytes(), &Member::new(path))?;
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
            (r#"{"\u0061":1}"#,                         "a",   Err(Malformed)),
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
    fn depth_costs_no_stack_and_a_text_is_bounded() {
        let deep = format!(r#"{{"b":{}1{},"a":1}}"#, "[".repeat(500_000), "]".repeat(500_000));
        assert_eq!(text(&deep, "a").as_deref(), Ok("1"));
        let long = |length: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(length));
        assert!(text(&long(Scheme::MAX_HEADER), "a").is_ok());
        assert_eq!(text(&long(Scheme::MAX_HEADER + 1), "a"), Err(Rejection::Malformed));
    }
}
