//! Base64url as tokens are written in it: no padding, unused bits zero ([RFC 4648 §5]).
//!
//! What is signed is looked at before the tag is computed, and decoded when the tag was found good:
//! so the decoder need not doubt its digits, and takes them sixteen a step.
//!
//! [RFC 4648 §5]: https://www.rfc-editor.org/rfc/rfc4648#section-5

/// A text whose digits are whole bytes, without padding and with the unused bits zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Canonical<'a>(&'a [u8]);

impl<'a> Canonical<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Option<Self> {
        // Without a branch, so that many bytes are looked at together.
        let strange = text.iter().fold(0, |so_far, byte| {
            let is_letter = u8::from((byte | 0x20).wrapping_sub(b'a') < 26);
            let is_decimal = u8::from(byte.wrapping_sub(b'0') < 10);
            let is_other = u8::from(*byte == b'-') | u8::from(*byte == b'_');
            so_far | (1 ^ (is_letter | is_decimal | is_other))
        });
        let unused = match text.len() % 4 {
            0 => 0,
            2 => 0b1111,
            3 => 0b11,
            _ => return None,
        };
        let is_whole = text.last().is_none_or(|last| sextet(*last) & unused == 0);
        (strange == 0 && is_whole).then_some(Self(text))
    }

    /// How many bytes it stands for.
    pub(crate) const fn bytes(self) -> usize {
        let (groups, rest) = self.0.as_chunks::<4>();
        groups.len().wrapping_mul(3).wrapping_add(rest.len().saturating_sub(1))
    }

    /// Writes them to `room`, as far as it reaches.
    pub(crate) fn decode(self, room: &mut [u8]) {
        let (blocks, digits) = self.0.as_chunks::<16>();
        let (rooms, room) = room.as_chunks_mut::<12>();
        for (block, room) in blocks.iter().zip(rooms) {
            *room = decode_block(block);
        }
        let mut last = [b'A'; 16];
        last.iter_mut().zip(digits).for_each(|(last, digit)| *last = *digit);
        room.iter_mut().zip(decode_block(&last)).for_each(|(room, byte)| *room = byte);
    }
}

// From slices, so that each digit is loaded alone: to take them out of a word takes longer.
fn decode_block(block: &[u8; 16]) -> [u8; 12] {
    let mut groups = block.chunks_exact(4).map(decode_group);
    let [first, second, third, fourth] = [(); 4].map(|()| groups.next().unwrap_or(0));
    // Two words of twelve bytes: the third group is in both.
    let long = u64::from(first) << 40 | u64::from(second) << 16 | u64::from(third) >> 8;
    let short = third << 24 | fourth;
    let mut bytes = [0; 12];
    let (long_room, short_room) = bytes.split_at_mut(8);
    long_room.copy_from_slice(&long.to_be_bytes());
    short_room.copy_from_slice(&short.to_be_bytes());
    bytes
}

fn decode_group(digits: &[u8]) -> u32 {
    PLACES.iter().zip(digits).fold(0, |bits, (place, digit)| bits | place.of(*digit))
}

/// What a digit stands for, at its place in a group of four.
struct Place([u32; 256]);

impl Place {
    const fn new(shift: u32) -> Self {
        let mut sextets = [0; 256];
        let mut rest: &mut [u32] = &mut sextets;
        let mut digit = 0_u8;
        while let Some((first, behind)) = rest.split_first_mut() {
            *first = (sextet(digit) as u32) << shift;
            (rest, digit) = (behind, digit.wrapping_add(1));
        }
        Self(sextets)
    }

    fn of(&self, digit: u8) -> u32 {
        self.0.get(usize::from(digit)).copied().unwrap_or(0)
    }
}

/// What a digit stands for.
const fn sextet(digit: u8) -> u8 {
    match digit {
        b'A'..=b'Z' => digit.wrapping_sub(b'A'),
        b'a'..=b'z' => digit.wrapping_sub(b'a').wrapping_add(26),
        b'0'..=b'9' => digit.wrapping_sub(b'0').wrapping_add(52),
        b'-' => 62,
        _ => 63,
    }
}

static PLACES: [Place; 4] = [Place::new(18), Place::new(12), Place::new(6), Place::new(0)];
