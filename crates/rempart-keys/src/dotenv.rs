//! Reads the project's own strict dialect of `.env` files.
//!
//! Nothing is substituted and nothing is run: a `$` is a `$`. Where the common dialects disagree
//! about what a line means, the line is a fault and says so, instead of a secret that differs from
//! the one that was meant.
//!
//! | text | value |
//! |---|---|
//! | `NAME=value` | from the `=` to the end of the line; no blank before or after the `=` |
//! | `export NAME=value` | the same |
//! | `NAME='value'` | literally, up to the next `'` |
//! | `NAME="value"` | with the escapes `\\`, `\"`, `\$`, `\n`, `\r`, `\t` and no others |
//! | `NAME=` | empty |
//! | `# text` | a comment; also after a value and a blank |
//!
//! A name is `[A-Za-z_][A-Za-z0-9_]*` and stands once in a file. A value without quotes holds no
//! blank and no quotation mark or backtick; a backslash in it is a backslash. No value spans lines. Lines end
//! in LF or CRLF, the last one may have no end. The file is UTF-8; a byte order mark before the
//! first line is skipped. Control characters but the tab are faults everywhere.

use std::collections::BTreeSet;
use std::fmt;

use rempart_core::{ConfigErrors, Faults};
use thiserror::Error;
use zeroize::Zeroizing;

/// Reads a file's bytes.
///
/// ```
/// use rempart_keys::dotenv;
///
/// # fn main() -> Result<(), rempart_core::ConfigErrors<dotenv::ParseError>> {
/// let entries = dotenv::parse(b"PRICE='$5 for two' # no shell here\n")?;
/// assert_eq!(entries[0].name(), "PRICE");
/// assert_eq!(entries[0].expose(), b"$5 for two");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// One [`ParseError`] for each line that is not of the dialect.
pub fn parse(input: &[u8]) -> Result<Vec<Entry<'_>>, ConfigErrors<ParseError>> {
    let mut faults = Faults::new();
    let mut entries = Vec::new();
    let mut names = BTreeSet::new();
    let mut rest = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
    let mut number = 0_usize;
    while !rest.is_empty() {
        let begins = input.len().saturating_sub(rest.len());
        let end = rest.iter().position(|byte| *byte == b'\n');
        let (line, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after.get(1..).unwrap_or_default();
        number = number.saturating_add(1);
        let line = if end.is_some() { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
        let entry = read_line(line).and_then(|entry| match entry {
            Some((name, _)) if !names.insert(name) => Err((0, DotenvFault::Duplicate)),
            other => Ok(other),
        });
        let entry = entry.map_err(|(within, fault)| ParseError {
            line: number,
            offset: begins.saturating_add(within),
            fault,
        });
        if let Some(Some((name, value))) = faults.take(entry) {
            entries.push(Entry { name, value, line: number });
        }
    }
    faults.finish()?;
    Ok(entries)
}

/// What was read and the text after it, or the text from where the fault stands.
type Read<'a, T> = Result<(T, &'a str), (&'a str, DotenvFault)>;
type Value = Zeroizing<Vec<u8>>;

fn read_line(line: &[u8]) -> Result<Option<(&str, Value)>, (usize, DotenvFault)> {
    let text = str::from_utf8(line).map_err(|bad| (bad.valid_up_to(), DotenvFault::NotUtf8))?;
    let control = |byte: u8| byte != b'\t' && byte.is_ascii_control();
    if let Some(offset) = text.bytes().position(control) {
        return Err((offset, DotenvFault::ControlCharacter));
    }
    let rest = text.trim_start_matches(BLANKS);
    if rest.is_empty() || rest.starts_with('#') {
        return Ok(None);
    }
    let located = |(from, fault): (&str, _)| (text.len().saturating_sub(from.len()), fault);
    let exported = rest.strip_prefix("export").filter(|rest| rest.starts_with(BLANKS));
    let rest = exported.map_or(rest, |rest| rest.trim_start_matches(BLANKS));
    let (name, rest) = read_name(rest).map_err(located)?;
    let (value, rest) = read_value(rest).map_err(located)?;
    let comment = rest.trim_start_matches(BLANKS);
    if comment.is_empty() || (comment.len() < rest.len() && comment.starts_with('#')) {
        Ok(Some((name, value)))
    } else {
        Err(located((rest, DotenvFault::TrailingText)))
    }
}

/// Reads a name and the `=` after it.
fn read_name(text: &str) -> Read<'_, &str> {
    let rest = text.trim_start_matches(|c: char| c == '_' || c.is_ascii_alphanumeric());
    let name = text.strip_suffix(rest).unwrap_or(text);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err((text, DotenvFault::BadName));
    }
    if let Some(value) = rest.strip_prefix('=') {
        return Ok((name, value));
    }
    let next = rest.trim_start_matches(BLANKS);
    Err(match next.chars().next() {
        None => (rest, DotenvFault::MissingEquals),
        Some('=') => (rest, DotenvFault::BlankAroundEquals),
        Some(_) => (next, DotenvFault::BadName),
    })
}

fn read_value(text: &str) -> Read<'_, Value> {
    if let Some(inner) = text.strip_prefix('\'') {
        let (value, rest) = inner.split_once('\'').ok_or((text, DotenvFault::Unclosed))?;
        return Ok((Zeroizing::new(Vec::from(value)), rest));
    }
    if text.starts_with('"') {
        return read_quoted(text);
    }
    let (value, rest) = text.split_at(text.find(BLANKS).unwrap_or(text.len()));
    if let Some((_, from)) = value.find(QUOTES).and_then(|at| text.split_at_checked(at)) {
        return Err((from, DotenvFault::QuoteInside));
    }
    let next = rest.trim_start_matches(BLANKS);
    match (value.is_empty(), next.is_empty() || next.starts_with('#')) {
        (true, _) if !next.is_empty() => Err((rest, DotenvFault::BlankAroundEquals)),
        (_, false) => Err((rest, DotenvFault::BlankInside)),
        _ => Ok((Zeroizing::new(Vec::from(value)), rest)),
    }
}

/// Reads a value in double quotation marks.
fn read_quoted(text: &str) -> Read<'_, Value> {
    // Never grows: a growing buffer leaves copies behind.
    let mut value = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.strip_prefix('"').unwrap_or(text);
    loop {
        let stop = rest.find(['"', '\\']).ok_or((text, DotenvFault::Unclosed))?;
        let (plain, special) = rest.split_at(stop);
        value.extend_from_slice(plain.as_bytes());
        if let Some(after) = special.strip_prefix('"') {
            return Ok((value, after));
        }
        let mut escape = special.chars();
        let byte = match (escape.next(), escape.next()) {
            (_, Some('n')) => b'\n',
            (_, Some('r')) => b'\r',
            (_, Some('t')) => b'\t',
            (_, Some('\\')) => b'\\',
            (_, Some('"')) => b'"',
            (_, Some('$')) => b'$',
            _ => return Err((special, DotenvFault::UnknownEscape)),
        };
        value.push(byte);
        rest = escape.as_str();
    }
}

const BLANKS: [char; 2] = [' ', '\t'];
const QUOTES: [char; 3] = ['\'', '"', '`'];

/// One variable of a file; its value is wiped when it is dropped.
pub struct Entry<'a> {
    name: &'a str,
    value: Zeroizing<Vec<u8>>,
    line: usize,
}

impl Entry<'_> {
    /// The name.
    #[must_use]
    pub const fn name(&self) -> &str {
        self.name
    }

    /// The value's bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.value
    }

    /// The line it stands on, counted from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }
}

impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, value: _, line } = self;
        f.debug_struct("Entry").field("name", name).field("line", line).finish_non_exhaustive()
    }
}

/// A line that is not of the dialect: where and why, and no word of it.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("line {line}, byte {offset}: {fault}")]
#[non_exhaustive]
pub struct ParseError {
    /// The line, counted from 1.
    pub line: usize,
    /// The byte of the file, counted from 0.
    pub offset: usize,
    /// What is wrong there.
    pub fault: DotenvFault,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum DotenvFault {
    /// A name holds another character than letters, digits and underscores, or begins with a digit.
    #[error("this may not stand in a name")]
    BadName,
    /// A blank stands before or after the `=`.
    #[error("no blank may stand before or after the `=`")]
    BlankAroundEquals,
    /// A value without quotes holds a blank.
    #[error("a value with blanks needs quotes")]
    BlankInside,
    /// A control character other than the tab.
    #[error("a control character")]
    ControlCharacter,
    /// The name stands on a line before.
    #[error("the name is set twice")]
    Duplicate,
    /// The line ends after the name.
    #[error("no `=` after the name")]
    MissingEquals,
    /// The line is not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// A value without quotes holds a quotation mark or a backtick.
    #[error("a value with quotation marks or backticks needs quotes around it")]
    QuoteInside,
    /// Something follows the closing quotation mark.
    #[error("only a comment after a blank may follow the value")]
    TrailingText,
    /// The quotation mark is not closed on its line.
    #[error("the quotation mark is not closed on this line")]
    Unclosed,
    /// An escape that the dialect does not have.
    #[error("no such escape")]
    UnknownEscape,
}
