//! As much of ASN.1 as keys are written in: definite lengths, written as short as they can be
//! ([X.690]). What is longer, shorter or followed by anything is none of it.
//!
//! [X.690]: https://www.itu.int/rec/T-REC-X.690

/// A run of values, read from the front.
#[derive(Clone, Copy)]
pub(crate) struct Der<'a>(&'a [u8]);

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;

impl<'a> Der<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Everything as one value of this tag.
    pub(crate) fn only(bytes: &'a [u8], tag: u8) -> Option<Self> {
        let mut der = Self(bytes);
        let content = der.take(tag)?;
        der.end()?;
        Some(Self(content))
    }

    /// The content of the next value, which has this tag.
    pub(crate) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, rest) = self.0.split_first()?;
        if *found != tag {
            return None;
        }
        let (length, rest) = length(rest)?;
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(content)
    }

    /// The values within the next one.
    pub(crate) fn enter(&mut self, tag: u8) -> Option<Self> {
        self.take(tag).map(Self)
    }

    /// The bytes of the next number that is not negative, without the zero that only says so.
    pub(crate) fn unsigned(&mut self) -> Option<&'a [u8]> {
        match self.take(INTEGER)? {
            [0] => Some(&[]),
            [0, rest @ ..] => rest.first().filter(|byte| **byte >= 0x80).map(|_| rest),
            number => number.first().filter(|byte| **byte < 0x80).map(|_| number),
        }
    }

    /// The bytes of the next bit string, which must be whole bytes.
    pub(crate) fn bits(&mut self) -> Option<&'a [u8]> {
        let (unused, bits) = self.take(BIT_STRING)?.split_first()?;
        (*unused == 0).then_some(bits)
    }

    /// Nothing more follows.
    pub(crate) fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// A length, and what follows it.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (length, rest, shortest) = match *first {
        short @ 0..=0x7f => (usize::from(short), rest, 0),
        0x81 => {
            let (digit, rest) = rest.split_first()?;
            (usize::from(*digit), rest, 0x80)
        }
        0x82 => {
            let (digits, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*digits)), rest, 0x100)
        }
        // Of 64 KiB and more, there is no key.
        _ => return None,
    };
    (length >= shortest).then_some((length, rest))
}

/// Both numbers of an ECDSA signature, in full, one after the other; `width` bytes each.
///
/// Whether they are of the curve's range is asked where they are used.
pub(crate) fn ecdsa_signature(bytes: &[u8], width: usize) -> Option<Vec<u8>> {
    let mut numbers = Der::only(bytes, SEQUENCE)?;
    let mut full = Vec::with_capacity(width.checked_mul(2)?);
    for _ in 0..2 {
        let number = numbers.unsigned()?;
        let padding = width.checked_sub(number.len())?;
        full.resize(full.len().checked_add(padding)?, 0);
        full.extend_from_slice(number);
    }
    numbers.end()?;
    Some(full)
}

/// The other way round.
pub(crate) fn write_ecdsa_signature(full: &[u8]) -> Vec<u8> {
    let (r, s) = full.split_at(full.len() / 2);
    let numbers: Vec<u8> = [r, s].into_iter().flat_map(integer).collect();
    value(SEQUENCE, &numbers)
}

fn integer(number: &[u8]) -> Vec<u8> {
    let leading = number.iter().take_while(|byte| **byte == 0).count();
    let number = number.get(leading..).unwrap_or_default();
    // One more byte where the first would read as a sign, or where there is none.
    let sign: &[u8] = if number.first().is_none_or(|byte| *byte >= 0x80) { &[0] } else { &[] };
    value(INTEGER, &[sign, number].concat())
}

/// A value of at most 255 bytes, as both numbers of a signature have.
fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap_or(u8::MAX);
    let long: &[u8] = if length < 0x80 { &[] } else { &[0x81] };
    [&[tag], long, &[length], content].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_signature_written_in_one_way_only() {
        let read = |bytes: &[u8]| ecdsa_signature(bytes, 2);
        assert_eq!(read(&[0x30, 6, 2, 1, 5, 2, 1, 7]), Some(vec![0, 5, 0, 7]));
        assert_eq!(read(&[0x30, 7, 2, 2, 0, 0x80, 2, 1, 7]), Some(vec![0, 0x80, 0, 7]));
        assert_eq!(read(&[0x30, 6, 2, 1, 0, 2, 1, 0]), Some(vec![0, 0, 0, 0]));
        #[rustfmt::skip]
        let bad: &[(&str, &[u8])] = &[
            ("nothing",                   &[]),
            ("no sequence",               &[2, 1, 5]),
            ("a byte after it",           &[0x30, 6, 2, 1, 5, 2, 1, 7, 0]),
            ("a third number",            &[0x30, 9, 2, 1, 5, 2, 1, 7, 2, 1, 1]),
            ("one number",                &[0x30, 3, 2, 1, 5]),
            ("cut short",                 &[0x30, 6, 2, 1, 5, 2, 1]),
            ("longer than it is",         &[0x30, 5, 2, 1, 5, 2, 1, 7]),
            ("a negative number",         &[0x30, 6, 2, 1, 0x80, 2, 1, 7]),
            ("an empty number",           &[0x30, 5, 2, 0, 2, 1, 7]),
            ("a zero too many",           &[0x30, 7, 2, 2, 0, 5, 2, 1, 7]),
            ("a number that is too wide", &[0x30, 8, 2, 3, 1, 0, 0, 2, 1, 7]),
            ("a length with a detour",    &[0x30, 0x81, 6, 2, 1, 5, 2, 1, 7]),
            ("an indefinite length",      &[0x30, 0x80, 2, 1, 5, 2, 1, 7, 0, 0]),
            ("another type",              &[0x30, 6, 3, 1, 5, 2, 1, 7]),
        ];
        for (name, bytes) in bad {
            assert_eq!(read(bytes), None, "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn reads_what_it_writes(
            r in proptest::collection::vec(0_u8.., 48),
            s in proptest::collection::vec(0_u8.., 48),
            width in 1_usize..=48,
        ) {
            let full = [&r[..width], &s[..width]].concat();
            let read = ecdsa_signature(&write_ecdsa_signature(&full), width);
            proptest::prop_assert_eq!(read, Some(full));
        }
    }
}
