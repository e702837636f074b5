//! Where the pieces of a text end.

/// How deep objects and arrays may be nested in a member.
pub(crate) const DEPTH: u32 = u128::BITS;

pub(super) const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

pub(super) fn blank(text: &str) -> &str {
    text.trim_start_matches(BLANKS)
}

/// What follows the colon after a name.
pub(super) fn colon(text: &str) -> Option<&str> {
    blank(text).strip_prefix(':').map(blank)
}

/// What follows the value that a text begins with; `None` if it begins with none.
pub(super) fn value(text: &str) -> Option<&str> {
    let mut open = Open::default();
    let mut rest = text;
    loop {
        rest = match *rest.as_bytes().first()? {
            b'{' => {
                let inside = blank(rest.strip_prefix('{')?);
                open.push(Bracket::Brace)?;
                if !inside.starts_with('}') {
                    rest = name(inside)?;
                    continue;
                }
                inside
            }
            b'[' => {
                let inside = blank(rest.strip_prefix('[')?);
                open.push(Bracket::Square)?;
                if !inside.starts_with(']') {
                    rest = inside;
                    continue;
                }
                inside
            }
            b'"' => string(rest)?.1,
            b't' => rest.strip_prefix("true")?,
            b'f' => rest.strip_prefix("false")?,
            b'n' => rest.strip_prefix("null")?,
            _ => number(rest)?,
        };
        // What is open closes, or goes on after a comma.
        loop {
            let Some(bracket) = open.last() else { return Some(rest) };
            rest = blank(rest);
            if let Some(after) = rest.strip_prefix(',') {
                let next = blank(after);
                rest = if bracket == Bracket::Brace { name(next)? } else { next };
                break;
            }
            rest = rest.strip_prefix(bracket.closing())?;
            open.pop();
        }
    }
}

/// What follows a name and its colon.
fn name(text: &str) -> Option<&str> {
    colon(string(text)?.1)
}

/// What stands between two quotes, and what follows them.
pub(super) fn string(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('"')?;
    let mut length = 0_usize;
    loop {
        let rest = inside.get(length..)?;
        length = length.checked_add(plain(rest.as_bytes()))?;
        let (string, rest) = inside.split_at_checked(length)?;
        if let Some(rest) = rest.strip_prefix('"') {
            return Some((string, rest));
        }
        length = length.checked_add(escape(rest)?)?;
    }
}

/// How many bytes stand for themselves, eight a step as long as there are so many.
fn plain(text: &[u8]) -> usize {
    let steps = text.as_chunks::<8>().0.iter().take_while(|step| is_plain(**step)).count();
    let known = steps.saturating_mul(8);
    let rest = text.get(known..).unwrap_or_default().iter();
    let rest = rest.take_while(|byte| !matches!(byte, 0..b' ' | b'"' | b'\\')).count();
    known.saturating_add(rest)
}

/// Whether none of eight bytes is a quote, a backslash or a control character.
const fn is_plain(bytes: [u8; 8]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    // A byte below the limit borrows from the one above it; whether any did is exact.
    const fn has_below(word: u64, limit: u64) -> u64 {
        word.wrapping_sub(ONES.wrapping_mul(limit)) & !word & HIGHS
    }
    let word = u64::from_le_bytes(bytes);
    let quotes = has_below(word ^ ONES.wrapping_mul(b'"' as u64), 1);
    let backslashes = has_below(word ^ ONES.wrapping_mul(b'\\' as u64), 1);
    (has_below(word, b' ' as u64) | quotes | backslashes) == 0
}

/// How long the escape is that a text begins with: both halves of a pair of surrogates are one.
fn escape(text: &str) -> Option<usize> {
    let text = text.strip_prefix('\\')?;
    if matches!(text.as_bytes().first()?, b'"' | b'/' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't') {
        return Some(2);
    }
    match unit(text)? {
        0xd800..0xdc00 => {
            let second = unit(text.get(5..)?.strip_prefix('\\')?)?;
            (0xdc00..0xe000).contains(&second).then_some(12)
        }
        0xdc00..0xe000 => None,
        _ => Some(6),
    }
}

/// The number after `u`, in four hexadecimal digits.
pub(super) fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix('u')?.get(..4)?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u16::from_str_radix(digits, 16).ok().filter(|_| plain)
}

fn number(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('-').unwrap_or(text);
    let rest = rest.strip_prefix('0').or_else(|| digits(rest))?;
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => digits(fraction)?,
        None => rest,
    };
    match rest.strip_prefix(['e', 'E']) {
        Some(exponent) => digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)),
        None => Some(rest),
    }
}

/// What follows the digits; `None` if there is no digit.
fn digits(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < text.len()).then_some(rest)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bracket {
    Brace,
    Square,
}

impl Bracket {
    const fn closing(self) -> char {
        match self {
            Self::Brace => '}',
            Self::Square => ']',
        }
    }
}

/// What is open, a bit each, the last one lowest: depth costs no stack.
#[derive(Default)]
struct Open {
    braces: u128,
    depth: u32,
}

impl Open {
    fn push(&mut self, bracket: Bracket) -> Option<()> {
        if self.depth >= DEPTH {
            return None;
        }
        self.depth = self.depth.saturating_add(1);
        self.braces = (self.braces << 1) | u128::from(bracket == Bracket::Brace);
        Some(())
    }

    const fn pop(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.braces >>= 1;
    }

    const fn last(&self) -> Option<Bracket> {
        match (self.depth, self.braces & 1) {
            (0, _) => None,
            (_, 1) => Some(Bracket::Brace),
            _ => Some(Bracket::Square),
        }
    }
}
