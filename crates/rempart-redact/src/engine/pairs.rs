//! Key rules in text that nobody parsed: JSON, forms, queries, headers, `key=value`, `Debug`.

use super::edge::escape_before;
use super::scan::Scan;
use super::span::{Kind, Span};
use super::value;
use crate::detector::Severity;
use crate::key_rules::KeyRules;

/// The longest name that is compared, its punctuation left out.
const NAME: usize = 64;
/// The most bytes that are read back for a name, and between it and its separator.
const REACH: usize = 192;

/// Looks at the separator whose first byte stands at `at`. Returns where reading goes on.
pub(super) fn look(scan: &mut Scan<'_>, rules: &KeyRules, at: usize) -> Option<usize> {
    let text = scan.text;
    let separator = separator_at(text, at)?;
    // What a marker is called is no name of what comes after it.
    if at.checked_sub(1).is_some_and(|before| scan.marker_at(before).is_some()) {
        return None;
    }
    let key = Key::before(text, at)?;
    if !rules.hides(key.name.as_slice()) {
        return None;
    }
    let whole_line = key.quotes.is_none() && KeyRules::takes_line(key.name.as_slice());
    let is_marker = |at| scan.marker_at(at).is_some();
    let value = value::after(text, separator, key.quotes, whole_line, is_marker)?;
    scan.found(Span {
        start: value.start,
        end: value.end,
        kind: Kind::Key,
        severity: Severity::High,
        quotes: value.needs_quotes.then_some(key.quotes.unwrap_or_default()),
        alone: true,
    });
    // A value is read once: what is nested in it is hidden with it.
    Some(value.end)
}

/// Whether the name between `from` and the value at `to` is allowed, or is no name but a path.
pub(super) fn is_exempt(text: &[u8], rules: &KeyRules, from: usize, to: usize) -> bool {
    let separator = (from..to).find(|at| separator_at(text, *at).is_some());
    separator
        .is_some_and(|at| Key::before(text, at).is_none_or(|key| rules.allows(key.name.as_slice())))
}

/// Where the separator ends: `:` `=` `:=` `==` `=>` `%3A` `%3D`.
fn separator_at(text: &[u8], at: usize) -> Option<usize> {
    let (before, rest) = text.split_at_checked(at)?;
    match rest {
        // A path of Rust or C++ names a place, not a value.
        [b':', b':', ..] => None,
        [b':', ..] if before.last() == Some(&b':') => None,
        [b':' | b'=', ..] => {
            let length = rest.iter().take(3).take_while(|byte| matches!(byte, b':' | b'=' | b'>'));
            Some(at.saturating_add(length.count()))
        }
        [b'%', b'3', b'a' | b'A' | b'd' | b'D', ..] => Some(at.saturating_add(3)),
        _ => None,
    }
}

/// A name in front of a separator.
struct Key {
    name: NameBuffer,
    /// How many backslashes stood before its double quotes; `None` if it had none.
    quotes: Option<u8>,
}

impl Key {
    fn before(text: &[u8], separator: usize) -> Option<Self> {
        let floor = separator.saturating_sub(REACH);
        let mut rest = text.get(floor..separator)?;
        while let [before @ .., b' ' | b'\t'] = rest {
            rest = before;
        }
        let (quotes, in_quotes) = match rest {
            [before @ .., quote @ (b'"' | b'\'' | b'`')] => {
                let backslashes = before.iter().rev().take_while(|byte| **byte == b'\\').count();
                let own = value::own_backslashes(value::depth(backslashes));
                rest = before.get(..before.len().saturating_sub(own))?;
                (u8::try_from(own).ok().filter(|_| *quote == b'"'), true)
            }
            [before @ .., b'%', b'2', b'2' | b'7'] => {
                rest = before;
                (None, true)
            }
            _ => (None, false),
        };
        let colon = text.get(separator) == Some(&b':');
        let name = NameBuffer::read_back(rest, in_quotes, colon)?;
        Some(Self { name, quotes })
    }
}

/// A name in small letters and digits alone, filled from its end.
struct NameBuffer {
    bytes: [u8; NAME],
    start: usize,
}

impl NameBuffer {
    /// Reads the name that `text` ends with.
    fn read_back(mut text: &[u8], in_quotes: bool, colon: bool) -> Option<Self> {
        let mut name = Self { bytes: [0; NAME], start: NAME };
        let mut first = true;
        while let Some(last) = text.last() {
            let (byte, length) = escape_before(text).unwrap_or((*last, 1));
            match byte {
                // Past this length only endings can matter, and they are read already.
                _ if byte.is_ascii_alphanumeric() => {
                    if !name.push(byte.to_ascii_lowercase()) {
                        break;
                    }
                }
                // Letters with accents are left out like any other mark.
                b'_' | b'-' | b'$' | 128.. => {}
                b' ' if in_quotes => {}
                // `user[password]=`, `password[]=`
                b']' if first => {}
                b'[' if name.start == NAME => {}
                // A Rust path: `app::token: message`.
                b':' if colon && text.ends_with(b"::") => return None,
                _ => break,
            }
            first = false;
            text = text.get(..text.len().saturating_sub(length))?;
        }
        (name.start < NAME).then_some(name)
    }

    fn push(&mut self, byte: u8) -> bool {
        let Some(start) = self.start.checked_sub(1) else { return false };
        let Some(slot) = self.bytes.get_mut(start) else { return false };
        *slot = byte;
        self.start = start;
        true
    }

    fn as_slice(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }
}
