use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{
    BareItem, Dictionary, InnerList, Item, List, MAX_LENGTH, MAX_MEMBERS, Member, Parameters,
    StructuredError,
};

type Parsed<T> = Result<T, StructuredError>;

/// Reads from the front of a text, byte by byte, and never goes back.
pub(crate) struct Parser<'a> {
    length: usize,
    rest: &'a [u8],
    /// Whether a key that is there twice is an error.
    unique: bool,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Parsed<Self> {
        if text.len() > MAX_LENGTH {
            return Err(StructuredError { offset: MAX_LENGTH });
        }
        let mut parser = Self { length: text.len(), rest: text, unique: false };
        parser.skip_spaces();
        Ok(parser)
    }

    /// Refuses a key or a parameter that is there twice.
    pub(crate) const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    pub(crate) fn dictionary(mut self, most: usize) -> Parsed<Dictionary> {
        let mut members = Vec::new();
        while !self.rest.is_empty() {
            let key = self.key()?;
            let member = if self.eat(b'=') {
                self.member()?
            } else {
                let parameters = self.parameters()?;
                Member::Item(Item { value: BareItem::Boolean(true), parameters })
            };
            self.put(&mut members, key, member, most)?;
            if self.is_last()? {
                break;
            }
        }
        Ok(Dictionary(members))
    }

    pub(crate) fn list(mut self, most: usize) -> Parsed<List> {
        let mut members = Vec::new();
        while !self.rest.is_empty() {
            if members.len() >= most {
                return self.fail();
            }
            members.push(self.member()?);
            if self.is_last()? {
                break;
            }
        }
        Ok(List(members))
    }

    pub(crate) fn whole_item(mut self) -> Parsed<Item> {
        let item = self.item()?;
        self.skip_spaces();
        if self.rest.is_empty() { Ok(item) } else { self.fail() }
    }

    /// After a member: the end, or a comma that another member follows.
    fn is_last(&mut self) -> Parsed<bool> {
        let blank = self.take_while(|byte| matches!(byte, b' ' | b'\t'));
        if self.rest.is_empty() {
            // Spaces may end a field, tabs may not.
            return if blank.contains(&b'\t') { self.fail() } else { Ok(true) };
        }
        if !self.eat(b',') {
            return self.fail();
        }
        self.take_while(|byte| matches!(byte, b' ' | b'\t'));
        if self.rest.is_empty() { self.fail() } else { Ok(false) }
    }

    fn member(&mut self) -> Parsed<Member> {
        if self.eat(b'(') {
            Ok(Member::InnerList(self.inner_list()?))
        } else {
            Ok(Member::Item(self.item()?))
        }
    }

    fn inner_list(&mut self) -> Parsed<InnerList> {
        let mut items = Vec::new();
        loop {
            self.skip_spaces();
            if self.eat(b')') {
                return Ok(InnerList { items, parameters: self.parameters()? });
            }
            if items.len() >= MAX_MEMBERS {
                return self.fail();
            }
            items.push(self.item()?);
            if !matches!(self.rest.first(), Some(b' ' | b')')) {
                return self.fail();
            }
        }
    }

    fn item(&mut self) -> Parsed<Item> {
        Ok(Item { value: self.bare_item()?, parameters: self.parameters()? })
    }

    fn parameters(&mut self) -> Parsed<Parameters> {
        let mut parameters = Vec::new();
        while self.eat(b';') {
            self.skip_spaces();
            let key = self.key()?;
            let value = if self.eat(b'=') { self.bare_item()? } else { BareItem::Boolean(true) };
            self.put(&mut parameters, key, value, MAX_MEMBERS)?;
        }
        Ok(Parameters(parameters))
    }

    /// A key that is there already keeps its place and gets the new value.
    fn put<T>(
        &self,
        entries: &mut Vec<(String, T)>,
        key: String,
        value: T,
        most: usize,
    ) -> Parsed<()> {
        let full = entries.len() >= most;
        match entries.iter_mut().find(|(known, _)| *known == key) {
            Some(_) if self.unique => return self.fail(),
            Some((_, old)) => *old = value,
            None if full => return self.fail(),
            None => entries.push((key, value)),
        }
        Ok(())
    }

    fn key(&mut self) -> Parsed<String> {
        if !matches!(self.rest.first(), Some(b'a'..=b'z' | b'*')) {
            return self.fail();
        }
        let key = self.take_while(
            |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'*'),
        );
        self.text(key)
    }

    fn bare_item(&mut self) -> Parsed<BareItem> {
        match self.rest.first() {
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'"') => self.string(),
            Some(b'*' | b'a'..=b'z' | b'A'..=b'Z') => self.token(),
            Some(b':') => self.bytes(),
            Some(b'?') => self.boolean(),
            Some(b'@') => self.date(),
            Some(b'%') => self.display_string(),
            _ => self.fail(),
        }
    }

    fn number(&mut self) -> Parsed<BareItem> {
        let negative = self.eat(b'-');
        let whole = self.take_while(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 15 {
            return self.fail();
        }
        let sign = |value: i64| if negative { value.saturating_neg() } else { value };
        if !self.eat(b'.') {
            return Ok(BareItem::Integer(sign(value(whole))));
        }
        let fraction = self.take_while(|byte| byte.is_ascii_digit());
        let scale = match fraction.len() {
            1 => 100,
            2 => 10,
            3 => 1,
            _ => return self.fail(),
        };
        if whole.len() > 12 {
            return self.fail();
        }
        let thousandths = value(fraction).saturating_mul(scale);
        Ok(BareItem::Decimal(sign(value(whole).saturating_mul(1000).saturating_add(thousandths))))
    }

    fn date(&mut self) -> Parsed<BareItem> {
        self.eat(b'@');
        if !matches!(self.rest.first(), Some(b'-' | b'0'..=b'9')) {
            return self.fail();
        }
        match self.number()? {
            BareItem::Integer(seconds) => Ok(BareItem::Date(seconds)),
            _ => self.fail(),
        }
    }

    fn boolean(&mut self) -> Parsed<BareItem> {
        self.eat(b'?');
        match self.next() {
            Some(b'0') => Ok(BareItem::Boolean(false)),
            Some(b'1') => Ok(BareItem::Boolean(true)),
            _ => self.fail(),
        }
    }

    fn string(&mut self) -> Parsed<BareItem> {
        self.eat(b'"');
        let mut text = String::new();
        loop {
            match self.next() {
                Some(b'"') => return Ok(BareItem::String(text)),
                Some(b'\\') => match self.next() {
                    Some(escaped @ (b'"' | b'\\')) => text.push(char::from(escaped)),
                    _ => return self.fail(),
                },
                Some(byte @ b' '..=b'~') => text.push(char::from(byte)),
                _ => return self.fail(),
            }
        }
    }

    fn token(&mut self) -> Parsed<BareItem> {
        let token = self.take_while(|byte| {
            byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&byte)
        });
        Ok(BareItem::Token(self.text(token)?))
    }

    fn bytes(&mut self) -> Parsed<BareItem> {
        self.eat(b':');
        let encoded = self.take_while(|byte| byte != b':');
        match STANDARD.decode(encoded) {
            Ok(bytes) if self.eat(b':') => Ok(BareItem::Bytes(bytes)),
            _ => self.fail(),
        }
    }

    fn display_string(&mut self) -> Parsed<BareItem> {
        self.eat(b'%');
        if !self.eat(b'"') {
            return self.fail();
        }
        let mut bytes = Vec::new();
        loop {
            match self.next() {
                Some(b'"') => break,
                Some(b'%') => {
                    let digits = (self.next().and_then(digit), self.next().and_then(digit));
                    let (Some(high), Some(low)) = digits else { return self.fail() };
                    bytes.push((high << 4) | low);
                }
                Some(byte @ b' '..=b'~') => bytes.push(byte),
                _ => return self.fail(),
            }
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(BareItem::DisplayString(text)),
            Err(_) => self.fail(),
        }
    }

    fn text(&self, ascii: &[u8]) -> Parsed<String> {
        match str::from_utf8(ascii) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => self.fail(),
        }
    }

    fn next(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    fn eat(&mut self, wanted: u8) -> bool {
        match self.rest.strip_prefix(&[wanted]) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn take_while(&mut self, accept: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| !accept(*byte)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, &[]));
        self.rest = rest;
        taken
    }

    fn skip_spaces(&mut self) {
        self.take_while(|byte| byte == b' ');
    }

    fn fail<T>(&self) -> Parsed<T> {
        Err(StructuredError { offset: self.length.saturating_sub(self.rest.len()) })
    }
}

/// Of at most 15 digits, which overflow nothing.
fn value(digits: &[u8]) -> i64 {
    digits.iter().fold(0_i64, |value, digit| {
        value.saturating_mul(10).saturating_add(i64::from(digit & 0x0f))
    })
}

/// In lower case only.
const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte & 0x0f),
        b'a'..=b'f' => Some((byte & 0x0f).wrapping_add(9)),
        _ => None,
    }
}
