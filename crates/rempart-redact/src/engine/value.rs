//! Where a value ends, in text that nobody parsed. What has no end goes on to the end of the text.

/// The most that is read twice of a bracket that is never closed.
const SHORT: usize = 512;

/// A value, without the quotes around it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether it is a JSON number or holds values itself: a marker in its place needs quotes.
    pub(super) needs_quotes: bool,
}

/// The value after a separator that ends at `from`; `None` if there is nothing to hide.
///
/// `key_quotes` are the backslashes before the quotes of a JSON name; `whole_line` is for headers
/// whose value is more than a word; `is_marker` knows where a marker begins, which is no list.
pub(super) fn after(
    text: &[u8],
    from: usize,
    key_quotes: Option<u8>,
    whole_line: bool,
    is_marker: impl Fn(usize) -> bool,
) -> Option<Value> {
    let rest = text.get(from..)?;
    // JSON may break the line here; elsewhere the value stands on the line of its name.
    let is_blank = |byte: &u8| match byte {
        b' ' | b'\t' => true,
        b'\n' | b'\r' => key_quotes.is_some(),
        _ => false,
    };
    let start = from.saturating_add(rest.iter().take(64).take_while(|byte| is_blank(byte)).count());
    let rest = text.get(start..)?;
    let bare = |length: usize, needs_quotes| Value {
        start,
        end: start.saturating_add(length).min(text.len()),
        needs_quotes,
    };
    let value = match rest {
        [] => return None,
        [b'{' | b'[', ..] if !is_marker(start) => match nested(rest, key_quotes) {
            // A bracket at the end of a text within a JSON string: as far as a word goes.
            (length, false) if key_quotes.is_none() && length < SHORT => {
                bare(word(rest, false), false)
            }
            (length, _) => bare(length, key_quotes.is_some()),
        },
        _ => match opening_quote(rest).and_then(|quote| quoted(text, start, quote)) {
            Some(value) => value,
            None if whole_line => bare(line(rest), false),
            None => {
                let length = word(rest, key_quotes.is_some());
                let word = rest.get(..length).unwrap_or_default();
                if matches!(word, b"null" | b"true" | b"false" | b"None" | b"undefined") {
                    return None;
                }
                bare(length, key_quotes.is_some())
            }
        },
    };
    (value.start < value.end).then_some(value)
}

/// A quote, with the backslashes before it.
#[derive(Clone, Copy)]
struct Quote {
    byte: u8,
    backslashes: usize,
    /// Written as `%22` or `%27`.
    percent: bool,
}

impl Quote {
    const fn len(self) -> usize {
        if self.percent { 3 } else { self.backslashes.saturating_add(1) }
    }
}

fn opening_quote(rest: &[u8]) -> Option<Quote> {
    if let [b'%', b'2', digit @ (b'2' | b'7'), ..] = rest {
        return Some(Quote { byte: *digit, backslashes: 0, percent: true });
    }
    let backslashes = rest.iter().take(16).take_while(|byte| **byte == b'\\').count();
    match rest.get(backslashes) {
        Some(byte @ (b'"' | b'\'' | b'`')) => {
            Some(Quote { byte: *byte, backslashes, percent: false })
        }
        _ => None,
    }
}

/// What stands between a quote and the next one like it. A quote with more backslashes belongs to
/// the value; one with fewer ends a string around it, and the value with it. A single quote that
/// is never closed may be an apostrophe: no string then.
fn quoted(text: &[u8], start: usize, quote: Quote) -> Option<Value> {
    let start = start.saturating_add(quote.len());
    let rest = text.get(start..).unwrap_or_default();
    // `"note":"pin=","id":7`: the quote ends the string around an empty value.
    if ends_json_string(rest) {
        return Some(Value { start, end: start, needs_quotes: false });
    }
    let mut backslashes: usize = 0;
    let mut end = None;
    for (at, byte) in rest.iter().enumerate() {
        if quote.percent {
            // What is not escaped does not belong to an escaped string.
            let leaves = byte.is_ascii_whitespace() || matches!(byte, b'"' | b'&');
            let closes = [b'%', b'2', quote.byte];
            if leaves || rest.get(at..).is_some_and(|rest| rest.starts_with(&closes)) {
                let own = if *byte == b'"' { own_backslashes(depth(backslashes)) } else { 0 };
                end = Some(at.saturating_sub(own));
                break;
            }
        } else if *byte == b'"' && quote.byte != b'"' {
            // The end of a JSON string in which an apostrophe stands, or a quote within a value?
            let after = rest.get(at.saturating_add(1)..).unwrap_or_default();
            if ends_json_string(after) {
                return None;
            }
        } else if *byte == quote.byte && depth(backslashes) <= depth(quote.backslashes) {
            end = Some(at.saturating_sub(own_backslashes(depth(backslashes))));
            break;
        }
        backslashes = if *byte == b'\\' { backslashes.saturating_add(1) } else { 0 };
    }
    let end = end.or((quote.byte == b'"' || quote.percent).then_some(rest.len()))?;
    Some(Value { start, end: start.saturating_add(end).min(text.len()), needs_quotes: false })
}

/// How many strings a quote after so many backslashes stands within: of each pair one is left at
/// the next depth, and an odd one goes with the quote.
pub(super) const fn depth(mut backslashes: usize) -> u32 {
    let mut depth: u32 = 0;
    while backslashes % 2 == 1 {
        backslashes /= 2;
        depth = depth.saturating_add(1);
    }
    depth
}

/// How many of the backslashes before a quote of this depth are its own, and no part of the text.
pub(super) const fn own_backslashes(depth: u32) -> usize {
    match 1_usize.checked_shl(depth) {
        Some(power) => power.saturating_sub(1),
        None => usize::MAX,
    }
}

/// The length of a bracketed value, its strings read as strings, and whether it was closed.
///
/// It ends as well where the JSON string around it does: at a quote with fewer backslashes than the
/// strings in it, or, if it is not the value of a member itself, at one that would open a string
/// were it not for what comes after.
fn nested(rest: &[u8], key_quotes: Option<u8>) -> (usize, bool) {
    let around = key_quotes.map(|quotes| depth(usize::from(quotes)));
    let mut open: usize = 0;
    let mut string: Option<u32> = None;
    let mut backslashes: usize = 0;
    for (at, byte) in rest.iter().enumerate() {
        match (byte, string) {
            (b'"', within) => {
                let depth = depth(backslashes);
                let after = rest.get(at.saturating_add(1)..).unwrap_or_default();
                let ends = match (within, around) {
                    (Some(opening), _) => depth < opening,
                    (None, Some(around)) => depth < around,
                    (None, None) => ends_json_string(after),
                };
                if ends {
                    return (at.saturating_sub(own_backslashes(depth)), false);
                }
                string = match within {
                    Some(opening) if depth == opening => None,
                    Some(opening) => Some(opening),
                    None => Some(depth),
                };
            }
            (b'{' | b'[' | b'(', None) => open = open.saturating_add(1),
            (b'}' | b']' | b')', None) => {
                open = open.saturating_sub(1);
                if open == 0 {
                    return (at.saturating_add(1), true);
                }
            }
            _ => {}
        }
        backslashes = if *byte == b'\\' { backslashes.saturating_add(1) } else { 0 };
    }
    (rest.len(), rest.len() >= SHORT)
}

/// Whether a quote before `after` ends a JSON string: what comes after one is not to be searched
/// for far, and blanks are few.
fn ends_json_string(after: &[u8]) -> bool {
    let next = after.iter().take(64).find(|byte| !byte.is_ascii_whitespace());
    matches!(next, None | Some(b',' | b'}' | b']' | b':'))
}

/// The length of what is left of the line, its trailing blanks left out.
///
/// A quote ends it, as that of a JSON string around the line would; the quotes of a parameter
/// (`username="…"`) do not.
fn line(rest: &[u8]) -> usize {
    let mut parameter: Option<u32> = None;
    let mut backslashes: usize = 0;
    let mut end = rest.len();
    for (at, byte) in rest.iter().enumerate() {
        let run = at.saturating_sub(backslashes);
        match byte {
            b'\n' | b'\r' => {
                end = at;
                break;
            }
            // The escape of a line break, however often it was escaped itself.
            b'n' | b'r' if backslashes > 0 => {
                end = run;
                break;
            }
            b'"' => {
                let depth = depth(backslashes);
                let start = at.saturating_sub(own_backslashes(depth));
                let before = start.checked_sub(1).and_then(|at| rest.get(at));
                let after = rest.get(at.saturating_add(1)..).unwrap_or_default();
                parameter = match parameter {
                    Some(opening) if depth == opening => None,
                    None if before == Some(&b'=') && !ends_json_string(after) => Some(depth),
                    Some(opening) if depth > opening => Some(opening),
                    _ => {
                        end = start;
                        break;
                    }
                };
            }
            _ => {}
        }
        backslashes = if *byte == b'\\' { backslashes.saturating_add(1) } else { 0 };
    }
    rest.get(..end).unwrap_or_default().trim_ascii_end().len()
}

/// The length of a value that nothing encloses.
///
/// A comma may belong to a password: it ends the value where a blank or another name follows.
fn word(rest: &[u8], json: bool) -> usize {
    let mut skip: usize = 0;
    for (at, byte) in rest.iter().enumerate() {
        if at < skip {
            continue;
        }
        let after = rest.get(at.saturating_add(1)..).unwrap_or_default();
        let ends = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b'&' | b';' | b'"' | b'<' | b'>' => true,
            // At the beginning it is an apostrophe: what it opens is never closed.
            b'\'' | b'`' => at > 0,
            // The escape of a line break or of a quote, however often it was escaped itself.
            b'\\' => {
                let run = after.iter().take_while(|byte| **byte == b'\\').count();
                skip = at.saturating_add(run).saturating_add(1);
                matches!(after.get(run), Some(b'n' | b'r' | b't' | b'u' | b'"' | b'\''))
            }
            b',' | b'}' | b']' if json => true,
            b',' => names_follow(after),
            b'%' => matches!(after, [b'2', b'6' | b'2' | b'0', ..]),
            // `Some("…")`, `Secret(…)`: all of it.
            b'(' if at > 0 => {
                let (length, _) = nested(rest.get(at..).unwrap_or_default(), None);
                return at.saturating_add(length);
            }
            _ => false,
        };
        if ends {
            return at;
        }
    }
    rest.len()
}

/// Where any word that goes on at `from` has ended: at a blank or a quote, or between parameters.
pub(super) fn word_end(text: &[u8], from: usize) -> usize {
    let string = string_end(text, from, u32::MAX);
    let mut rest = text.get(from..string).unwrap_or_default().iter();
    let length = rest.position(|byte| matches!(byte, b' ' | b'\t' | b'&' | b';'));
    length.map_or(string, |length| from.saturating_add(length))
}

/// Where a string that goes on at `from` ends, within at most so many others, or the line.
pub(super) fn string_end(text: &[u8], from: usize, deepest: u32) -> usize {
    let mut backslashes: usize = 0;
    for (at, byte) in text.iter().enumerate().skip(from) {
        match byte {
            b'"' if depth(backslashes) <= deepest => {
                return at.saturating_sub(own_backslashes(depth(backslashes))).max(from);
            }
            b'\n' | b'\r' => return at,
            b'\\' => backslashes = backslashes.saturating_add(1),
            _ => backslashes = 0,
        }
    }
    text.len()
}

fn names_follow(after: &[u8]) -> bool {
    let name =
        after.iter().take(64).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_');
    let name = name.count();
    matches!(after.first(), None | Some(b' ' | b'\t'))
        || name > 0 && matches!(after.get(name), Some(b'=' | b':'))
}
