/// Reads the text at `path` of an object in JSON, such as `["token", "tag"]`.
///
/// `None` where no text stands there, and where another reader might see another one: the input is
/// not JSON to the letter ([RFC 8259]), an object on the path has the name twice, or values stand
/// more than [`MAX_DEPTH`] deep.
///
/// [RFC 8259]: https://www.rfc-editor.org/rfc/rfc8259
pub(super) fn text_at<'a>(json: &'a str, path: &[&str]) -> Option<Text<'a>> {
    let mut scan = Scan { rest: json };
    let text = scan.value(Some(path), MAX_DEPTH).ok()?;
    scan.blanks();
    text.filter(|_| scan.rest.is_empty())
}

/// A text between its quotation marks, escapes and all.
#[derive(Clone, Copy)]
pub(super) struct Text<'a>(&'a str);

impl Text<'_> {
    /// Whether it is this text, once its escapes are read.
    pub(super) fn is(self, wanted: &str) -> bool {
        let mut rest = self.0;
        let read = std::iter::from_fn(|| {
            let (c, after) = if rest.starts_with('\\') { escape(rest)? } else { plain(rest)? };
            rest = after;
            Some(c)
        });
        read.eq(wanted.chars())
    }
}

/// The input is not JSON, or says something twice.
struct Refused;

struct Scan<'a> {
    rest: &'a str,
}

impl<'a> Scan<'a> {
    /// Reads one value to its end, and hands out the text at `path` in it.
    fn value(&mut self, path: Option<&[&str]>, depth: u8) -> Result<Option<Text<'a>>, Refused> {
        let depth = depth.checked_sub(1).ok_or(Refused)?;
        self.blanks();
        match self.rest.as_bytes().first() {
            Some(b'{') => self.object(path.and_then(<[_]>::split_first), depth),
            Some(b'[') => self.array(depth).map(|()| None),
            Some(b'"') => {
                let text = self.text()?;
                Ok(path.is_some_and(<[_]>::is_empty).then_some(text))
            }
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| None),
            _ => {
                let word = ["true", "false", "null"].iter().any(|word| self.takes(word));
                if word { Ok(None) } else { Err(Refused) }
            }
        }
    }

    fn object(
        &mut self,
        wanted: Option<(&&str, &[&str])>,
        depth: u8,
    ) -> Result<Option<Text<'a>>, Refused> {
        self.needs("{")?;
        let mut found = None;
        if self.takes("}") {
            return Ok(found);
        }
        let mut seen = false;
        loop {
            self.blanks();
            let name = self.text()?;
            self.needs(":")?;
            let path = wanted.and_then(|(first, rest)| name.is(first).then_some(rest));
            if path.is_some() && std::mem::replace(&mut seen, true) {
                return Err(Refused);
            }
            found = found.or(self.value(path, depth)?);
            if self.takes("}") {
                return Ok(found);
            }
            self.needs(",")?;
        }
    }

    fn array(&mut self, depth: u8) -> Result<(), Refused> {
        self.needs("[")?;
        if self.takes("]") {
            return Ok(());
        }
        loop {
            self.value(None, depth)?;
            if self.takes("]") {
                return Ok(());
            }
            self.needs(",")?;
        }
    }

    fn text(&mut self) -> Result<Text<'a>, Refused> {
        let inner = self.rest.strip_prefix('"').ok_or(Refused)?;
        let mut rest = inner;
        loop {
            let stop = rest.find(|c: char| matches!(c, '"' | '\\' | '\0'..'\x20'));
            let (_, special) = stop.and_then(|at| rest.split_at_checked(at)).ok_or(Refused)?;
            if let Some(after) = special.strip_prefix('"') {
                self.rest = after;
                return inner.strip_suffix(special).map(Text).ok_or(Refused);
            }
            // A control character is no escape either.
            (_, rest) = escape(special).ok_or(Refused)?;
        }
    }

    fn number(&mut self) -> Result<(), Refused> {
        self.rest = self.rest.strip_prefix('-').unwrap_or(self.rest);
        if let Some(rest) = self.rest.strip_prefix('0') {
            self.rest = rest;
        } else {
            self.digits()?;
        }
        if let Some(rest) = self.rest.strip_prefix('.') {
            self.rest = rest;
            self.digits()?;
        }
        if let Some(rest) = self.rest.strip_prefix(['e', 'E']) {
            self.rest = rest.strip_prefix(['+', '-']).unwrap_or(rest);
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Refused> {
        let rest = self.rest.trim_start_matches(|c: char| c.is_ascii_digit());
        if rest.len() == self.rest.len() {
            return Err(Refused);
        }
        self.rest = rest;
        Ok(())
    }

    fn needs(&mut self, token: &str) -> Result<(), Refused> {
        if self.takes(token) { Ok(()) } else { Err(Refused) }
    }

    fn takes(&mut self, token: &str) -> bool {
        self.blanks();
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }
}

fn plain(text: &str) -> Option<(char, &str)> {
    let mut chars = text.chars();
    Some((chars.next()?, chars.as_str()))
}

/// Reads an escape, and returns the text after it.
fn escape(text: &str) -> Option<(char, &str)> {
    let (escaped, rest) = plain(text.strip_prefix('\\')?)?;
    let c = match escaped {
        '"' | '\\' | '/' => escaped,
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return unicode(rest),
        _ => return None,
    };
    Some((c, rest))
}

/// Reads the digits of `\u`; half of a surrogate pair is no character.
fn unicode(text: &str) -> Option<(char, &str)> {
    let (first, rest) = unit(text)?;
    if let Some(c) = char::from_u32(first.into()) {
        return Some((c, rest));
    }
    let (second, rest) = unit(rest.strip_prefix("\\u")?)?;
    let c = char::decode_utf16([first, second]).next()?.ok()?;
    Some((c, rest))
}

fn unit(text: &str) -> Option<(u16, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    // Of themselves, the digits of a number may begin with `+`.
    let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let unit = u16::from_str_radix(digits, 16).ok()?;
    hex.then_some((unit, rest))
}

/// Deeper than any token that is issued, and shallow enough for any stack.
const MAX_DEPTH: u8 = 16;
