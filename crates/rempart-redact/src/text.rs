//! Characters that would do something to a log instead of standing in it.

use std::borrow::Cow;
use std::fmt::Write;

/// What becomes of line breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    /// Kept: the text may have several lines.
    Keep,
    /// Written as `\n`: the text stays on one line, whatever it holds.
    Escape,
}

/// Writes control characters as what they are called, and drops colours.
///
/// Escaped: C0 but for the tab, DEL, C1, the separators of lines and paragraphs, and what turns the
/// direction of text. The escapes are those of JSON, so that a JSON text stays one. A colour
/// (`ESC [ … m`) is left out whole: kept, it could hide text; escaped, it would make a coloured log
/// unreadable, and part a name from its value.
pub(crate) fn neutralise(text: &str, lines: Lines) -> Cow<'_, str> {
    let Some(first) = first_control(text, lines) else { return Cow::Borrowed(text) };
    let (clean, mut rest) = text.split_at_checked(first).unwrap_or((text, ""));
    let mut out = String::with_capacity(text.len().saturating_add(16));
    out.push_str(clean);
    while let Some(character) = rest.chars().next() {
        if let Some(after) = after_colour(rest) {
            rest = after;
            continue;
        }
        let after = rest.get(character.len_utf8()..).unwrap_or_default();
        match character {
            '\r' if lines == Lines::Keep && after.starts_with('\n') => {}
            '\r' => out.push_str("\\r"),
            '\n' if lines == Lines::Escape => out.push_str("\\n"),
            character if is_control(character) => {
                // Writing to a string cannot fail; all of these fit four digits.
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            character => out.push(character),
        }
        rest = after;
    }
    Cow::Owned(out)
}

/// Characters that may not stand in a log as they are.
const fn is_control(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
            | '\u{061c}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// Where the first byte stands that may begin such a character; most texts have none.
fn first_control(text: &str, lines: Lines) -> Option<usize> {
    let suspect = |byte: u8| match byte {
        b'\n' => lines == Lines::Escape,
        b'\t' => false,
        // The first bytes of U+0080 to U+00BF, of U+0600 to U+063F and of U+2000 to U+2FFF.
        0..=0x1f | 0x7f | 0xc2 | 0xd8 | 0xe2 => true,
        _ => false,
    };
    let from = text.bytes().position(suspect)?;
    let found = text.get(from..)?.char_indices().find(|(_, character)| {
        is_control(*character) || *character == '\n' && lines == Lines::Escape
    });
    found.map(|(at, _)| from.saturating_add(at))
}

/// What follows a colour at the beginning of `text`.
fn after_colour(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("\u{1b}[").or_else(|| text.strip_prefix('\u{9b}'))?;
    let digits = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b';' | b':');
    let length = rest.bytes().take(32).take_while(|byte| digits(byte)).count();
    rest.get(length..)?.strip_prefix('m')
}
