//! JSON, read strictly and in one pass ([RFC 8259]): no name twice in an object, bounded depth,
//! nothing copied.
//!
//! [RFC 8259]: https://www.rfc-editor.org/rfc/rfc8259

mod plain;
mod text;

use std::borrow::Cow;

use smallvec::SmallVec;

use self::plain::plain;
pub(crate) use self::text::Text;
use crate::{Policy, Rejection};

/// What is wrong with a text that should be JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A name is twice in one object.
    Duplicate,
    /// It is no JSON, or more of it than is read.
    Syntax,
}

impl From<Fault> for Rejection {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Duplicate => Self::DuplicateMember,
            Fault::Syntax => Self::Malformed,
        }
    }
}

/// A value, as far as a token's reader looks into it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    /// From bracket to bracket, and where it stands.
    Array(&'a str, usize),
    Bool,
    Null,
    Number(&'a str),
    Object,
    Text(Text<'a>),
}

/// Reads a text that is one object, and shows each of its members.
pub(crate) fn object<'a, E: From<Fault>>(
    json: &'a str,
    each: impl FnMut(&str, Value<'a>) -> Result<(), E>,
) -> Result<(), E> {
    let mut reader = Reader { json, at: 0 };
    reader.skip_blanks();
    reader.expect(b'{')?;
    reader.members(MAX_DEPTH, each)?;
    reader.end()?;
    Ok(())
}

/// Reads a text that is one array, and shows each of its elements.
pub(crate) fn array<'a, E: From<Fault>>(
    json: &'a str,
    each: impl FnMut(Value<'a>) -> Result<(), E>,
) -> Result<(), E> {
    let mut reader = Reader { json, at: 0 };
    reader.expect(b'[')?;
    reader.elements(MAX_DEPTH, each)?;
    reader.end()?;
    Ok(())
}

struct Reader<'a> {
    json: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn byte(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }

    const fn step(&mut self) {
        // Never past the length of a token, which is small.
        self.at = self.at.wrapping_add(1);
    }

    fn since(&self, start: usize) -> &'a str {
        self.json.get(start..self.at).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.byte() {
            self.step();
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        if self.byte() != Some(byte) {
            return Err(Fault::Syntax);
        }
        self.step();
        Ok(())
    }

    fn end(&mut self) -> Result<(), Fault> {
        self.skip_blanks();
        self.byte().map_or(Ok(()), |_| Err(Fault::Syntax))
    }

    /// The members of an object whose brace was read.
    fn members<E: From<Fault>>(
        &mut self,
        depth: u8,
        mut each: impl FnMut(&str, Value<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        let depth = depth.checked_sub(1).ok_or(Fault::Syntax)?;
        self.skip_blanks();
        if self.byte() == Some(b'}') {
            self.step();
            return Ok(());
        }
        let mut names = Names::default();
        loop {
            self.skip_blanks();
            self.expect(b'"')?;
            let name = self.text()?.plain();
            self.skip_blanks();
            self.expect(b':')?;
            self.skip_blanks();
            let value = self.value(depth)?;
            each(&name, value)?;
            names.add(name)?;
            if self.closes(b'}')? {
                return Ok(());
            }
        }
    }

    /// The elements of an array whose bracket was read.
    fn elements<E: From<Fault>>(
        &mut self,
        depth: u8,
        mut each: impl FnMut(Value<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        let depth = depth.checked_sub(1).ok_or(Fault::Syntax)?;
        self.skip_blanks();
        if self.byte() == Some(b']') {
            self.step();
            return Ok(());
        }
        loop {
            self.skip_blanks();
            each(self.value(depth)?)?;
            if self.closes(b']')? {
                return Ok(());
            }
        }
    }

    /// Whether the container ends here; if it does not, a comma was read.
    fn closes(&mut self, bracket: u8) -> Result<bool, Fault> {
        self.skip_blanks();
        let byte = self.byte();
        self.step();
        match byte {
            Some(b',') => Ok(false),
            Some(byte) if byte == bracket => Ok(true),
            _ => Err(Fault::Syntax),
        }
    }

    #[inline]
    fn value(&mut self, depth: u8) -> Result<Value<'a>, Fault> {
        match self.byte() {
            Some(b'"') => {
                self.step();
                self.text().map(Value::Text)
            }
            Some(b'-' | b'0'..=b'9') => self.number().map(Value::Number),
            _ => self.other(depth),
        }
    }

    /// A value that is neither text nor number.
    fn other(&mut self, depth: u8) -> Result<Value<'a>, Fault> {
        let start = self.at;
        match self.byte() {
            Some(b'{') => {
                self.step();
                self.members(depth, |_, _| Ok::<(), Fault>(()))?;
                Ok(Value::Object)
            }
            Some(b'[') => {
                self.step();
                self.elements(depth, |_| Ok::<(), Fault>(()))?;
                Ok(Value::Array(self.since(start), start))
            }
            _ => self.literal(),
        }
    }

    fn literal(&mut self) -> Result<Value<'a>, Fault> {
        let rest = self.json.as_bytes().get(self.at..).unwrap_or_default();
        let literals =
            [(&b"true"[..], Value::Bool), (b"false", Value::Bool), (b"null", Value::Null)];
        let found = literals.into_iter().find(|(literal, _)| rest.starts_with(literal));
        let (literal, value) = found.ok_or(Fault::Syntax)?;
        self.at = self.at.wrapping_add(literal.len());
        Ok(value)
    }

    /// RFC 8259 §6. One that no `f64` holds is none to other readers, and so it is none here.
    fn number(&mut self) -> Result<&'a str, Fault> {
        let start = self.at;
        let mut has_exponent = false;
        if self.byte() == Some(b'-') {
            self.step();
        }
        if self.byte() == Some(b'0') {
            self.step();
        } else {
            self.digits()?;
        }
        if self.byte() == Some(b'.') {
            self.step();
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            has_exponent = true;
            self.step();
            if let Some(b'+' | b'-') = self.byte() {
                self.step();
            }
            self.digits()?;
        }
        let number = self.since(start);
        let is_small = !has_exponent && number.len() <= SMALL_NUMBER;
        let is_one = is_small || number.parse().is_ok_and(f64::is_finite);
        is_one.then_some(number).ok_or(Fault::Syntax)
    }

    /// At least one.
    fn digits(&mut self) -> Result<(), Fault> {
        if !self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(Fault::Syntax);
        }
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.step();
        }
        Ok(())
    }

    /// The string whose opening quote was read, up to and with its closing one (RFC 8259 §7).
    // What is inlined comes in registers: so do texts and numbers, which are most of a token.
    #[inline]
    fn text(&mut self) -> Result<Text<'a>, Fault> {
        let at = self.at;
        let escaped = self.skip_text()?;
        let raw = self.since(at);
        self.step();
        Ok(Text { raw, at, escaped })
    }

    /// Goes to the closing quote, and says whether there are escapes before it.
    fn skip_text(&mut self) -> Result<bool, Fault> {
        let mut escaped = false;
        loop {
            let rest = self.json.as_bytes().get(self.at..).unwrap_or_default();
            self.at = self.at.wrapping_add(plain(rest));
            match self.byte() {
                Some(b'"') => return Ok(escaped),
                Some(b'\\') => {
                    escaped = true;
                    self.step();
                    self.escape()?;
                }
                _ => return Err(Fault::Syntax),
            }
        }
    }

    /// What follows a backslash. Half a pair of surrogates is no character.
    fn escape(&mut self) -> Result<(), Fault> {
        let byte = self.byte();
        self.step();
        match byte {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(()),
            Some(b'u') => match self.unit()? {
                0xd800..=0xdbff => {
                    self.expect(b'\\')?;
                    self.expect(b'u')?;
                    matches!(self.unit()?, 0xdc00..=0xdfff).then_some(()).ok_or(Fault::Syntax)
                }
                0xdc00..=0xdfff => Err(Fault::Syntax),
                _ => Ok(()),
            },
            _ => Err(Fault::Syntax),
        }
    }

    fn unit(&mut self) -> Result<u32, Fault> {
        let start = self.at;
        for _ in 0..4 {
            if !self.byte().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                return Err(Fault::Syntax);
            }
            self.step();
        }
        u32::from_str_radix(self.since(start), 16).map_err(|_| Fault::Syntax)
    }
}

/// The names of an object so far.
#[derive(Default)]
struct Names<'a> {
    names: SmallVec<[(u64, Cow<'a, str>); 16]>,
    /// One of 64 marks for each: a name whose mark is new need not be looked for.
    marks: u64,
}

impl<'a> Names<'a> {
    fn add(&mut self, name: Cow<'a, str>) -> Result<(), Fault> {
        let head = head(name.as_bytes());
        let mark = 1 << (head.wrapping_mul(SPREAD) >> 58);
        let is_here = |(other_head, other): &(_, _)| *other_head == head && *other == name;
        if self.marks & mark != 0 && self.names.iter().any(is_here) {
            return Err(Fault::Duplicate);
        }
        if self.names.len() >= Policy::MAX_MEMBERS {
            return Err(Fault::Syntax);
        }
        self.marks |= mark;
        self.names.push((head, name));
        Ok(())
    }
}

/// The first eight bytes as a number: two names that differ mostly differ there.
fn head(name: &[u8]) -> u64 {
    match name.first_chunk::<8>() {
        Some(chunk) => u64::from_be_bytes(*chunk),
        None => name.iter().fold(0, |head, byte| head << 8 | u64::from(*byte)),
    }
}

/// Of so few digits an `f64` holds any number that has no exponent.
const SMALL_NUMBER: usize = 300;

/// Brings what differs in a number to its highest bits: 2^64 over the golden ratio.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// How deep arrays and objects are read.
const MAX_DEPTH: u8 = 16;
