use std::borrow::Cow;

/// A string between its quotes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    /// As it is written.
    pub(crate) raw: &'a str,
    /// Where it stands in the text that was read.
    pub(crate) at: usize,
    /// Whether it is written with escapes.
    pub(crate) escaped: bool,
}

impl<'a> Text<'a> {
    /// What it means.
    #[inline]
    pub(crate) fn plain(&self) -> Cow<'a, str> {
        if self.escaped { unescape(self.raw).into() } else { self.raw.into() }
    }
}

/// What a string means whose escapes were found good.
fn unescape(raw: &str) -> String {
    let mut plain = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        plain.push(match chars.next() {
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                let mut unit = || (0..4).fold(0, |unit, _| unit << 4 | hex_digit(chars.next()));
                let high = unit();
                let code = if (0xd800..0xdc00).contains(&high) {
                    // Six more: a backslash, `u`, and the other half.
                    let low = (0..2).fold(unit(), |low, _| low << 4 | hex_digit(chars.next()));
                    0x1_0000_u32.wrapping_add((high & 0x3ff) << 10).wrapping_add(low & 0x3ff)
                } else {
                    high
                };
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            Some(other) => other,
            None => char::REPLACEMENT_CHARACTER,
        });
    }
    plain
}

fn hex_digit(digit: Option<char>) -> u32 {
    digit.and_then(|digit| digit.to_digit(16)).unwrap_or(0)
}
