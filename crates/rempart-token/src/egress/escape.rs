//! Ways of writing a byte as several, which can be mixed with the byte itself.

use memchr::memchr;
use zeroize::Zeroizing;

/// A window's buffer: wiped, and made at its full size when it is first needed.
pub(super) type Buffer = Zeroizing<Vec<u8>>;

/// What a window grows to before it is looked at.
const WINDOW: usize = 16 * 1024;

#[derive(Clone, Copy)]
pub(super) enum Escape {
    /// The escapes of JSON ([RFC 8259 §7]), and of its relatives: `\/`, `\u002f`, `\x2f`.
    ///
    /// [RFC 8259 §7]: https://www.rfc-editor.org/rfc/rfc8259#section-7
    Backslash,
    /// `%2F` ([RFC 3986 §2.1](https://www.rfc-editor.org/rfc/rfc3986#section-2.1)).
    Percent,
}

impl Escape {
    pub(super) const ALL: [Self; 2] = [Self::Backslash, Self::Percent];

    /// No escape stretches a byte further: `\u0041`.
    pub(super) const WIDEST: usize = 6;

    /// Shows `visit` the text without its escapes, around each of them: `reach` bytes to either
    /// side, so that whatever is no longer than that and was escaped in part is seen whole.
    pub(super) fn windows<T>(
        self,
        text: &[u8],
        reach: usize,
        window: &mut Buffer,
        mut visit: impl FnMut(&[u8]) -> Option<T>,
    ) -> Option<T> {
        window.clear();
        // Up to where the text stands in the window, or lies out of reach; and where to look next.
        let (mut taken, mut look) = (0_usize, 0_usize);
        let mut open = false;
        while let Some(sign) = self.next(text, look) {
            let Some(written) = text.get(sign..).and_then(|escape| self.read(escape)) else {
                look = sign.saturating_add(1);
                continue;
            };
            if open && sign.saturating_sub(taken) > reach {
                extend(window, text, taken, taken.saturating_add(reach));
                if let found @ Some(_) = visit(window) {
                    return found;
                }
                window.clear();
                open = false;
            }
            if !open {
                taken = taken.max(sign.saturating_sub(reach));
                // Up to the reach before, between and after escapes; and never more than the text.
                let most = WINDOW.saturating_add(reach.saturating_mul(3)).saturating_add(4);
                window.reserve(most.min(text.len()));
                open = true;
            }
            if taken < sign {
                extend(window, text, taken, sign);
            }
            match written {
                // Mostly it is one, and a push is cheaper than a copy.
                Written { bytes: [byte, ..], length: 1, .. } => window.push(byte),
                _ => window.extend_from_slice(written.bytes()),
            }
            taken = sign.saturating_add(written.width);
            look = taken;
            if window.len() >= WINDOW.saturating_add(reach) {
                if let found @ Some(_) = visit(window) {
                    return found;
                }
                let seen = window.len().saturating_sub(reach);
                window.drain(..seen);
            }
        }
        if !open {
            return None;
        }
        extend(window, text, taken, taken.saturating_add(reach));
        visit(window)
    }

    /// Where the next sign of an escape stands, from `look` on.
    fn next(self, text: &[u8], look: usize) -> Option<usize> {
        let sign = match self {
            Self::Backslash => b'\\',
            Self::Percent => b'%',
        };
        let rest = text.get(look..)?;
        if rest.first() == Some(&sign) {
            return Some(look);
        }
        memchr(sign, rest)?.checked_add(look)
    }

    /// What the escape at the start of `text` stands for; `None` if it is none.
    fn read(self, text: &[u8]) -> Option<Written> {
        match (self, text) {
            (Self::Percent, [_, high, low, ..]) => Written::byte(hex(&[*high, *low])?, 3),
            (Self::Backslash, [_, b'u', a, b, c, d, rest @ ..]) => {
                let first = hex(&[*a, *b, *c, *d])?;
                match (first, rest) {
                    (0xd800..0xdc00, [b'\\', b'u', a, b, c, d, ..]) => {
                        let second = hex(&[*a, *b, *c, *d])?;
                        let pair = char::decode_utf16([first, second].map(low_half)).next()?;
                        Some(Written::char(pair.ok()?, 12))
                    }
                    _ => Some(Written::char(char::from_u32(first)?, 6)),
                }
            }
            (Self::Backslash, [_, b'x', high, low, ..]) => Written::byte(hex(&[*high, *low])?, 4),
            (Self::Backslash, [_, short, ..]) => {
                let byte = match short {
                    b'"' | b'\'' | b'/' | b'\\' => *short,
                    b'b' => 0x08,
                    b'f' => 0x0c,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    _ => return None,
                };
                Written::byte(byte.into(), 2)
            }
            _ => None,
        }
    }
}

/// What was written as an escape, and how wide that was.
struct Written {
    bytes: [u8; 4],
    length: usize,
    width: usize,
}

impl Written {
    fn byte(value: u32, width: usize) -> Option<Self> {
        Some(Self { bytes: [u8::try_from(value).ok()?, 0, 0, 0], length: 1, width })
    }

    fn char(char: char, width: usize) -> Self {
        let mut bytes = [0; 4];
        let length = char.encode_utf8(&mut bytes).len();
        Self { bytes, length, width }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// Adds `text[from..to]`, or what there is of it.
fn extend(window: &mut Buffer, text: &[u8], from: usize, to: usize) {
    let to = to.min(text.len());
    window.extend_from_slice(text.get(from..to).unwrap_or_default());
}

/// The number that hexadecimal digits of either case write.
fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, digit| {
        Some(number.checked_mul(16)?.saturating_add(char::from(*digit).to_digit(16)?))
    })
}

/// Four hexadecimal digits are no more than 16 bits.
fn low_half(number: u32) -> u16 {
    u16::try_from(number).unwrap_or_default()
}
