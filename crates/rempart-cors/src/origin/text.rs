//! What it takes to read a text where a constant is evaluated: no iterator, no comparison of slices.

/// What stands before the first `mark`, and what stands after it.
pub(super) const fn cut(text: &[u8], mark: u8) -> (&[u8], Option<&[u8]>) {
    let (mut rest, mut length) = (text, 0_usize);
    while let [byte, after @ ..] = rest {
        if *byte == mark {
            // Always there: so many bytes have been passed.
            return match text.split_at_checked(length) {
                Some((before, _)) => (before, Some(after)),
                None => (text, None),
            };
        }
        length = length.wrapping_add(1);
        rest = after;
    }
    (text, None)
}

/// Parts a text at the first place where `mark` stands.
pub(super) const fn split_once<'t>(text: &'t [u8], mark: &[u8]) -> Option<(&'t [u8], &'t [u8])> {
    let (mut rest, mut length) = (text, 0_usize);
    loop {
        if let Some(after) = strip(rest, mark) {
            // Always there: so many bytes have been passed.
            return match text.split_at_checked(length) {
                Some((before, _)) => Some((before, after)),
                None => None,
            };
        }
        match rest {
            [_, tail @ ..] => rest = tail,
            [] => return None,
        }
        length = length.saturating_add(1);
    }
}

/// Parts a text at the last place where `mark` stands.
pub(super) const fn rsplit_once(text: &[u8], mark: u8) -> Option<(&[u8], &[u8])> {
    let mut rest = text;
    while let [before @ .., byte] = rest {
        if *byte == mark {
            return match text.split_at_checked(rest.len()) {
                Some((_, after)) => Some((before, after)),
                None => None,
            };
        }
        rest = before;
    }
    None
}

/// What follows `prefix`, if a text begins with it.
const fn strip<'t>(mut text: &'t [u8], mut prefix: &[u8]) -> Option<&'t [u8]> {
    while let [wanted, prefix_tail @ ..] = prefix {
        match text {
            [byte, tail @ ..] if *byte == *wanted => text = tail,
            _ => return None,
        }
        prefix = prefix_tail;
    }
    Some(text)
}

pub(super) const fn holds(mut text: &[u8], mark: u8) -> bool {
    while let [byte, after @ ..] = text {
        if *byte == mark {
            return true;
        }
        text = after;
    }
    false
}

/// A number in decimal, written without a sign or a leading zero.
pub(super) const fn decimal(digits: &[u8]) -> Option<u16> {
    if matches!(digits, [] | [b'0', _, ..]) {
        return None;
    }
    let (mut number, mut rest) = (0_u16, digits);
    while let [digit, tail @ ..] = rest {
        if !digit.is_ascii_digit() {
            return None;
        }
        let digit = digit.wrapping_sub(b'0') as u16;
        number = match number.checked_mul(10) {
            Some(tens) => match tens.checked_add(digit) {
                Some(number) => number,
                None => return None,
            },
            None => return None,
        };
        rest = tail;
    }
    Some(number)
}
