/// A text that may be echoed: short, and of an alphabet in which nothing can be said but itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'a>(&'a str);

impl<'a> Word<'a> {
    /// At most so many letters, digits, `_` and `-`.
    pub(super) fn plain(text: &'a [u8], longest: usize) -> Option<Self> {
        Self::of(text, longest, |byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    }

    /// The same with what Base64 and URLs add, as [RFC 9110 §11.2] puts it: `token68`.
    ///
    /// [RFC 9110 §11.2]: https://www.rfc-editor.org/rfc/rfc9110#section-11.2
    pub(super) fn token68(text: &'a [u8], longest: usize) -> Option<Self> {
        Self::of(text, longest, |byte| byte.is_ascii_alphanumeric() || b"_-.~+/=".contains(&byte))
    }

    pub(super) const fn as_str(&self) -> &'a str {
        self.0
    }

    fn of(text: &'a [u8], longest: usize, allowed: impl Fn(u8) -> bool) -> Option<Self> {
        let fits = (1..=longest).contains(&text.len()) && text.iter().copied().all(allowed);
        str::from_utf8(text).ok().filter(|_| fits).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_its_alphabet_and_no_other_byte() {
        for byte in 0..=u8::MAX {
            let text = [byte];
            let plain = matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-');
            assert_eq!(Word::plain(&text, 1).is_some(), plain, "{byte:#04x}");
            let token = plain || b".~+/=".contains(&byte);
            assert_eq!(Word::token68(&text, 1).is_some(), token, "{byte:#04x}");
        }
    }

    #[test]
    fn is_not_empty_and_not_too_long() {
        let rows = [(0, false), (1, true), (64, true), (65, false)];
        for (length, fits) in rows {
            assert_eq!(Word::plain(&vec![b'a'; length], 64).is_some(), fits, "{length}");
        }
    }
}
